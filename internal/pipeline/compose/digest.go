package compose

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// maxBullets is how many bullets of one company a mail carries at most; the
// rest is counted in it.
const maxBullets = 16

// maxLine bounds a line for which somebody else gave the words, in runes.
const maxLine = 400

// maxPreheader is how much of a mail programs show beside its subject at most,
// in runes.
const maxPreheader = 160

// A digestView is what is rendered anew for each reader of a digest. The
// companies come ready.
type digestView struct {
	frame
	Companies []column
	Missing   []missingView
}

// A missingView is a company without a report.
type missingView struct{ Name, Ticker, Line string }

// noReport stands where a report would: it was held, or its run did not come to
// its end in time. A reader must not take that for a quiet day.
const noReport = "No report today: none was ready in time and passed our checks. That does not mean that nothing happened."

func missingViews(all []stockdigest.Ticker) []missingView {
	views := make([]missingView, 0, len(all))
	for _, t := range all {
		v := missingView{Name: oneLine(t.Name, maxLine), Ticker: string(t.Symbol), Line: noReport}
		if v.Name == "" {
			v.Name, v.Ticker = v.Ticker, ""
		}
		views = append(views, v)
	}
	return views
}

// A column is one company's part of a digest. It is the same for all readers
// of a zone, so it is made once.
type column struct {
	HTML    template.HTML
	text    string
	picture *stockdigest.Picture

	ticker           stockdigest.Symbol
	name, bottomLine string
	quiet            bool
	model            string // that worded it; empty: none did
}

// column renders a report for the room there is.
func (t typeset) column(r stockdigest.Report, house House, in locale, to room) (column, error) {
	c := column{ticker: r.Ticker, name: r.Name, bottomLine: r.BottomLine, quiet: r.Status == stockdigest.ReportQuiet, model: modelOf(r)}
	p := painter{links: house.Links, in: in}
	if house.Draw != nil && r.Price != nil && r.Price.History.Drawable() {
		if png := house.Draw(r.Price.History); png != nil {
			c.picture = &stockdigest.Picture{Name: "price-" + string(r.Ticker), PNG: png}
			p.links.Chart = func(stockdigest.Report) string { return "cid:" + c.picture.Name }
		}
	}
	v := p.company(r, to.bullets)
	v.trim(to)
	if v.Price == nil || v.Price.Chart == "" {
		c.picture = nil
	}
	page, err := t.render("company", v, frameSize)
	if err != nil {
		return column{}, fmt.Errorf("report on %s: %w", r.Ticker, err)
	}
	c.HTML = template.HTML(clean(string(page))) //nolint:gosec // rendered from a template that escapes
	c.text = v.text()
	return c, nil
}

// modelOf is the model that worded a report, empty when rules alone did.
func modelOf(r stockdigest.Report) string {
	if r.Written.Read == 0 {
		return ""
	}
	return r.Writer
}

// A room is how much of each company a mail has room for: its bullets, and the
// sources in each list below them.
type room struct{ bullets, links int }

// rooms are tried from the largest to the smallest. Lists of sources get short
// before bullets go, because each bullet names its own source. In the last there
// is the bottom line of each company and nothing else.
func rooms() []room {
	return []room{
		{maxBullets, 60},
		{maxBullets, 12},
		{maxBullets, 4},
		{maxBullets, 0},
		{maxBullets / 2, 4},
		{maxBullets / 2, 0},
		{maxBullets / 4, 4},
		{maxBullets / 4, 0},
		{maxBullets / 8, 0},
		{0, 0},
	}
}

// trim shortens the lists to the room there is.
func (c *companyView) trim(to room) {
	for i := range c.Sources {
		s := &c.Sources[i]
		if more := len(s.Links) - to.links; more > 0 && to.links > 0 {
			s.Links, s.More = s.Links[:to.links], "And "+digits(more, "source")+" more."
		}
	}
	if to.links == 0 {
		c.Sources = nil
	}
	if to.bullets == 0 {
		c.Filings, c.Repeats = nil, nil
		if c.Price != nil {
			c.Price.Chart = ""
		}
	}
}

