package cluster

import (
	"strings"
	"unicode"
)

const (
	slugWeight = 0.8 // of a word in an address, against one in the title
	slugBytes  = 512 // of an address that are read
)

// addSlug adds the words that the address of a doc tells beyond its title: many
// end in a longer or an earlier headline
// (/2019/11/19/brownfield-to-buy-larch-mills.html).
func addSlug(weights map[string]float64, address string) {
	last := ""
	for _, word := range slug(address) {
		term := ""
		if slugWord(word) {
			term = termOf(word)
		}
		if term != "" {
			addNew(weights, term, slugWeight)
			if last != "" {
				addNew(weights, last+" "+term, slugWeight*pairWeight)
			}
		}
		last = term
	}
}

func addNew(weights map[string]float64, term string, weight float64) {
	if _, told := weights[term]; !told {
		weights[term] = weight
	}
}

// slug returns the words of the part of an address's path that has most of
// them, or nothing when no part has two.
func slug(address string) []string {
	_, path, _ := strings.Cut(address[:min(len(address), slugBytes)], "://")
	_, path, _ = strings.Cut(path, "/")
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	var best []string
	most := 1
	for part := range strings.SplitSeq(path, "/") {
		words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		telling := 0
		for _, w := range words {
			if slugWord(w) {
				telling++
			}
		}
		if telling > most {
			best, most = words, telling
		}
	}
	return best
}

// slugWord reports whether a word of an address tells of the doc rather than of
// the site: no number, no key, no file.
func slugWord(word string) bool {
	const longest = 20 // what is longer is a key or words run together
	if len(word) < 2 || len(word) > longest || strings.ContainsAny(word, "0123456789") {
		return false
	}
	switch word {
	case "html", "htm", "php", "asp", "aspx", "jsp", "cms", "index", "default", "article", "articles", "articleshow",
		"story", "news", "blog", "blogs", "id":
		return false
	}
	return true
}
