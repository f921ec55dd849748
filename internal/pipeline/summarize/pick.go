package summarize

import (
	"cmp"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// Pick chooses the sentences of a long text that tell its news, in their order,
// with the ranker that drafts bullets. It is what eval measures: a transcript
// speaks in the first person and names no company, so the rules that keep a
// bullet standing on its own are left out.
func Pick(lines []string) []string {
	src := &source{}
	all := make([]sentence, 0, len(lines))
	for i, line := range lines {
		all = append(all, sentence{source: src, text: line, span: text.Span{Start: i, End: i + 1}, index: i, words: contentWords(line)})
	}
	r, weight := newReader(names.NewLinker(nil), stockdigest.Ticker{Symbol: "X", Name: "X"}, "", all), pickWeights()
	for i := range all {
		all[i].features = r.measure(all[i])
		all[i].score = all[i].features.dot(weight)
	}
	slices.SortStableFunc(all, func(a, b sentence) int { return cmp.Compare(b.score, a.score) })
	var chosen []choice
	for _, s := range all {
		if len(chosen) == picked {
			break
		}
		if !repeats(s, chosen) {
			chosen = append(chosen, choice{sentence: s})
		}
	}
	slices.SortStableFunc(chosen, func(a, b choice) int { return cmp.Compare(a.sentence.index, b.sentence.index) })
	out := make([]string, 0, len(chosen))
	for _, c := range chosen {
		out = append(out, c.sentence.text)
	}
	return out
}

// picked is how many sentences an editor's summary of a call has in the middle.
const picked = 5

// pickWeights are the ranker's weights without what only an article has.
func pickWeights() features {
	w := weights()
	w.Speech, w.Opinion, w.Filing, w.Other = 0, -0.2, 0, 0
	return w
}
