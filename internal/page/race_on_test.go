//go:build race

package page_test

// underRace says that the race detector runs: figures of time mean nothing.
const underRace = true
