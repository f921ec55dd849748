//go:build race

package edgar_test

// raceEnabled tells measuring tests that everything is ten times slower.
const raceEnabled = true
