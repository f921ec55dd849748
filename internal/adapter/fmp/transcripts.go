package fmp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

const maxCall = 1 << 20 // bytes of a transcript; real ones have up to 120 kB

// A Call is a company's talk with analysts about a quarter of its own year.
type Call struct {
	Year, Quarter int // of the company's fiscal year
	Day           stockdigest.Day
}

// A Transcript is what was said in a call.
type Transcript struct {
	Call
	Symbol stockdigest.Symbol
	Text   string
}

// Calls returns the calls whose transcripts the service has, newest first.
func (c *Client) Calls(ctx context.Context, symbol stockdigest.Symbol) ([]Call, error) {
	rows, err := c.rows(ctx, "earning-call-transcript-dates", url.Values{"symbol": {string(symbol)}})
	if err != nil {
		return nil, err
	}
	var calls []Call
	for _, row := range rows {
		var told call
		if json.Unmarshal(row, &told) != nil {
			continue
		}
		if found, ok := told.call(); ok {
			calls = append(calls, found)
		}
	}
	slices.SortStableFunc(calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(b.Year, a.Year), cmp.Compare(b.Quarter, a.Quarter))
	})
	return calls, nil
}

// Transcript returns what was said in the call about a quarter.
func (c *Client) Transcript(ctx context.Context, symbol stockdigest.Symbol, year, quarter int) (Transcript, error) {
	rows, err := c.rows(ctx, "earning-call-transcript", url.Values{
		"symbol": {string(symbol)}, "year": {strconv.Itoa(year)}, "quarter": {strconv.Itoa(quarter)},
	})
	if err != nil {
		return Transcript{}, err
	}
	for _, row := range rows {
		var told struct {
			call
			Symbol  string `json:"symbol"`
			Content string `json:"content"`
		}
		if json.Unmarshal(row, &told) != nil || !same(told.Symbol, symbol) || len(told.Content) > maxCall {
			continue
		}
		found, ok := told.call.call()
		text := strings.TrimSpace(strings.ToValidUTF8(told.Content, ""))
		if ok && found.Year == year && found.Quarter == quarter && text != "" && utf8.ValidString(text) {
			return Transcript{Call: found, Symbol: symbol, Text: text}, nil
		}
	}
	return Transcript{}, stockdigest.NotFound(fmt.Sprintf("FMP has no transcript of %s for quarter %d of %d", symbol, quarter, year))
}

// A call is one as the service writes it, which differs from list to text: the
// year is year or fiscalYear, the quarter is 3 or Q3.
type call struct {
	Year       int             `json:"year"`
	FiscalYear int             `json:"fiscalYear"`
	Quarter    json.RawMessage `json:"quarter"`
	Period     string          `json:"period"`
	Date       string          `json:"date"`
}

func (t call) call() (Call, bool) {
	written := cmp.Or(strings.Trim(string(t.Quarter), `"`), t.Period)
	quarter, err := strconv.Atoi(strings.TrimPrefix(strings.ToUpper(written), "Q"))
	if err != nil || quarter < 1 || quarter > 4 {
		return Call{}, false
	}
	day, ok := dayOf(t.Date)
	year := cmp.Or(t.FiscalYear, t.Year)
	return Call{Year: year, Quarter: quarter, Day: day}, ok && year >= 1990 && year < 2100
}

// dayOf reads a date, with or without a time behind it.
func dayOf(told string) (stockdigest.Day, bool) {
	if len(told) < len("2006-01-02") {
		return "", false
	}
	day, err := stockdigest.ParseDay(told[:len("2006-01-02")])
	return day, err == nil
}
