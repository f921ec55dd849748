package stockdigest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Directory finds tickers by every way to write their symbol. It is made
// once from a table and is safe for concurrent use.
type Directory struct {
	table    []Ticker
	bySymbol map[Symbol]int
	squeezed map[string]int // letters and digits only; -1 when two symbols share it
	byName   map[string]int
}

// NewDirectory returns a directory of the table. The order matters for
// suggestions only: the earlier of two equally near rows is suggested.
func NewDirectory(table []Ticker) *Directory {
	d := &Directory{
		table:    table,
		bySymbol: make(map[Symbol]int, len(table)),
		squeezed: make(map[string]int, len(table)),
		byName:   make(map[string]int, len(table)*2),
	}
	for i, t := range table {
		if _, twice := d.bySymbol[t.Symbol]; twice {
			continue
		}
		d.bySymbol[t.Symbol] = i
		if key := squeeze(string(t.Symbol)); !strings.Contains(string(t.Symbol), ".") {
			if _, taken := d.squeezed[key]; taken {
				d.squeezed[key] = -1
			} else {
				d.squeezed[key] = i
			}
		}
		d.addName(t.Name, i)
		for _, n := range t.Names {
			if n.Kind == NameCompany || n.Kind == NameBrand || n.Kind == NameProduct {
				d.addName(n.Text, i)
			}
		}
	}
	return d
}

func (d *Directory) addName(name string, i int) {
	for _, key := range []string{squeeze(name), squeeze(withoutLegalForm(name))} {
		if _, taken := d.byName[key]; !taken && key != "" {
			d.byName[key] = i
		}
	}
}

// maxSymbolInput is longer than any way to write a symbol or the name of a
// company that people type.
const maxSymbolInput = 80

// Lookup returns the ticker that input means, however it is written: brk.b,
// BRK/B, BRKB, NASDAQ:AAPL, $aapl, TSX:RY, RY.TSX. What is not in the table is
// refused as ErrNotFound, with one suggestion when something is near.
func (d *Directory) Lookup(input string) (Ticker, error) {
	if len(input) > maxSymbolInput {
		return Ticker{}, NotFound(fmt.Sprintf("unknown ticker %q…: a symbol has a few letters", strings.ToValidUTF8(input[:20], "")))
	}
	if i, ok := d.bySymbol[Symbol(input)]; ok {
		return d.table[i], nil
	}
	written := narrow(input)
	if written == "" {
		return Ticker{}, NotFound("unknown ticker: nothing was written")
	}
	for _, s := range spellings(written) {
		if i, ok := d.bySymbol[s]; ok {
			return d.table[i], nil
		}
	}
	if i, ok := d.squeezed[squeeze(written)]; ok && i >= 0 && symbolLike(written) {
		return d.table[i], nil
	}
	return Ticker{}, NotFound(fmt.Sprintf("unknown ticker %q", strings.TrimSpace(input)) + d.suggestion(written))
}

// narrow returns input in upper case and plain characters: full-width letters
// made narrow, invisible ones and quotes dropped, white space made one blank.
func narrow(input string) string {
	var b strings.Builder
	for _, r := range input {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r):
			r = ' '
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			continue
		case strings.ContainsRune("‐‑‒–—−", r):
			r = '-'
		}
		if !strings.ContainsRune("()[]<>\"'“”‘’`,;", r) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimLeft(s, "$# "), " EQUITY"))
}

// spellings returns the canonical symbols that an input may mean, likeliest
// first.
func spellings(written string) []Symbol {
	body, market := splitMarket(written)
	body = strings.TrimSpace(strings.TrimLeft(body, "$"))
	class := strings.Trim(strings.NewReplacer(" ", "-", ".", "-", "/", "-", "_", "-", "^", "-").Replace(body), "-")
	for strings.Contains(class, "--") {
		class = strings.ReplaceAll(class, "--", "-")
	}
	out := []Symbol{Symbol(class + market), Symbol(squeeze(body) + market)}
	if market != "" {
		if base, share := cutClass(squeeze(body)); share != "" {
			out = append(out, Symbol(base+"-"+share+market))
		}
	}
	return out
}

// cutClass splits a closing class letter off: RCIB is RCI and B.
func cutClass(s string) (base, share string) {
	if len(s) < 3 || s[len(s)-1] < 'A' || s[len(s)-1] > 'D' {
		return s, ""
	}
	return s[:len(s)-1], s[len(s)-1:]
}

// splitMarket takes the exchange off an input and returns it as Yahoo's
// suffix, which is empty for the United States.
func splitMarket(written string) (body, suffix string) {
	if before, after, ok := strings.Cut(written, ":"); ok {
		if m, known := exchangeSuffix(strings.TrimSpace(before)); known {
			return withoutSuffix(strings.TrimSpace(after), m), m
		}
		if m, known := exchangeSuffix(strings.TrimSpace(after)); known { // RY:TSX, RY:CN
			return strings.TrimSpace(before), m
		}
	}
	for _, cut := range []string{".", " ", "-"} {
		i := strings.LastIndex(written, cut)
		if i <= 0 {
			continue
		}
		if m, known := marketSuffix(cut, written[i+1:]); known {
			return strings.TrimSpace(written[:i]), m
		}
	}
	return written, ""
}

