package tickers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// SECURL is SEC's public list of the companies that file with it.
const SECURL = "https://www.sec.gov/files/company_tickers.json"

// Bounds of an imported list. The longest known one has 10,000 rows; the
// largest file, with a summary per company, is below 8 MB.
const (
	maxBytes = 64 << 20
	maxRows  = 200_000
	maxName  = 300
)

// Import reads a public list of tickers as it lies: SEC's company_tickers.json,
// an exchange's list of symbols in JSON or CSV, the S&P 500 constituents, or
// FinanceDatabase's equities; each may be gzipped. The columns tell the format,
// the name only helps where they leave the exchange open. Symbols come out in
// Yahoo style. Kept are shares, depositary receipts, trusts and share classes;
// left out are test issues, preferred shares, warrants, rights, units, notes
// and delisted rows, since nobody follows them by name. Errors name file and
// line.
func Import(name string, data io.Reader) ([]stockdigest.Ticker, error) {
	body, err := plain(data)
	if err != nil {
		return nil, fmt.Errorf("read ticker list %s: %w", name, err)
	}
	var rows []row
	switch first := bytes.TrimLeft(body, " \t\r\n\ufeff"); {
	case len(first) == 0:
		err = stockdigest.Invalid("the file is empty")
	case !utf8.Valid(first):
		err = stockdigest.Invalid("the file is not UTF-8 text")
	case first[0] == '{' || first[0] == '[':
		rows, err = readJSON(first)
	default:
		rows, err = readCSV(first)
	}
	if err != nil {
		return nil, inFile(name, err)
	}
	list := tickers(name, rows)
	if len(list) == 0 {
		return nil, inFile(name, stockdigest.Invalid("no tickers in it"))
	}
	return list, nil
}

// inFile puts the file's name before an error's message.
func inFile(name string, err error) error {
	if known, ok := errors.AsType[*stockdigest.Error](err); ok {
		return &stockdigest.Error{Kind: known.Kind, Message: fmt.Sprintf("ticker list %s: %s", name, known.Message), Err: known.Err}
	}
	return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: fmt.Sprintf("ticker list %s cannot be read", name), Err: err}
}

// plain reads all of data, unpacked and within bounds.
func plain(data io.Reader) ([]byte, error) {
	in := bufio.NewReader(data)
	var src io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		zip, err := gzip.NewReader(in)
		if err != nil {
			return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "the file is damaged gzip", Err: err}
		}
		defer zip.Close()
		src = zip
	}
	body, err := io.ReadAll(io.LimitReader(src, maxBytes+1))
	switch {
	case err != nil:
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "the file cannot be read to its end", Err: err}
	case len(body) > maxBytes:
		return nil, stockdigest.Invalid(fmt.Sprintf("the file is larger than %d MB", maxBytes>>20))
	}
	return body, nil
}

// A row is one line of any format, by the names of its columns.
type row struct {
	symbol, name, exchange, cik string
	sec                         bool // from SEC's list
	delisted                    bool
}

// readJSON reads SEC's object of objects, or an array of objects.
func readJSON(body []byte) ([]row, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	open, err := dec.Token()
	if err != nil {
		return nil, atByte(body, dec.InputOffset(), err)
	}
	var rows []row
	for dec.More() {
		if open == json.Delim('{') {
			if _, err := dec.Token(); err != nil {
				return nil, atByte(body, dec.InputOffset(), err)
			}
		}
		var v struct {
			CIK    json.Number `json:"cik_str"`
			Ticker string      `json:"ticker"`
			Title  string      `json:"title"`
			Symbol string      `json:"symbol"`
			Name   string      `json:"name"`
		}
		if err := dec.Decode(&v); err != nil {
			return nil, atByte(body, dec.InputOffset(), err)
		}
		if len(rows) >= maxRows {
			return nil, stockdigest.Invalid(fmt.Sprintf("more than %d rows", maxRows))
		}
		if v.Ticker == "" && v.Symbol == "" {
			return nil, stockdigest.Invalid(fmt.Sprintf("line %d: neither ticker nor symbol: this is no list of tickers", line(body, dec.InputOffset())))
		}
		rows = append(rows, row{symbol: v.Ticker + v.Symbol, name: v.Title + v.Name, cik: v.CIK.String(), sec: v.Ticker != ""})
	}
	if _, err := dec.Token(); err != nil {
		return nil, atByte(body, dec.InputOffset(), err)
	}
	return rows, nil
}

