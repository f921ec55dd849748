package names

import (
	_ "embed"
	"strings"
)

//go:embed words.txt
var wordsFile string

// wordLists are the words that decide whether a capitalised word is a company.
type wordLists struct {
	common   map[string]bool // ordinary words, places and the like that are also companies
	family   map[string]bool // family names that are also companies
	given    map[string]bool // given names
	honour   map[string]bool // titles of persons
	after    map[string]bool // words that follow a company: shares, CEO, reports
	before   map[string]bool // words that precede one: retailer, at
	small    map[string]bool // words that stay small in a title
	body     map[string]bool // closing words of other bodies' names: REIT, University
	exchange map[string]bool
	lowly    map[string]bool // ordinary words whose possessive proves nothing at the head of a sentence
	platform map[string]bool // places where other people's things happen: YouTube, Twitter
	anyone   map[string]bool // words of after and before that go with people, towns and teams, too
	trading  map[string]bool // words that speak of companies wherever they stand
	media    map[string]bool // publishers, which are often only the source
	phrases  []string        // phrases that hold a company's word and mean something else
}

// loadWords reads the embedded lists: a line [name] begins a list, phrases
// stand one to a line, words many to a line.
func loadWords() wordLists {
	lists := map[string]map[string]bool{}
	w := wordLists{}
	name := ""
	for line := range strings.Lines(wordsFile) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			name = strings.Trim(line, "[]")
			lists[name] = map[string]bool{}
		case name == "phrases":
			w.phrases = append(w.phrases, line)
		default:
			for word := range strings.FieldsSeq(line) {
				lists[name][word] = true
			}
		}
	}
	w.common, w.family, w.given, w.honour = lists["common"], lists["family"], lists["given"], lists["honour"]
	w.after, w.before, w.small, w.body = lists["after"], lists["before"], lists["small"], lists["body"]
	w.exchange, w.lowly = lists["exchange"], lists["lowly"]
	w.anyone, w.trading = lists["anyone"], lists["trading"]
	w.platform, w.media = lists["platform"], map[string]bool{}
	for word := range lists["media"] {
		w.media[strings.ReplaceAll(word, "_", " ")] = true
	}
	return w
}

// plain reports whether a word stands on any list, or names a trade: too
// common to be a company by itself.
func (w *wordLists) plain(key string) bool {
	return w.given[key] || w.after[key] || w.before[key] || w.body[key] || w.honour[key] || isTrade(key) || isSuffix(key)
}

// allCommon reports whether every word of a name is an ordinary one.
func (w *wordLists) allCommon(toks []token) bool {
	for _, t := range toks {
		if !w.common[t.key] && !w.small[t.key] && t.key != "&" && !isTrade(t.key) && !isSuffix(t.key) {
			return false
		}
	}
	return true
}
