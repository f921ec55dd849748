package summarize

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// dangling is how much a sentence leans on what was told before it: pronouns
// with nobody to stand for, "such a", "this review", a surname that nothing
// introduces. 0 is none, 1 and more is one and more. It is a matter of degree:
// the best sentence of a page may lean a little.
func dangling(s string, words []string, known []names.Mention) float64 {
	found := facts.Names(s)
	sum := pronouns(s, found, known)
	low := strings.ToLower(s)
	sum += 0.7 * yes(first(low, ", for example", ", for instance", ", too,", ", too.", ", however", ", though,", ", then,", ", meanwhile", ", as well.", " as noted", " as mentioned", " aforementioned", ", of course") >= 0)
	for i, w := range words[:len(words)-1] {
		next := words[i+1]
		switch w {
		case "such":
			sum += yes(has([]string{next}, "a", "an"))
		case "this", "these", "those":
			sum += yes(i > 0 && !spanOfTime(next) && !has([]string{next}, "who", "whose", "with", "of", "in", "using"))
		case "same", "latter", "former", "aforementioned", "foregoing":
			sum += yes(i > 0 && words[i-1] == "the" && next != "time" && next != "period" && next != "quarter")
		case "said":
			sum += yes(i > 0 && words[i-1] == "the") // the said agreement
		}
	}
	return sum + surnames(s, found, known)
}

// pronouns counts a pronoun for a person before anybody is named, or for a
// thing in a sentence that names nothing.
func pronouns(s string, found []facts.Name, known []names.Mention) float64 {
	first := len(s)
	for _, n := range found {
		first = min(first, n.Span.Start)
	}
	for _, m := range known {
		first = min(first, m.Start)
	}
	for _, p := range text.WordSpans(s) {
		if p.Start >= first {
			return 0
		}
		switch strings.ToLower(p.Of(s)) {
		case "he", "she", "him", "his", "her", "hers", "they", "them", "their":
			return 1
		}
	}
	return 0
}

// surnames counts people told by one name only beside a title or a verb of
// speech, who were introduced elsewhere: "Mr. Cedar", "Reed has said that he". A
// company may speak so too, hence half; a "he" behind it settles the matter.
func surnames(s string, found []facts.Name, known []names.Mention) float64 {
	if at := first(s, "Mr. ", "Ms. ", "Mrs. ", "Mr ", "Ms "); at >= 0 && !introduced(s[at:], found) {
		return 0.8
	}
	for _, n := range found {
		if len(n.Words) != 1 || isKnown(n.Span, known) || len(n.Text) > 1 && strings.ToUpper(n.Text) == n.Text {
			continue
		}
		behind := text.Words(s[n.Span.End:min(len(s), n.Span.End+60)])
		before := text.Words(s[max(0, n.Span.Start-24):n.Span.Start])
		if len(behind) > 0 && (speaks(behind[0]) || has(behind[:1], "has", "had", "also", "later", "then") && len(behind) > 1 && speaks(behind[1])) ||
			len(before) > 0 && speaks(before[len(before)-1]) {
			return 0.5 + 0.5*yes(has(behind, "he", "she", "his", "her"))
		}
	}
	return 0
}

// introduced reports a title before a name of two words and more, or one whose
// name stood in full before: "Ada Quill … Ms. Quill" is told by the full name.
func introduced(titled string, found []facts.Name) bool {
	words := text.Words(titled)
	if len(words) < 2 {
		return false
	}
	for _, n := range found {
		if len(n.Words) > 1 && slices.Contains(n.Words, words[1]) {
			return true
		}
	}
	return false
}

func isKnown(p text.Span, known []names.Mention) bool {
	return slices.ContainsFunc(known, func(m names.Mention) bool { return m.Start < p.End && p.Start < m.End })
}

func speaks(w string) bool {
	switch w {
	case "said", "says", "told", "tells", "added", "adds", "noted", "notes", "wrote", "writes", "explained", "explains", "argued", "argues", "tweeted", "continued",
		"believes", "thinks", "stated", "commented", "recalled", "dubbed", "quipped", "expects", "sees", "admitted", "insisted", "suggested":
		return true
	}
	return false
}
