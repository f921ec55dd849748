package summarize

import (
	"cmp"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// Pick chooses the sentences of a long text that tell its figures, in their
// order, with the features by which bullets are ranked. It is what eval
// measures: a transcript speaks in the first person and names no company, so the
// rules that keep a bullet standing on its own are left out.
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
	chosen := shortlist(all)
	slices.SortStableFunc(chosen, func(a, b choice) int { return cmp.Compare(a.sentence.index, b.sentence.index) })
	out := make([]string, 0, len(chosen))
	for _, c := range chosen {
		out = append(out, c.sentence.text)
	}
	return out
}

// Bounds of what Pick chooses: an editor tells a call in about forty words, and
// sentences of speech are longer than an editor's.
const (
	pickWords     = 75
	pickSentences = 8
)

// shortlist takes the best sentences, none told twice, until the next would be
// too much; the first is always taken.
func shortlist(ranked []sentence) []choice {
	var chosen []choice
	words := 0
	for _, s := range ranked {
		n := len(text.WordSpans(s.text))
		if len(chosen) == pickSentences || len(chosen) > 0 && words+n > pickWords {
			break
		}
		if !repeats(s, chosen) {
			chosen = append(chosen, choice{sentence: s})
			words += n
		}
	}
	return chosen
}

// pickWeights are for texts that are all figures: what is told for each share
// comes first, then what was sold and earned, and the short sentence before the
// long one. They are round numbers; stockdigest eval summary measures them.
func pickWeights() features {
	return features{
		Money: 1.5, Percent: 0.5, Amounts: 2, Move: 1, Lead: 1, Central: 1.5, Length: 0.5, Background: -0.7, Specs: -0.8,
		PerShare: 4, TopLine: 1.5, Result: 1, Outlook: 1, Words: -2,
	}
}
