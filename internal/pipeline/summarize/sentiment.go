package summarize

import (
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// Sentiment reads what a sentence means for the company: which way the things
// moved that a company wants more or less of, and words that are good or bad by
// themselves. It returns the reasons.
func Sentiment(s string) (stockdigest.Sentiment, string) {
	t := tally{}
	for _, d := range facts.Directions(s) {
		t.add(directionTone(d), d.Verb)
	}
	words := text.Words(s)
	for i, w := range words {
		sign := tone(text.Stem(w))
		if sign != 0 && i > 0 && negates(words[max(i-3, 0):i]) {
			sign = -sign
		}
		t.add(sign, w)
	}
	return t.sentiment()
}

type tally struct {
	good, bad int
	why       []string
	seen      map[string]bool
}

func (t *tally) add(sign int, word string) {
	if sign == 0 || t.seen[text.Stem(word)] {
		return
	}
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	t.seen[text.Stem(word)] = true
	if sign > 0 {
		t.good++
		t.why = append(t.why, "+"+word)
	} else {
		t.bad++
		t.why = append(t.why, "-"+word)
	}
}

func (t *tally) sentiment() (stockdigest.Sentiment, string) {
	why := "tone " + strings.Join(t.why, " ")
	switch {
	case t.good == 0 && t.bad == 0:
		return stockdigest.Neutral, "no tone"
	case t.good >= 2*t.bad:
		return stockdigest.Positive, why
	case t.bad >= 2*t.good:
		return stockdigest.Negative, why
	}
	return stockdigest.Mixed, why
}

// directionTone is the sign of a direction for the company, or 0 when the verb
// says nothing about good or bad: a thing that goes up is good only when it is
// known to be wanted.
func directionTone(d facts.Direction) int {
	sign := -1
	if d.Positive() {
		sign = 1
	}
	around := d.Subject + " " + d.Object
	switch d.Kind {
	case facts.Before, facts.After, facts.Open, facts.Close, facts.Buy, facts.Sell:
		return 0
	case facts.Up, facts.Down, facts.Raise, facts.Cut, facts.Better, facts.Worse:
		switch {
		case mentions(around, unwanted):
			return -sign
		case mentions(around, wanted):
			return sign
		}
		return 0
	case facts.Beat, facts.Miss, facts.Gain, facts.Loss, facts.Approve, facts.Reject, facts.Win, facts.Lose, facts.Hire, facts.LayOff:
		return sign
	}
	return 0
}

func mentions(phrase string, kind func(stem string) bool) bool {
	for _, w := range text.Words(phrase) {
		if kind(text.Stem(w)) {
			return true
		}
	}
	return false
}

// wanted are things of which a company wants more.
func wanted(stem string) bool {
	switch stem {
	case "sale", "revenu", "profit", "earn", "incom", "margin", "share", "stock", "order", "demand", "deliveri", "shipment", "volum", "guidanc", "outlook",
		"forecast", "target", "dividend", "payout", "book", "backlog", "output", "product", "custom", "subscrib", "user", "traffic", "market", "cash", "ebitda",
		"ep", "turnov", "estim", "view", "rate", "growth", "valu", "price", "bid", "offer", "capac", "buyback", "invest", "result":
		return true
	}
	return false
}

// unwanted are things of which a company wants less.
func unwanted(stem string) bool {
	switch stem {
	case "cost", "expens", "loss", "debt", "churn", "claim", "default", "layoff", "delay", "tariff", "tax", "fine", "complaint", "deficit", "inventori",
		"job", "worker", "staff", "injuri", "charg", "provis", "impair", "return", "defect", "cancel", "turnaround":
		return true
	}
	return false
}

// tone is the sign of a stem that says good or bad by itself. Our own list.
func tone(stem string) int {
	switch stem {
	case "lawsuit", "sue", "probe", "investig", "subpoena", "recal", "recall", "breach", "outag", "bankruptci", "fraud", "penalti", "layoff",
		"delay", "warn", "disappoint", "weak", "weaker", "shortag", "halt", "suspend", "crash", "explos", "injuri", "plung", "slump", "dismal", "impair", "writedown",
		"downgrad", "strike", "defect", "alleg", "antitrust", "setback", "problem", "struggl", "fail", "failur", "concern", "worri", "harm", "dismiss", "unstabl", "short",
		"shrinkag", "underperform", "shortfal", "violat", "fear", "sluggish", "advers", "unabl":
		return -1
	case "record", "strong", "stronger", "award", "breakthrough", "upgrad", "outperform", "robust", "success", "win", "surg", "mileston", "strength", "profit",
		"approv", "better-than-expected", "solid", "improv", "leader", "exceed":
		return 1
	}
	return 0
}

func negates(before []string) bool {
	for _, w := range before {
		switch w {
		case "not", "no", "never", "without", "isn't", "wasn't", "doesn't", "didn't", "won't", "neither", "nor", "denied", "denies":
			return true
		}
	}
	return false
}
