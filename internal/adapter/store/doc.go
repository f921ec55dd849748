// Package store keeps everything the product knows: in one SQLite file, the
// default of a single machine, or in PostgreSQL. It takes and gives the nouns
// of the module root; SQL and drivers stay inside.
//
// Each method is one transaction and may be called again with the same values:
// the second call changes nothing. Methods that write for a run hold its row
// first and refuse, with ErrConflict, when the token in hand is not the
// current one. Nothing is fetched and nobody is asked inside a transaction.
//
// The queries in queries are written once, for PostgreSQL, in the subset that
// SQLite understands too; what differs by engine is in claim.go, postgres.go
// and sqlite.go.
package store