func withoutSuffix(body, suffix string) string {
	for _, s := range []string{".TSX", ".TO", ".V"} {
		if suffix != "" && strings.HasSuffix(body, s) {
			return strings.TrimSuffix(body, s)
		}
	}
	return body
}

func exchangeSuffix(name string) (string, bool) {
	switch strings.ReplaceAll(name, " ", "") {
	case "NASDAQ", "NASDAQGS", "NASDAQGM", "NASDAQCM", "NAS", "NDAQ", "NYSE", "NYS", "AMEX", "NYSEAMERICAN", "NYSEAMEX", "NYSEMKT", "ASE", "NYSEARCA", "ARCA",
		"BATS", "CBOE", "OTC", "OTCMKTS", "OTCPK", "OTCQX", "OTCQB", "OTCBB", "PINK", "US":
		return "", true
	case "TSX", "TSE", "TOR", "XTSE", "CN", "CT", "CA", "T":
		return ".TO", true
	case "TSXV", "CVE", "TSX-V", "TSXVENTURE", "CV", "XTSX":
		return ".V", true
	case "CSE", "CNSX":
		return ".CN", true
	case "NEO":
		return ".NE", true
	}
	return "", false
}

// marketSuffix reads what stands behind a symbol: RY.TSX, RY-T, RY CN, AAPL.O,
// AAPL US.
func marketSuffix(cut, code string) (string, bool) {
	switch cut + code {
	case ".TO", ".TSX", ".TSE", "-T", "-TSX", " CN", " CT", " TSX", " TO", "-TO", "-CT":
		return ".TO", true
	case ".V", ".TSXV", ".VN", " TSXV":
		return ".V", true
	case ".CN":
		return ".CN", true
	case ".NE":
		return ".NE", true
	case ".O", ".OQ", ".N", ".US", " US", " UN", " UQ", " UW", "-US", " NASDAQ", " NYSE":
		return "", true
	}
	return "", false
}

// symbolLike reports whether an input has the form of a symbol, so that words
// which happen to squeeze to one are not taken for it.
func symbolLike(written string) bool {
	return len(written) <= 8 && strings.Count(written, " ") <= 1
}

// squeeze keeps letters and digits, in upper case.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

func withoutLegalForm(name string) string {
	words := strings.Fields(strings.NewReplacer(",", " ", ".", " ").Replace(name))
	for len(words) > 1 && legalForm(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) > 1 && strings.EqualFold(words[0], "the") {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

func legalForm(word string) bool {
	switch strings.ToUpper(word) {
	case "INC", "CORP", "CORPORATION", "CO", "COMPANY", "LTD", "LIMITED", "PLC", "AG", "SE", "SA", "NV", "GROUP", "HOLDINGS", "HOLDING", "COM", "INCORPORATED", "&":
		return true
	}
	return false
}

// suggestion names the one ticker that is nearest: by name, or by a slip or
// two in the symbol.
func (d *Directory) suggestion(written string) string {
	best, named := d.byName[squeeze(written)]
	if !named {
		best, named = d.byName[squeeze(withoutLegalForm(written))]
	}
	if !named {
		best = d.nearest(squeeze(written))
	}
	if best < 0 {
		return ": use the symbol of a listed company, as in AAPL or RY.TO"
	}
	t := d.table[best]
	return fmt.Sprintf(": did you mean %s (%s)?", t.Symbol, t.Name)
}

// nearest returns the row whose symbol, or else whose name, is fewest slips
// away, or -1.
func (d *Directory) nearest(key string) int {
	best, least := -1, 2
	if len(key) >= 5 {
		least = 3
	}
	for i, t := range d.table {
		base, _, _ := strings.Cut(string(t.Symbol), ".")
		if squeeze(base) == key {
			return i
		}
		symbol := squeeze(string(t.Symbol))
		if diff := len(symbol) - len(key); diff >= least || -diff >= least {
			continue
		}
		if n := slips(key, symbol); n < least {
			best, least = i, n
		}
	}
	if best >= 0 || len(key) < 5 {
		return best
	}
	least = 3
	for i, t := range d.table {
		name := squeeze(withoutLegalForm(t.Name))
		if diff := len(name) - len(key); diff >= least || -diff >= least {
			continue
		}
		if n := slips(key, name); n < least {
			best, least = i, n
		}
	}
	return best
}

// slips counts the letters added, dropped, changed or swapped with the
// neighbour between two words.
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur, prev, before := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
	}
	return rows[len(x)%3][len(y)]
}
