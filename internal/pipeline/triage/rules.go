package triage

import (
	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// Rules returns the judge of single candidates: the guard and the rules, without
// caps and without anybody's vote.
func Rules(linker *names.Linker) func(t stockdigest.Ticker, c stockdigest.Candidate) stockdigest.Verdict {
	return func(t stockdigest.Ticker, c stockdigest.Candidate) stockdigest.Verdict {
		return judge{ticker: t, linker: linker.With(t)}.judge(c).verdict
	}
}
