package summarize

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/text"
)

// deep is how far into a text news may first be told.
const deep = 25

// opens reports a sentence that may be the first a report tells of a story: it
// names whom the report is about, or it is the line that the article was chosen
// by. Anything else leaves the reader to guess.
func opens(s sentence) bool {
	f := s.features
	if s.source.filing != nil {
		return true
	}
	if f.Named == 0 && (f.Title < tellsHeadline || f.Headline == 0) && (s.source.role == stockdigest.RoleCompany || f.Headline < 0.3 && f.Event == 0) {
		return false
	}
	news := f.Event+f.Money+f.Percent+f.Day+f.Period+f.Move+f.Guidance > 0 || f.Headline >= 0.3 || s.source.evidence.Label != stockdigest.TextFull
	if !news || s.index > deep && f.Event+f.Money+f.Percent == 0 {
		return false
	}
	return !teaser(s.text) && (f.Opinion < 1 || f.Event > 0 || f.Money+f.Percent > 0 || f.Headline >= 0.5)
}

// teaser reports a line that promises news and tells none: lists of things to
// know, recaps, reviews, questions without their mark.
func teaser(s string) bool {
	line := " " + strings.Join(text.Words(s), " ") + " "
	for _, mark := range []string{
		" how to watch ", " what to expect ", " everything to know ", " everything we know ", " everything you ", " things to know ", " need to know ", " what to know ", " here's what ", " here's why ", " here's how ",
		" and here's ", " this is why ", " explains why ", " so many ways ", " first look ", " hands on ", " episode recap ", " recap ", " spoilers ", " live blog ", " live updates ", " fans rejoice ",
		" what it means ", " why it matters ", " what's next ", " is the ultimate ", " you won't believe ", " roundup ", " gift guide ", " buying guide ",
	} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	if strings.Contains(line, " review ") && (strings.Contains(s, "eview: ") || len(text.Words(s)) < minWords) {
		return true
	}
	_, rest, found := strings.Cut(s, ": ")
	if !found {
		return false
	}
	words := text.Words(rest)
	return len(words) > 0 && has(words[:1], "how", "what", "why", "everything", "who", "where", "when")
}

// foreign reports a sentence in another language: several of the small words of
// Spanish, French, German, Italian or Portuguese and hardly any English ones.
func foreign(words []string) bool {
	other, english := 0, 0
	for _, w := range words {
		if slices.Contains(englishWords(), w) {
			english++
		} else if slices.Contains(foreignWords(), w) {
			other++
		}
	}
	return other >= 3 && other > 2*english
}

func englishWords() []string {
	return []string{"the", "of", "and", "to", "in", "is", "for", "on", "with", "that", "by", "at", "from", "as", "was", "will", "its", "has", "it", "be", "are", "an"}
}

func foreignWords() []string {
	return []string{
		"de", "la", "el", "los", "las", "que", "del", "un", "una", "con", "por", "para", "su", "se", "le", "les", "des", "du", "et", "est", "dans", "une", "pour", "sur", "au", "aux",
		"der", "die", "das", "und", "den", "dem", "ein", "eine", "mit", "ist", "von", "zu", "auf", "im", "nicht", "sich", "il", "di", "che", "della", "nel", "gli", "dei", "per", "non",
		"do", "da", "dos", "em", "os", "uma", "mais", "ao", "het", "een", "van", "voor",
	}
}