func atByte(body []byte, at int64, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		at = int64(len(bytes.TrimRight(body, "\n")))
	case errors.As(err, &syntax):
		at = syntax.Offset
	}
	return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: fmt.Sprintf("line %d: broken JSON", line(body, at)), Err: err}
}

func line(body []byte, at int64) int {
	return 1 + bytes.Count(body[:min(max(at, 0), int64(len(body)))], []byte("\n"))
}

func readCSV(body []byte) ([]row, error) {
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.Trim(h, " \ufeff"))] = i
	}
	symbol, ok := firstOf(at, "symbol", "ticker", "act symbol")
	title, named := firstOf(at, "security", "name", "company name", "title", "security name", "company")
	if !ok || !named {
		return nil, stockdigest.Invalid("line 1: no columns “symbol” and “name”")
	}
	var rows []row
	for {
		rec, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, csvError(err)
		case len(rows) >= maxRows:
			return nil, stockdigest.Invalid(fmt.Sprintf("more than %d rows", maxRows))
		case len(rec) <= max(symbol, title):
			n, _ := r.FieldPos(0)
			return nil, stockdigest.Invalid(fmt.Sprintf("line %d: %d columns, the head has %d", n, len(rec), len(head)))
		}
		get := func(column string) string {
			if i, ok := at[column]; ok && i < len(rec) {
				return rec[i]
			}
			return ""
		}
		rows = append(rows, row{
			symbol: rec[symbol], name: rec[title], cik: get("cik"), exchange: get("exchange"),
			delisted: strings.EqualFold(get("delisted"), "true"),
		})
	}
}

func firstOf(at map[string]int, names ...string) (int, bool) {
	for _, n := range names {
		if i, ok := at[n]; ok {
			return i, true
		}
	}
	return 0, false
}

func csvError(err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: fmt.Sprintf("line %d: broken CSV", p.Line), Err: err}
	}
	return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "broken CSV", Err: err}
}

// tickers turns rows into tickers, each symbol once.
func tickers(name string, rows []row) []stockdigest.Ticker {
	listed := make(map[string]bool, len(rows))
	for _, r := range rows {
		listed[strings.TrimSpace(r.symbol)] = true
	}
	var list []stockdigest.Ticker
	seen := map[stockdigest.Symbol]bool{}
	for _, r := range rows {
		t, ok := r.ticker(name, listed)
		if ok && !seen[t.Symbol] {
			seen[t.Symbol] = true
			list = append(list, t)
		}
	}
	return list
}

func (r row) ticker(file string, listed map[string]bool) (stockdigest.Ticker, bool) {
	symbol, ok := canonical(r.symbol)
	title := strings.Join(strings.Fields(r.name), " ")
	if !ok || title == "" || len(title) > maxName || r.delisted || !share(symbol, title, listed) {
		return stockdigest.Ticker{}, false
	}
	t := stockdigest.Ticker{Symbol: symbol, Name: cutShareClass(title), Exchange: exchange(file, r.exchange, symbol), Source: "file"}
	if r.sec {
		t.Source = "sec"
	}
	if digits := strings.TrimSpace(r.cik); digits != "" && len(digits) <= 10 && strings.Trim(digits, "0123456789") == "" {
		t.CIK = strings.Repeat("0", 10-len(digits)) + digits
	}
	return t, t.Validate() == nil
}

var symbolForm = regexp.MustCompile(`^[A-Z0-9]{1,6}(-[A-Z]{1,3})?(\.(TO|V|CN|NE))?$`)

