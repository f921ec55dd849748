// Package runs is who works on what: it claims runs, keeps their leases alive
// while they are worked on, and hands them back when the process stops, so that
// every run comes to its end once, whatever dies on the way.
//
// The row of a run is its queue entry. A process asks for the next run every
// 250 ms and after each run of its own that ended; which one it gets, and
// whether the caps of the fleet leave room, is decided by the database in one
// transaction. A claim carries a token. Every write of the work is refused once
// somebody else has a newer one, so a process that froze and wakes up changes
// nothing.
package runs
