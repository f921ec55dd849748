package fmp

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// LastCall returns what the service says of a company's last call: its accession,
// made of the symbol and the quarter, and the noon of its day at the exchange. It
// has no document; ErrNotFound when the service knows of no call.
func (c *Client) LastCall(ctx context.Context, t stockdigest.Ticker) (stockdigest.Filing, error) {
	calls, err := c.Calls(ctx, t.Symbol)
	if err != nil {
		return stockdigest.Filing{}, err
	}
	if len(calls) == 0 {
		return stockdigest.Filing{}, stockdigest.NotFound("FMP has no call of " + string(t.Symbol))
	}
	return c.filing(t, calls[0]), nil
}

// ReadCall returns the call with its transcript, which is fetched.
func (c *Client) ReadCall(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error) {
	year, quarter, ok := quarterOf(f.Accession)
	if !ok {
		return f, stockdigest.Invalid("no accession of a call: " + string(f.Accession))
	}
	told, err := c.Transcript(ctx, t.Symbol, year, quarter)
	if err != nil {
		return f, err
	}
	text, turns := laidOut(told.Text)
	f.Documents = []stockdigest.Document{{
		Accession: f.Accession, Seq: 1, Type: f.Form, Description: fmt.Sprintf("about quarter %d of fiscal %d", quarter, year),
		Text: text, Hash: stockdigest.Hash(text), Items: turns,
	}}
	return f, nil
}

func (c *Client) filing(t stockdigest.Ticker, call Call) stockdigest.Filing {
	const noon = stockdigest.ClockTime(12 * 60)
	f := stockdigest.Filing{
		Accession: stockdigest.Accession(fmt.Sprintf("FMP-%s-%dQ%d", t.Symbol, call.Year, call.Quarter)),
		CIK:       t.CIK, Form: stockdigest.FormCall, FiledAt: call.Day.At(noon, c.zone).UTC(), Period: string(call.Day),
	}
	if now := c.Now(); f.FiledAt.After(now) {
		f.FiledAt = now // a call of this morning
	}
	return f
}

// quarterOf reads the quarter in an accession of filing.
func quarterOf(a stockdigest.Accession) (year, quarter int, ok bool) {
	s := string(a)
	head, told, ok := strings.Cut(s[strings.LastIndexByte(s, '-')+1:], "Q")
	year, err := strconv.Atoi(head)
	quarter, err2 := strconv.Atoi(told)
	return year, quarter, ok && err == nil && err2 == nil
}

// A turn opens with who speaks: "Ada Quill: ".
var turnHead = regexp.MustCompile(`^(\p{Lu}[\p{L}\p{M}.'’-]*(?: [\p{L}\p{M}.'’-]+){0,5}): +`)

const (
	maxName  = 60    // bytes
	maxTurns = 5_000 // lines that are read; long calls have 200
)

// A turn is what one speaks until another does, as a range of the text.
type turn struct {
	who        string
	start, end int
}

// laidOut is a transcript with every line a paragraph, and the turns of the
// company's own people as its items.
func laidOut(transcript string) (text string, items []stockdigest.Item) {
	var b strings.Builder
	var turns []turn
	who := ""
	for line := range strings.Lines(transcript) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if len(turns) == maxTurns {
			break
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		said := 0
		if m := turnHead.FindStringSubmatch(line); m != nil && len(m[1]) <= maxName {
			who, said = m[1], len(m[0])
		}
		turns = append(turns, turn{who: who, start: b.Len() + said, end: b.Len() + len(line)})
		b.WriteString(line)
	}
	text = b.String()
	own := ownPeople(text, turns)
	for _, t := range turns {
		if own[t.who] {
			items = append(items, stockdigest.Item{Title: t.who, Start: t.start, End: t.end})
		}
	}
	return text, items
}

// ownPeople are those who speak before the first question: whoever is heard only
// later may be an analyst. It begins where the operator gives the word for it or,
// without an operator, where something is asked. Where nobody asks, nobody is known.
func ownPeople(text string, turns []turn) map[string]bool {
	gives := func(t turn, said string) bool { return isOperator(t) && strings.Contains(said, "question") }
	asks := func(_ turn, said string) bool { return strings.Contains(said, "?") }
	for _, opens := range []func(turn, string) bool{gives, asks} {
		own := map[string]bool{}
		for _, t := range turns {
			if len(own) > 0 && opens(t, strings.ToLower(text[t.start:t.end])) {
				return own
			}
			if t.who != "" && !isOperator(t) {
				own[t.who] = true
			}
		}
	}
	return nil
}

func isOperator(t turn) bool { return strings.EqualFold(t.who, "operator") }
