package stockdigest

import "time"

// Cutoffs are the moments before which rows of a kind have had their time. A
// zero moment keeps them all.
type Cutoffs struct {
	Access  time.Time // tokens, sessions and the secrets of mails, by their end
	Texts   time.Time // texts of articles and drafts of reports, by when they came
	Answers time.Time // answers under an idempotency key, by when they were given
	Calls   time.Time // lines of the call ledger with the provider's answer, by their end
}
