package facts

import "stockdigest.app/stockdigest/internal/text"

// A Hedge is a word that keeps a statement from being a plain fact: may, could,
// expects, plans.
type Hedge struct {
	Span  text.Span
	Word  string // lower case
	Class string // possible (may, could), expected (expects, forecast), planned (plans, will), alleged (reportedly)
}

// Hedges returns the hedges of s in order.
func Hedges(s string) []Hedge {
	f := finder{s: s, toks: scan(s)}
	var found []Hedge
	for i, t := range f.toks {
		if t.kind != wordToken {
			continue
		}
		class := hedgeClass(t.low)
		if class == "" || t.low == "may" && f.monthMay(i) {
			continue
		}
		found = append(found, Hedge{Span: text.Span{Start: t.start, End: t.end}, Word: t.low, Class: class})
	}
	return found
}

// monthMay reports whether "May" at token i is the month.
func (f *finder) monthMay(i int) bool {
	return f.toks[i].upper && (i > 0 && f.toks[i-1].kind == wordToken || f.digits(i+1) != "")
}

func hedgeClass(w string) string {
	switch w {
	case "may", "might", "could", "can", "possible", "possibly", "perhaps", "potential", "potentially", "would", "should",
		"unlikely", "likely", "probably", "maybe", "considering", "considers", "weighing", "weighs", "mulling", "mulls",
		"exploring", "explores", "if", "unless":
		return "possible"
	case "expect", "expects", "expected", "expecting", "forecast", "forecasts", "forecasting", "anticipate", "anticipates",
		"anticipated", "estimate", "estimates", "estimated", "projects", "projected", "guidance", "outlook", "sees",
		"predicts", "predicted", "target", "targets", "targeting", "believe", "believes", "hopes", "hope", "assumes":
		return "expected"
	case "plan", "plans", "planned", "planning", "intend", "intends", "aims", "aim", "will", "proposes", "proposed",
		"seeks", "seeking", "set", "agreed", "pledged", "promised", "wants", "considered":
		return "planned"
	case "reportedly", "allegedly", "alleged", "alleges", "rumored", "rumoured", "apparently", "accused":
		return "alleged"
	}
	return ""
}
