// Package names finds companies in text: which listed companies a headline or
// a body speaks of, and whether an article is about a given one (COST is not
// "cost", Apple is not Apple Hospitality).
package names

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// A Mention is one place where a text speaks of a listed company.
type Mention struct {
	Symbol     stockdigest.Symbol // the first listed of the symbols that share the name
	Text       string             // as it stands in the text
	Start, End int                // bytes
	Kind       stockdigest.NameKind
	Confidence float64 // 0 to 1; Find gives those from Certain up
}

// Certain is the confidence from which a mention counts as one.
const Certain = 0.5

// A Linker knows the names of a table of companies. It is safe for concurrent
// use.
type Linker struct {
	tickers []stockdigest.Ticker
	at      map[stockdigest.Symbol]int
	step    map[edge]int32 // the trie over words
	ends    map[int32]*form
	nodes   int32
	symbols map[string]int // bare symbols and what feeds write for them, to ticker
	company []int          // ticker to the first ticker of the same company
	words   wordLists
}

type edge struct {
	node int32
	key  string
}

// A form is one way to write a name, with the companies it may stand for.
type form struct {
	owners []int // indexes of tickers; empty for a phrase that is no company
	kind   stockdigest.NameKind
	words  int
	common bool // an ordinary word or a family name: needs evidence
	upper  bool // only right in capitals: GE, VW
	told   bool // given by the table, not derived from the legal name
	strict bool // derived and an ordinary word: only its legal form or ticker is evidence, except for the company asked about
	lower  bool // may be written without capitals
	full   bool // the whole legal name of its company
	bare   bool // derived, and one word that towns and families may share
}

// NewLinker returns a linker for the companies of the table. When two
// companies derive the same short name, the earlier row keeps it.
func NewLinker(table []stockdigest.Ticker) *Linker {
	l := &Linker{
		at:      make(map[stockdigest.Symbol]int, len(table)),
		step:    make(map[edge]int32, len(table)*6),
		ends:    make(map[int32]*form, len(table)*3),
		symbols: make(map[string]int, len(table)),
		words:   loadWords(),
	}
	for _, t := range table {
		if _, twice := l.at[t.Symbol]; twice {
			continue
		}
		l.at[t.Symbol] = len(l.tickers)
		l.tickers = append(l.tickers, t)
	}
	l.groupCompanies()
	for _, phrase := range l.words.phrases {
		l.add(phrase, &form{})
	}
	for i, t := range l.tickers {
		l.addTold(i, t)
	}
	for i, t := range l.tickers {
		l.addLegal(i, t)
	}
	short := l.shortOwners()
	for i, t := range l.tickers {
		l.addShort(i, t, short)
		l.addSymbol(i, t)
	}
	return l
}

// With returns a linker that also knows t: l itself when it has the symbol.
func (l *Linker) With(t stockdigest.Ticker) *Linker {
	if i, known := l.at[t.Symbol]; known {
		if legalCore(l.tickers[i].Name) == legalCore(t.Name) && len(t.Names) <= len(l.tickers[i].Names) {
			return l
		}
		if sameBusiness(l.tickers[i], t) {
			t.Names = append(slices.Clone(t.Names), l.tickers[i].Names...)
		}
	}
	return NewLinker(append([]stockdigest.Ticker{t}, l.tickers...))
}

// sameBusiness reports whether two rows of one symbol are one company under an
// older or other spelling of its name, and not two that had the symbol in turn.
func sameBusiness(old, t stockdigest.Ticker) bool {
	if old.CIK != "" && t.CIK != "" {
		return old.CIK == t.CIK
	}
	begin := func(name string) string {
		if toks := tokenize(legalCore(name)); len(toks) > 0 {
			return toks[0].key
		}
		return ""
	}
	word := begin(t.Name)
	return word == begin(old.Name) || slices.ContainsFunc(old.Names, func(n stockdigest.Name) bool {
		return n.Kind == stockdigest.NameCompany && begin(n.Text) == word
	})
}

func (l *Linker) addTold(i int, t stockdigest.Ticker) {
	for _, n := range t.Names {
		if n.Kind == stockdigest.NameContext {
			continue
		}
		l.addName(i, n.Text, n.Kind, true)
	}
}

