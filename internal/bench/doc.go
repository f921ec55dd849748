// Package bench measures what must never go wrong while many do the same thing
// at once: claims of runs, orders that spend credits, and mails. Each measure is told
// by the workers' own notes or by the rows that they left, never by a counter
// of what is measured, so that a wrong version of it is caught too.
package bench
