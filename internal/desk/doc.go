// Package desk asks models on behalf of one run in one step. It knows on which
// rung of the budget the run stands and which providers to leave alone, asks
// the next model of a chain when one gives no usable answer, has a bad answer
// repaired once, and ends at the run's deadline. When nobody answers, the rules
// of the step go on: that is no error, and Why tells people the cause.
//
// A question shows a model numbered lines and gets numbers back. Nothing of an
// answer is trusted: the one who asks takes out what can be used.
package desk
