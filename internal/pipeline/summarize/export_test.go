package summarize

import "stockdigest.app/stockdigest"

// Usable is usable with the bound of an article's sentence.
func Usable(s string) bool { return usable(s, maxBytes) }

// FilingUsable is usable with the bound of a filing's sentence.
func FilingUsable(s string) bool { return usable(s, maxFilingBytes) }

// ReadingList is the URLs of readingList.
func ReadingList(m stockdigest.Material) []string {
	var urls []string
	for _, a := range readingList(m) {
		urls = append(urls, a.source.evidence.URL)
	}
	return urls
}

// ParseAnswer is parseAnswer without what is counted.
func ParseAnswer(text string, n, most int) ([]int, error) {
	a, err := parseAnswer([]byte(text), n, most)
	return a.numbers, err
}

// ParseWriting is parseWriting with the numbers and texts only.
func ParseWriting(body string, n int) (from [][]int, texts []string, err error) {
	all, _, err := parseWriting([]byte(body), n)
	for _, w := range all {
		from, texts = append(from, w.from), append(texts, w.text)
	}
	return from, texts, err
}

// Nearest is the line of an earlier report that the rules set beside a sentence
// of the news, empty for none; loose is whether any line shares two telling words
// with it.
func Nearest(report stockdigest.Filing) func(line string) (near string, loose bool) {
	s := newShelf(stockdigest.Material{Earlier: []stockdigest.Filing{report}})
	return func(line string) (string, bool) {
		words := contentWords(line)
		best := s.nearest(placed{bullet: stockdigest.Bullet{Text: line}, words: words})
		loose := len(s.candidates(words, 1)) > 0
		if best == nil {
			return "", loose
		}
		return best.text, loose
	}
}
