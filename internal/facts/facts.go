// Package facts finds the checkable facts of a text (amounts, percentages,
// dates, counts, directions), each with where it stands, in a normal form in
// which "$1.85B" equals "1,850 million dollars". Writers rank sentences by
// them, the gate compares a bullet's facts with its evidence, and updates name
// the one that changed.
package facts
