package cluster

import (
	_ "embed"
	"strings"
	"sync"

	"stockdigest.app/stockdigest/internal/text"
)

//go:embed common.txt
var commonText string

// common reports whether a term is a word that news is full of.
func common(term string) bool { return commonTerms()[term] }

//nolint:gochecknoglobals // read-only table, made once
var commonTerms = sync.OnceValue(func() map[string]bool {
	terms := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		terms[text.Stem(word)] = true
	}
	return terms
})
