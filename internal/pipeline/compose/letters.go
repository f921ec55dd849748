package compose

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Letter writes the letter of a planned mail from its matter: every kind but
// the digest and its preview.
func (p *Press) Letter(kind stockdigest.MailKind, matter json.RawMessage, own Own) (Letter, error) {
	switch kind {
	case stockdigest.MailSelection:
		return of(matter, own, p.Selection)
	case stockdigest.MailContent:
		return of(matter, own, p.Content)
	case stockdigest.MailBatch:
		return of(matter, own, p.Batch)
	case stockdigest.MailMissing:
		return of(matter, own, p.Missing)
	case stockdigest.MailConfirm:
		return of(matter, own, p.Confirm)
	case stockdigest.MailWelcome:
		return of(matter, own, p.Welcome)
	case stockdigest.MailAlert:
		return of(matter, own, p.Alert)
	case stockdigest.MailDigest, stockdigest.MailPreview:
	}
	return Letter{}, stockdigest.Invalid("a mail of the kind " + string(kind) + " is not written from its matter")
}

func of[M any](matter json.RawMessage, own Own, write func(M, Own) (Letter, error)) (Letter, error) {
	var m M
	if err := json.Unmarshal(matter, &m); err != nil {
		return Letter{}, fmt.Errorf("read the matter of a mail: %w", err)
	}
	return write(m, own)
}

// write finishes a letter: who sends it and why it is sent.
func (p *Press) write(v letterView, why string) (Letter, error) {
	v.Foot.Why, v.Foot.Postal, v.Foot.Site = why, p.house.Postal, webURL(p.house.Links.Site)
	return p.set.letter(v)
}

// toOperator is why the operator gets a mail.
const toOperator = "You get this mail because you run this service."

// Confirm asks whether an address wants mails. Its link opens a page with a
// button, so that a program that opens links confirms nothing.
func (p *Press) Confirm(m stockdigest.ConfirmMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	to := webURL(own.Confirm)
	if to == "" {
		return Letter{}, stockdigest.Invalid("a mail that asks to confirm needs the page for it")
	}
	about := ""
	if len(m.Tickers) > 0 {
		about = " about " + symbols(m.Tickers)
	}
	return p.write(letterView{
		frame: frame{
			Title:     "Confirm your StockDigest mails",
			Preheader: "Confirm, and the mails begin. If it was not you, do nothing.",
			Heading:   "Do you want these mails?",
		},
		Lead: []string{
			"On " + in.fullMoment(m.AskedAt) + " this address was given to us for StockDigest: one short, sourced morning mail" + about + ".",
			"If it was you, please confirm.",
		},
		Button: &linkView{Text: "Confirm this address", URL: to},
		Groups: []groupView{{Lines: []string{
			"If it was not you, do nothing, and nothing more will come. The link works until " + in.date(m.AskedAt.Add(stockdigest.ConfirmLife)) + ".",
		}}},
	}, "You get this one mail because this address was given to us.")
}

// Welcome tells a new reader what will come.
func (p *Press) Welcome(m stockdigest.WelcomeMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	at := in.hour(time.Date(2026, 1, 1, 0, int(m.At), 0, 0, in.loc))
	comes := "One mail"
	if m.PerTicker {
		comes = "One mail for each company"
	}
	lines := []string{
		comes + " each trading day, at " + at + " in your time zone (" + strings.ReplaceAll(in.loc.String(), "_", " ") + ").",
		"Every statement rests on a quote that was found word for word in its source, and links to it. What an earlier mail told is not repeated; when a story moves on, the mail says what changed.",
		"On a quiet day the mail says so, and tells you how much was read to be sure.",
	}
	if m.Alerts {
		lines = append(lines, "During the day you also get an alert when something material happens, one for each story.")
	}
	v := letterView{
		frame: frame{
			Title:     "Welcome to StockDigest",
			Preheader: "Your first digest comes on the next trading day at " + at + ".",
			Heading:   "Welcome",
			Foot:      footView{Notes: []string{"For information only. Not investment advice."}, Stops: ways(own, m.Tickers)},
		},
		Lead: []string{"You follow " + symbols(m.Tickers) + ". This is what you will get."},
	}
	v.Lead = append(v.Lead, lines...)
	return p.write(v, "You get this mail because you agreed to our mails at this address.")
}

// Alert tells stories between digests.
func (p *Press) Alert(m stockdigest.AlertMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	if len(m.Stories) == 0 {
		return Letter{}, stockdigest.Invalid("an alert needs a story")
	}
	first := m.Stories[0]
	v := letterView{frame: frame{
		Title: string(first.Ticker) + ": " + first.Headline, Preheader: capital(first.Why),
		Date: "Alert. Times in " + in.zone(first.PublishedAt) + ".", Heading: "Material news",
	}}
	if len(m.Stories) > 1 {
		v.Title = fmt.Sprintf("%s: %d stories", symbols(tickersOf(m.Stories)), len(m.Stories))
		v.Preheader = first.Headline
	}
	for _, symbol := range tickersOf(m.Stories) {
		v.Groups = append(v.Groups, alertGroup(m.Stories, symbol, in))
	}
	v.Foot.Notes = []string{
		"Chosen by fixed rules from what was just published; no AI wrote any of it. Each story comes as one alert.",
		"For information only. Not investment advice.",
	}
	v.Foot.Stops = ways(own, tickersOf(m.Stories))
	if own.Unsubscribe == nil {
		return p.write(v, toOperator)
	}
	return p.write(v, "You get this mail because you follow "+these(len(v.Groups))+" and asked for alerts.")
}

func alertGroup(stories []stockdigest.Alert, symbol stockdigest.Symbol, in locale) groupView {
	g := groupView{Ticker: string(symbol), Lists: []listView{{}}}
	for _, s := range stories {
		if s.Ticker != symbol {
			continue
		}
		if g.Name == "" {
			g.Name = s.Company
		}
		where := s.Publisher
		if where == "" {
			where = host(s.URL)
		}
		if s.Form != "" {
			where = formLine(s.Form, s.Items)
		}
		i := itemView{Text: s.Headline, URL: webURL(s.URL), Meta: where + ", " + in.moment(s.PublishedAt)}
		if s.Why != "" {
			i.Notes = []string{capital(strings.TrimSuffix(s.Why, ".")) + "."}
		}
		g.Lists[0].Items = append(g.Lists[0].Items, i)
	}
	if g.Name == "" {
		g.Name, g.Ticker = string(symbol), ""
	}
	return g
}

func tickersOf(stories []stockdigest.Alert) []stockdigest.Symbol {
	var all []stockdigest.Symbol
	for _, s := range stories {
		if !slices.Contains(all, s.Ticker) {
			all = append(all, s.Ticker)
		}
	}
	return all
}

// ways are the ways out of a letter; the operator has none.
func ways(own Own, about []stockdigest.Symbol) []linkView {
	if own.Unsubscribe == nil {
		return nil
	}
	return stops(own, about)
}

// symbols names companies by their symbols.
func symbols(all []stockdigest.Symbol) string {
	names := make([]string, 0, len(all))
	for _, s := range all {
		names = append(names, string(s))
	}
	if len(names) == 0 {
		return "no company yet"
	}
	return list(names, 10)
}
