package facts

import (
	"strings"
	"unicode"

	"stockdigest.app/stockdigest/internal/text"
)

// A Name is a run of capitalised words that names a person, company, product
// or place. Titles before it (Mr., CEO) are not part of it.
type Name struct {
	Span  text.Span
	Text  string   // the words of Span, without a possessive ending
	Words []string // lower case, without joins (of, and, &) and legal suffixes
	Start bool     // it begins a sentence, so that one word of it may be no name
}

// Names returns the names of s in order. A text in capitals tells no names,
// and neither does a capitalised word of the commonest openers of sentences.
func Names(s string) []Name {
	f := finder{s: s, toks: scan(s)}
	if f.shouting() {
		return nil
	}
	var found []Name
	for i := 0; i < len(f.toks); {
		if !f.nameWord(i) {
			i++
			continue
		}
		next := f.nameEnd(i)
		if n, ok := f.name(i, next); ok {
			found = append(found, n)
		}
		i = next
	}
	return found
}

// shouting reports whether most words of the text are in capitals.
func (f *finder) shouting() bool {
	words, loud := 0, 0
	for i, t := range f.toks {
		if t.kind == wordToken && t.end-t.start > 1 {
			words++
			if f.allCaps(i) {
				loud++
			}
		}
	}
	return words > 4 && loud*3 > words*2
}

// nameWord reports whether token i can be a word of a name.
func (f *finder) nameWord(i int) bool {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != wordToken || !f.toks[i].upper {
		return false
	}
	w := f.toks[i].low
	if w == "i" || w == "i'm" || w == "i've" || w == "i'll" || w == "i'd" {
		return false
	}
	month := monthOf(w) > 0 && (!shortMonth(w) || f.word(i+1) == "" || f.digits(i+1) != "")
	if month || weekdayOf(w) != "" || f.dollarWord(i) {
		return false
	}
	if currencyCode(w, true) != "" && f.allCaps(i) || (w == "q" || w == "h" || w == "fy") && (f.digits(i+1) != "" || f.glued(i)) {
		return false
	}
	if f.glued(i) && f.digits(i-1) != "" { // 1.85B, 5G, 10-K
		return false
	}
	if f.glued(i) && f.dash(i-1) && f.digits(i-2) != "" && len(w) == 1 {
		return false
	}
	return !f.opens(i) || !opener(w) && !common(w)
}

// opens reports whether token i begins a sentence, a quote or a list item.
func (f *finder) opens(i int) bool {
	if i == 0 {
		return true
	}
	switch before := f.toks[i-1]; {
	case before.kind == signToken && !f.dash(i-1):
		return (before.low != "." || !f.initial(i-2)) && starter(before.low)
	case f.dash(i - 1):
		return !f.glued(i)
	}
	return strings.Contains(f.s[f.toks[i-1].end:f.toks[i].start], "\n")
}

// starter reports whether a sentence or list item may begin behind a sign.
func starter(sign string) bool {
	switch sign {
	case ".", "!", "?", ":", ";", `"`, "“", "”", "•", "*", "(", "[":
		return true
	}
	return false
}

// initial reports whether token i is a single letter or a title whose dot ends
// no sentence.
func (f *finder) initial(i int) bool {
	w := f.word(i)
	return len(w) == 1 || title(w) || legalSuffix(w) || strings.Contains(w, ".")
}

// nameEnd returns the token after the name that begins at token i. Joins count
// only between capitalised words.
func (f *finder) nameEnd(i int) int {
	next := i + 1
	for next < len(f.toks) {
		if strings.HasSuffix(f.s[f.toks[next-1].start:f.toks[next-1].end], "'s") || strings.HasSuffix(f.s[f.toks[next-1].start:f.toks[next-1].end], "’s") {
			return next
		}
		switch {
		case f.nameWord(next) && !f.brokenLine(next):
			next++
		case f.is(next, "&") && f.nameWord(next+1):
			next += 2
		case f.dash(next) && f.glued(next) && f.glued(next+1) && f.nameWord(next+1):
			next += 2
		case f.is(next, ".") && f.glued(next) && f.initial(next-1) && f.nameWord(next+1) && !legalSuffix(f.word(next-1)):
			next += 2
		case f.word(next) == "of" && f.nameWord(next+1), f.word(next) == "de" && f.nameWord(next+1), f.word(next) == "van" && f.nameWord(next+1):
			next += 2
		case (f.is(next, "'") || f.is(next, "’")) && f.glued(next) && f.glued(next+1) && f.nameWord(next+1):
			next += 2
		default:
			return next
		}
	}
	return next
}

func (f *finder) brokenLine(i int) bool {
	return strings.Contains(f.s[f.toks[i-1].end:f.toks[i].start], "\n")
}

// name makes a Name of tokens i to next, without the titles before it.
func (f *finder) name(i, next int) (Name, bool) {
	start := f.opens(i)
	for i < next && (title(f.word(i)) || f.is(i, ".")) {
		i++
		start = false
	}
	if i >= next {
		return Name{}, false
	}
	n := Name{Span: text.Span{Start: f.toks[i].start, End: f.toks[next-1].end}, Start: start}
	n.Text = strings.TrimSuffix(strings.TrimSuffix(n.Span.Of(f.s), "'s"), "’s")
	n.Span.End = n.Span.Start + len(n.Text)
	for at := i; at < next; at++ {
		w := f.word(at)
		if w == "" || w == "of" || w == "and" || w == "the" || legalSuffix(w) {
			continue
		}
		n.Words = append(n.Words, w)
	}
	if len(n.Words) == 1 && !unicode.IsLetter([]rune(n.Words[0])[0]) {
		return Name{}, false
	}
	return n, len(n.Words) > 0
}

// title reports whether w is a form of address or an office before a name.
func title(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "dr", "sir", "prof", "professor", "ceo", "cfo", "coo", "cto", "chairman", "chairwoman", "chair",
		"president", "chief", "executive", "officer", "vice", "director", "analyst", "senator", "sen", "rep", "gov", "judge", "the":
		return true
	}
	return false
}

// legalSuffix reports whether w says what kind of company a name belongs to.
func legalSuffix(w string) bool {
	switch w {
	case "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "lp", "plc", "ag", "sa",
		"nv", "se", "gmbh", "kg", "spa", "ab", "asa", "oyj", "holdings", "holding", "group":
		return true
	}
	return false
}
