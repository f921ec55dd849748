package edgar

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

const (
	maxInsiders = 10 // forms of one window; a company may have fifty in a day
	maxGone     = 2  // documents not had, after which no more are asked for
)

// tellsOwnership reports whether the form says who owns and trades the company.
func tellsOwnership(form string) bool { return isForm4(form) || isSchedule(form) }

func isForm4(form string) bool { return strings.TrimSuffix(form, "/A") == "4" }

func isSchedule(form string) bool {
	switch strings.TrimSuffix(form, "/A") {
	case "SC 13D", "SC 13G", "SCHEDULE 13D", "SCHEDULE 13G":
		return true
	}
	return false
}

// insiders reads what the window's ownership forms say. They come beside the
// reports and are read as far as they can be had: one that cannot is left
// out, and why is only logged.
func (c *Client) insiders(ctx context.Context, t stockdigest.Ticker, entries []stockdigest.Filing) []stockdigest.Filing {
	var filings []stockdigest.Filing
	gone := 0
	for _, f := range entries[:min(len(entries), maxInsiders)] {
		f, err := c.readInsider(ctx, t, f)
		if err == nil {
			filings = append(filings, f)
			continue
		}
		c.log.InfoContext(ctx, "ownership form left out", "accession", f.Accession, "error", err)
		if _, ok := errors.AsType[*unreadableError](err); ok {
			continue
		}
		if gone++; gone == maxGone || errors.Is(err, stockdigest.ErrDenied) || ctx.Err() != nil {
			break
		}
	}
	return filings
}

// An unreadableError is a document that was had and says nothing we know.
type unreadableError struct {
	url string
	err error
}

func (e *unreadableError) Error() string { return fmt.Sprintf("read %s: %v", e.url, e.err) }
func (e *unreadableError) Unwrap() error { return e.err }

func (c *Client) readInsider(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error) {
	url := dataURL(f)
	raw, err := c.fetch(ctx, url, maxXML)
	if err != nil {
		return f, err
	}
	text, err := insiderText(t, &f, raw)
	if err != nil {
		return f, &unreadableError{url, err}
	}
	if text == "" {
		return f, nil
	}
	f.Documents = []stockdigest.Document{{
		Accession: f.Accession, Seq: 1, Type: f.Form, Description: "facts of the form, told in sentences",
		URL: url, Text: text, Hash: stockdigest.Hash(text),
	}}
	return f, nil
}

// insiderText tells the form in sentences and notes its dealings. Awards, taxes
// paid in shares and gifts alone are listed and not told: a digest would be full
// of them each spring.
func insiderText(t stockdigest.Ticker, f *stockdigest.Filing, raw []byte) (string, error) {
	if isForm4(f.Form) {
		o, err := ParseOwnership(raw)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(o.Trades, Trade.Market) {
			return "", nil
		}
		f.Dealings = o.dealings()
		return o.Text(knownName(t, o.IssuerCIK)), nil
	}
	s, err := ParseStake(raw)
	if err != nil {
		return "", err
	}
	s.Form = f.Form
	return s.Text(knownName(t, s.IssuerCIK)), nil
}

// knownName returns the ticker's name when the form is about its company:
// forms print LIKE THIS INC, and a company files forms about others too.
func knownName(t stockdigest.Ticker, cik string) string {
	if cik != "" && strings.TrimLeft(cik, "0") == strings.TrimLeft(t.CIK, "0") {
		return t.Name
	}
	return ""
}

// dataURL returns the address of the document with the data: the list names
// the page that EDGAR makes of it for people, in a folder of its style sheet.
func dataURL(f stockdigest.Filing) string {
	name := strings.TrimPrefix(f.URL, folder(f))
	if dir, base := path.Split(name); strings.HasPrefix(strings.ToLower(dir), "xsl") {
		name = base
	}
	return folder(f) + name
}

// dealings are the form's purchases and sales of shares against money. A box
// that says plan, and no footnote that says which trade, may mean any of them.
func (o Ownership) dealings() stockdigest.Dealings {
	d := stockdigest.Dealings{Issuer: o.IssuerCIK}
	for _, w := range o.Owners {
		d.Owners = append(d.Owners, stockdigest.Insider{CIK: w.CIK, Name: w.Name})
	}
	anyPlan := o.Plan && !slices.ContainsFunc(o.Trades, func(t Trade) bool { return t.Plan })
	for _, t := range o.Trades {
		if !t.Market() || t.Derivative {
			continue
		}
		d.Trades = append(d.Trades, stockdigest.Trade{
			Sale: t.Code == "S", Plan: t.Plan || anyPlan, Day: t.Date, Security: t.Security,
			Shares: string(t.Shares), Value: string(t.Value()),
		})
	}
	return d
}