// digest lays out a digest of columns, which columns makes for a room: the
// largest in which the mail is not too large.
func (t typeset) digest(d stockdigest.Digest, house House, own Own, in locale, banner []string, columns func(room) ([]column, error)) (Letter, error) {
	for _, to := range rooms() {
		all, err := columns(to)
		if err != nil {
			return Letter{}, err
		}
		size := frameSize
		for _, c := range all {
			size += len(c.HTML)
		}
		if size > maxHTML && to.bullets > 0 {
			continue
		}
		v := digestView{
			frame: frame{
				Title: oneLine(title(d, in, all), maxSubject), Preheader: preheader(all, own.Missing), Banner: banner,
				Date: in.day(d.AsOf) + ". Times in " + in.zone(d.AsOf) + ".", Foot: digestFoot(all, house, own),
			},
			Companies: all, Missing: missingViews(own.Missing),
		}
		page, err := t.render("digest", v, size)
		if err != nil {
			return Letter{}, err
		}
		if len(page) <= maxHTML {
			return Letter{Subject: v.Title, HTML: page, Text: v.text(), Pictures: pictures(all)}, nil
		}
	}
	return Letter{}, stockdigest.Invalid("a digest of so many companies does not fit one mail: use one mail per ticker")
}

// pictures are those that the mail shows.
func pictures(all []column) []stockdigest.Picture {
	var shown []stockdigest.Picture
	for _, c := range all {
		if c.picture != nil {
			shown = append(shown, *c.picture)
		}
	}
	return shown
}

// title is the subject: the companies and the day.
func title(d stockdigest.Digest, in locale, all []column) string {
	day := in.shortDay(d.AsOf)
	if len(all) == 1 {
		return fmt.Sprintf("%s (%s): %s", shorten(all[0].name, 60), all[0].ticker, day)
	}
	symbols := make([]string, 0, len(all))
	for _, c := range all {
		symbols = append(symbols, string(c.ticker))
	}
	return list(symbols, 5) + ": " + day
}

// preheader says the most of what happened: of quiet companies only that they
// are quiet, and of missing ones that they are.
func preheader(all []column, missing []stockdigest.Ticker) string {
	var lines []string
	for _, c := range all {
		line := c.bottomLine
		if c.quiet {
			line = "quiet"
		}
		lines = append(lines, string(c.ticker)+": "+line)
	}
	for _, t := range missing {
		lines = append(lines, string(t.Symbol)+": no report today")
	}
	return oneLine(strings.Join(lines, " · "), maxPreheader)
}

func digestFoot(all []column, house House, own Own) footView {
	var models []string
	var symbols []stockdigest.Symbol
	for _, c := range all {
		if c.model != "" && !slices.Contains(models, c.model) {
			models = append(models, c.model)
		}
		symbols = append(symbols, c.ticker)
	}
	for _, t := range own.Missing {
		symbols = append(symbols, t.Symbol)
	}
	foot := footView{Postal: house.Postal, Site: webURL(house.Links.Site)}
	if len(models) > 0 {
		slices.Sort(models)
		foot.Notes = append(foot.Notes, "Parts of this digest were worded by artificial intelligence ("+oneLine(list(models, 4), maxLine)+") and checked by software.")
	} else {
		foot.Notes = append(foot.Notes, "Chosen and checked by software; no AI wrote any of it.")
	}
	foot.Notes = append(foot.Notes,
		"Every quote was found word for word in the stored text of its source. All counts are made by software.",
		"For information only. Not investment advice.")
	if own.Unsubscribe != nil {
		foot.Why = "You get this mail because you follow " + these(len(symbols)) + " and agreed to get it."
		foot.Stops = stops(own, symbols)
	}
	return foot
}

func these(companies int) string {
	if companies == 1 {
		return "this company"
	}
	return "these companies"
}

// stops are the ways out: of the mails about each company, and of all.
func stops(own Own, symbols []stockdigest.Symbol) []linkView {
	var all []linkView
	add := func(text string, scope stockdigest.Symbol) {
		if to := webURL(own.Unsubscribe(scope)); to != "" {
			all = append(all, linkView{Text: text, URL: to})
		}
	}
	for _, s := range symbols {
		add(string(s), s)
	}
	add("all companies", "")
	return all
}