func (l *Linker) addLegal(i int, t stockdigest.Ticker) {
	core := legalCore(t.Name)
	if !l.ordinary(core) || !named(t) { // whoever wrote down the names left an ordinary word out on purpose
		l.addName(i, core, stockdigest.NameCompany, false)
	}
	if full := strings.TrimSpace(t.Name); full != core {
		l.addName(i, full, stockdigest.NameCompany, false)
	}
}

// ordinary reports whether a name is one common word.
func (l *Linker) ordinary(name string) bool {
	toks := tokenize(name)
	return len(toks) == 1 && l.words.common[toks[0].key]
}

// named reports whether the table gives the company names of its own.
func named(t stockdigest.Ticker) bool {
	return slices.ContainsFunc(t.Names, func(n stockdigest.Name) bool { return n.Kind == stockdigest.NameCompany })
}

// shortOwners counts how many companies begin with each short name, so that
// one which several share stays with none.
func (l *Linker) shortOwners() map[string]int {
	owners := make(map[string]int, len(l.tickers))
	seen := map[string]string{}
	for _, t := range l.tickers {
		core := legalCore(t.Name)
		toks := tokenize(core)
		if len(toks) == 0 || seen[toks[0].key] == t.Name {
			continue
		}
		seen[toks[0].key] = t.Name
		owners[toks[0].key]++
	}
	return owners
}

func (l *Linker) addShort(i int, t stockdigest.Ticker, owners map[string]int) {
	core := legalCore(t.Name)
	if site, ok := strings.CutSuffix(core, ".com"); ok {
		l.addName(i, site, stockdigest.NameCompany, false)
	}
	if len(t.Symbol) > 1 && string(t.Symbol) == initials(core) {
		l.add(string(t.Symbol), &form{owners: []int{i}, kind: stockdigest.NameCompany, words: 1, upper: true, strict: true, common: true})
	}
	if short := shortName(core); short != "" {
		toks := tokenize(short)
		alone := owners[toks[0].key] == 1 || i == 0
		if len(toks) > 1 || alone && len(toks[0].key) >= 4 || strings.EqualFold(short, string(t.Symbol)) && toks[0].caps {
			l.addName(i, short, stockdigest.NameCompany, false)
		}
	}
	if toks := tokenize(core); len(toks) > 1 && len(toks[0].key) >= 4 && owners[toks[0].key] == 1 {
		l.addFirstWord(i, core[toks[0].start:toks[0].end])
	}
}

// addFirstWord lets the first word of a name stand for the company when no
// other one begins with it; only somebody who follows the company takes it so,
// and only with evidence: Penn National Gaming is Penn, and so is a university.
func (l *Linker) addFirstWord(i int, word string) {
	key := wordKey(word)
	if l.words.small[key] || l.words.plain(key) {
		return
	}
	l.add(word, &form{owners: []int{i}, kind: stockdigest.NameCompany, words: 1, common: true, strict: true, bare: true})
}