// canonical gives the Yahoo form of a listed symbol: BRK/B and BRK.B are BRK-B.
func canonical(listed string) (stockdigest.Symbol, bool) {
	s := strings.ToUpper(strings.TrimSpace(listed))
	market := ""
	for _, m := range []string{".TO", ".V", ".CN", ".NE"} {
		if base, ok := strings.CutSuffix(s, m); ok && base != "" {
			s, market = base, m
		}
	}
	s = strings.NewReplacer("/", "-", ".", "-", " ", "-").Replace(s) + market
	return stockdigest.Symbol(s), symbolForm.MatchString(s)
}

var noShare = regexp.MustCompile(`(?i)\b(warrants?|rights?|units?|preferred|preference|notes? due|debentures?|subordinated notes|senior notes|test (stock|symbol|issue|company)|when[- ]issued|% (series|cum))\b`)

// share applies the written rule of Import to one row. "Units" of a limited
// partnership are its shares and stay.
func share(symbol stockdigest.Symbol, title string, listed map[string]bool) bool {
	low := strings.ToLower(title)
	if m := noShare.FindString(low); m != "" {
		partner := strings.HasPrefix(m, "unit") && (strings.Contains(low, "common unit") || strings.Contains(low, "limited partner") || strings.Contains(low, "partnership"))
		if !partner && !strings.Contains(low, "preferred apartment") && !strings.Contains(low, "preferred bank") && !strings.Contains(low, "united") && !strings.HasPrefix(low, m) {
			return false
		}
	}
	base, class, _ := strings.Cut(strings.Split(string(symbol), ".")[0], "-")
	switch class {
	case "WT", "WS", "W", "R", "RT", "U", "UN", "P", "PR", "DB", "WI":
		return class == "UN" && strings.Contains(string(symbol), ".") // units are how Canadian trusts are listed
	}
	if strings.HasPrefix(class, "P") && len(class) > 1 {
		return false
	}
	// A fifth letter on a listed four-letter symbol marks the kind of paper on Nasdaq.
	if len(base) == 5 && class == "" && listed[base[:4]] && strings.ContainsRune("WRUP", rune(base[4])) {
		return false
	}
	return true
}

// cutShareClass leaves out what an exchange puts behind a company's name.
func cutShareClass(title string) string {
	low := strings.ToLower(title)
	for _, w := range []string{" common stock", " ordinary share", " american depositary", " common share", " common unit", " depositary share", " capital stock"} {
		if i := strings.Index(low, w); i > 3 {
			title, low = title[:i], low[:i]
		}
	}
	for _, w := range []string{" class a", " class b", " class c", " subordinate voting shares"} {
		if strings.HasSuffix(low, w) {
			title = title[:len(title)-len(w)]
			break
		}
	}
	return strings.TrimSpace(strings.TrimRight(strings.TrimSpace(title), ",-"))
}

// exchange names the exchange by the row, the symbol's market, or the file.
func exchange(file, told string, s stockdigest.Symbol) string {
	switch _, market, _ := strings.Cut(string(s), "."); market {
	case "TO":
		return "TSX"
	case "V":
		return "TSXV"
	case "CN":
		return "CSE"
	case "NE":
		return "NEO"
	}
	switch strings.ToUpper(told) {
	case "ASE", "AMEX", "NYSEAMERICAN":
		return "NYSEAMERICAN"
	case "NMS", "NGM", "NCM", "NASDAQ":
		return "NASDAQ"
	case "NYQ", "NYSE":
		return "NYSE"
	case "PCX":
		return "NYSEARCA"
	case "PNK", "OTC":
		return "OTC"
	}
	file = strings.ToLower(file)
	switch {
	case strings.Contains(file, "nasdaq"):
		return "NASDAQ"
	case strings.Contains(file, "nyse"):
		return "NYSE"
	case strings.Contains(file, "amex"):
		return "NYSEAMERICAN"
	}
	return ""
}
