package edgar

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pageNumber is "12", "- 12 -", "F-3", "Page 2 of 7" or "iv".
var pageNumber = regexp.MustCompile(`^(?i)(?:[-–—]\s?)?(?:page\s)?(?:[a-z]{1,2}-)?(?:\d{1,3}|[ivx]{1,5})(?:\s?of\s\d{1,3})?(?:\s?[-–—])?$`)

// assemble joins paragraphs to a text: what belongs to the page and not to
// the document goes, and a sentence broken by a page end is made whole.
func assemble(paras []string) string {
	running := runningHeads(paras)
	var kept []string
	joins := false // a page break stands between the last kept paragraph and this one
	for i, p := range paras {
		switch {
		case p == pageBreak:
			joins = true
			continue
		case nextToBreak(paras, i) && (pageNumber.MatchString(p) || running[runningKey(p)]):
			continue
		}
		if joins && len(kept) > 0 && continues(kept[len(kept)-1], p) {
			kept[len(kept)-1] += " " + p
		} else {
			kept = append(kept, p)
		}
		joins = false
	}
	return strings.Join(kept, "\n\n")
}

// runningHeads returns the short paragraphs that stand next to at least
// three page breaks: headers and footers.
func runningHeads(paras []string) map[string]bool {
	count := map[string]int{}
	for i, p := range paras {
		if p != pageBreak && len(p) < 100 && nextToBreak(paras, i) && !isHeading(p) {
			count[runningKey(p)]++
		}
	}
	heads := map[string]bool{}
	for p, n := range count {
		if n >= 3 {
			heads[p] = true
		}
	}
	return heads
}

// pageCount is the number that a header or footer carries: "Acme Corp 71".
var pageCount = regexp.MustCompile(`^\d{1,3}[ |]+|[ |]+\d{1,3}$`)

// runningKey returns what is the same on every page: words of a certain
// length without the number of the page.
func runningKey(p string) string {
	if key := pageCount.ReplaceAllString(p, ""); len(key) >= 12 && strings.Contains(key, " ") {
		return key
	}
	return p
}

// nextToBreak reports whether a page break is at most two paragraphs away.
func nextToBreak(paras []string, i int) bool {
	for j := max(0, i-2); j <= min(len(paras)-1, i+2); j++ {
		if paras[j] == pageBreak {
			return true
		}
	}
	return false
}

// continues reports whether next goes on with prev's sentence.
func continues(prev, next string) bool {
	last, _ := utf8.DecodeLastRuneInString(prev)
	first, _ := utf8.DecodeRuneInString(next)
	return (unicode.IsLower(last) || last == ',') && unicode.IsLower(first) && !strings.Contains(prev[max(0, len(prev)-200):], cellGap)
}