// initials returns the first letters of a name's words.
func initials(core string) string {
	var b strings.Builder
	for _, t := range tokenize(core) {
		if t.key != "&" {
			r, _ := utf8.DecodeRuneInString(t.key)
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

func (l *Linker) addSymbol(i int, t stockdigest.Ticker) {
	base, _, _ := strings.Cut(string(t.Symbol), ".")
	for _, s := range []string{string(t.Symbol), base, strings.ReplaceAll(string(t.Symbol), "-", "."), strings.ReplaceAll(base, "-", ".")} {
		if _, taken := l.symbols[s]; !taken {
			l.symbols[s] = i
		}
	}
}

// maxWords bounds the length of a name; longer ones are cut off, not matched.
const maxWords = 10

func (l *Linker) addName(i int, text string, kind stockdigest.NameKind, told bool) {
	toks := tokenize(text)
	if len(toks) == 0 || len(toks) > maxWords {
		return
	}
	f := &form{owners: []int{i}, kind: kind, words: len(toks), told: told}
	f.full = !told && (text == legalCore(l.tickers[i].Name) || text == strings.TrimSpace(l.tickers[i].Name))
	only := toks[0]
	caps := only.caps && len(toks) == 1
	f.upper = caps && len([]rune(only.key)) <= 4
	switch {
	case len(toks) > 1:
		f.lower = told && kind == stockdigest.NameProduct
		f.common = !told && l.words.allCommon(toks)
		f.strict = f.common
	default:
		plain := l.words.common[only.key] || l.words.family[only.key]
		f.strict = !told && (plain || l.words.plain(only.key) || len(only.key) < 4)
		f.common = plain
		f.bare = !told && kind == stockdigest.NameCompany && !coined(text)
		f.lower = told && !plain && !f.upper && len(only.key) >= 4
		if len(only.key) < 2 || !told && l.words.small[only.key] {
			return
		}
	}
	l.add(text, f)
}

func (l *Linker) add(text string, f *form) {
	node := int32(0)
	for _, t := range tokenize(text) {
		e := edge{node, t.key}
		next, ok := l.step[e]
		if !ok {
			l.nodes++
			next = l.nodes
			l.step[e] = next
		}
		node = next
	}
	old, taken := l.ends[node]
	switch {
	case node == 0:
	case !taken, len(old.owners) == 0 && f.full: // a phrase that turns out to be a company
		l.ends[node] = f
	case len(old.owners) > 0 && len(f.owners) > 0 && (f.told || f.full || f.owners[0] == 0 || l.sameCompany(old.owners[0], f.owners[0])):
		// Who follows the second owner means it: HBO was AT&T's, then Warner's.
		// The first row is the company asked about when the table lacks it.
		if !slices.Contains(old.owners, f.owners[0]) {
			old.owners = append(old.owners, f.owners...)
		}
	}
}

// groupCompanies finds the share classes and listings of one company: rows
// with the same CIK or the same name.
func (l *Linker) groupCompanies() {
	first := make(map[string]int, len(l.tickers)*2)
	l.company = make([]int, len(l.tickers))
	for i, t := range l.tickers {
		l.company[i] = i
		keys := []string{strings.ToLower(legalCore(t.Name))}
		if t.CIK != "" {
			keys = append(keys, t.CIK)
		}
		for _, k := range keys {
			if j, ok := first[k]; ok {
				l.company[i] = l.company[j]
			}
		}
		for _, k := range keys {
			if _, taken := first[k]; !taken {
				first[k] = i
			}
		}
	}
}

func (l *Linker) sameCompany(a, b int) bool { return l.company[a] == l.company[b] }

// nobody is the target of a scan that asks about no company in particular.
const nobody = -1

// Find returns the companies that text speaks of, in the order of the text.
// The longest name wins, and an ordinary word counts only with evidence.
func (l *Linker) Find(text string) []Mention {
	var found []Mention
	for _, h := range l.scan(text, nobody) {
		if h.confidence >= Certain {
			found = append(found, l.mention(text, h))
		}
	}
	return found
}

func (l *Linker) mention(text string, h hit) Mention {
	return Mention{
		Symbol: l.tickers[l.company[h.form.owners[0]]].Symbol, Text: text[h.start:h.end],
		Start: h.start, End: h.end, Kind: h.form.kind, Confidence: h.confidence,
	}
}

// Symbols returns the symbols of the companies that text names themselves,
// not only by a brand, product or person; sorted, each once.
func (l *Linker) Symbols(text string) []stockdigest.Symbol {
	var all []stockdigest.Symbol
	for _, m := range l.Find(text) {
		if m.Kind == stockdigest.NameCompany {
			all = append(all, m.Symbol)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Ticker returns the table's row of a symbol.
func (l *Linker) Ticker(s stockdigest.Symbol) (stockdigest.Ticker, bool) {
	i, ok := l.at[s]
	if !ok {
		return stockdigest.Ticker{}, false
	}
	return l.tickers[i], true
}

// InContext reports whether text uses a word of the company's trade.
func (l *Linker) InContext(t stockdigest.Ticker, text string) bool {
	i, ok := l.at[t.Symbol]
	return ok && l.context(i, text) != ""
}

// Company returns the company whose name the whole of name is, as a label of a
// data set would write it: "Apple Inc", "Goldman Sachs". Brands, products and
// people are not companies.
func (l *Linker) Company(name string) (stockdigest.Symbol, bool) {
	for _, text := range []string{name, legalCore(name)} {
		toks := tokenize(text)
		s := scene{text: text, toks: toks, words: &l.words}
		if len(toks) == 0 {
			continue
		}
		f, end, _ := l.longest(&s, 0)
		if f != nil && end == len(toks) && len(f.owners) > 0 && f.kind == stockdigest.NameCompany {
			return l.tickers[l.company[f.owners[0]]].Symbol, true
		}
	}
	return "", false
}
