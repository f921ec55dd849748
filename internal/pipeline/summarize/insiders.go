package summarize

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/text"
)

// counts are the choices of a story that tell what several insiders did at once:
// the count that code made of their forms, with every form as evidence. A count
// that was told before is not told again.
func counts(m stockdigest.Material, story stockdigest.Story) []choice {
	var picked []choice
	for _, c := range disclosure.Clusters(m.Ticker.CIK, m.Filings) {
		newest := c.Newest()
		if !slices.Contains(story.Filings, newest.Accession) {
			continue
		}
		count, ok := counted(c)
		if !ok || tells(m.Told, count.text) {
			continue
		}
		choice := choice{story: story, sentence: count, sources: len(story.Articles) + len(story.Filings)}
		for _, f := range c.Forms[:min(len(c.Forms), maxCited)] {
			if s, ok := opening(&f, disclosure.Primary(f)); ok {
				choice.also = append(choice.also, s)
			}
		}
		picked = append(picked, choice)
	}
	return picked
}

// maxCited bounds the forms that stand behind a count as evidence.
const maxCited = 10

// counted is the sentence of a cluster in the text that is stored of it.
func counted(c disclosure.Cluster) (sentence, bool) {
	f := c.Newest()
	for _, d := range f.Documents {
		if d.Type == stockdigest.InsiderCount && d.Seq == c.Seq() {
			return opening(&f, d)
		}
	}
	return sentence{}, false
}

// opening is the first paragraph of a text that we made of a form.
func opening(f *stockdigest.Filing, d stockdigest.Document) (sentence, bool) {
	first, _, _ := strings.Cut(d.Text, "\n\n")
	src := documentSource(f, &d)
	return sentence{source: &src, span: text.Span{End: len(first)}, text: first, words: contentWords(first)}, first != ""
}

func tells(told []stockdigest.ToldStory, count string) bool {
	return slices.ContainsFunc(told, func(t stockdigest.ToldStory) bool { return slices.Contains(t.Texts, count) })
}

// isDealing reports a sentence of a form that a count covers.
func isDealing(s sentence) bool {
	return s.source.filing != nil && len(s.source.filing.Dealings.Trades) > 0
}
