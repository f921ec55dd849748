package db

// Raw returns what the queries run on, for the few statements that differ by
// engine.
func (q *Queries) Raw() DBTX { return q.db }
