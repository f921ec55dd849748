package fmp

import "time"

// Moment reads a time of the service, for tests.
func Moment(told string) (time.Time, bool) { return moment(told, newYork()) }
