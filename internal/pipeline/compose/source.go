package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Anchor names the place of a quote on its source page.
func Anchor(e stockdigest.Evidence) string { return fmt.Sprintf("q%d-%d", e.Start, e.End) }

type sourcePage struct {
	Title, Publisher, When, Label, URL string
	Paragraphs                         []paragraph
}

type paragraph struct {
	Runs  []run
	Notes []judgeNote // on the quotes that begin here
}

// A run is a piece of a paragraph; one with an anchor is marked, and Notes are
// the IDs of what is said of it.
type run struct{ Text, Anchor, Notes string }

// Source renders the stored text of one source with the quotes that bullets take
// from it marked, so that a bullet opens to its sentence, and with what a
// judging model said of the bullet. Every quote must stand in body.
func Source(body, source string, bullets []stockdigest.Bullet) ([]byte, error) {
	quotes := quotesFrom(source, bullets)
	if len(quotes) == 0 {
		return nil, stockdigest.Invalid("a source page needs a quote")
	}
	for _, q := range quotes {
		if err := q.Check(body); err != nil {
			return nil, err
		}
	}
	p := painter{in: localeIn(time.UTC)}
	src := p.source(quotes[0])
	page := sourcePage{
		Title: quotes[0].Title, Publisher: src.Publisher, Label: src.Label, URL: webURL(quotes[0].URL),
		Paragraphs: paragraphs(body, quotes, notesOn(source, bullets)),
	}
	if src.When != "" {
		page.When = src.When + " UTC"
	}
	return render("source", page)
}

// quotesFrom are the quotes of bullets, and of what filings say on them, that
// stand in a source.
func quotesFrom(source string, bullets []stockdigest.Bullet) []stockdigest.Evidence {
	var quotes []stockdigest.Evidence
	for _, b := range bullets {
		all := b.Evidence
		if b.Context != nil {
			all = append(slices.Clone(all), b.Context.Evidence)
		}
		for _, e := range all {
			if e.Source == source {
				quotes = append(quotes, e)
			}
		}
	}
	return quotes
}

// paragraphs cuts body at blank lines, marks the quotes, and puts each note
// behind the paragraph where its first quote begins. Of overlapping quotes the
// first one is marked whole and the rest of the next after it.
func paragraphs(body string, quotes []stockdigest.Evidence, notes []judgeNote) []paragraph {
	marks := slices.Clone(quotes)
	slices.SortFunc(marks, func(a, b stockdigest.Evidence) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var all []paragraph
	at := 0
	for text := range strings.SplitSeq(body, "\n\n") {
		p := paragraph{Runs: markUp(text, at, marks, notes)}
		for _, n := range notes {
			if at <= n.quotes[0].Start && n.quotes[0].Start < at+len(text) {
				p.Notes = append(p.Notes, n)
			}
		}
		if len(p.Runs) > 0 {
			all = append(all, p)
		}
		at += len(text) + len("\n\n")
	}
	return all
}

// markUp cuts one paragraph, which begins at byte start of the body.
func markUp(text string, start int, marks []stockdigest.Evidence, notes []judgeNote) []run {
	var runs []run
	add := func(from, to int, r run) {
		if from < to {
			r.Text = text[from:to]
			runs = append(runs, r)
		}
	}
	done := 0
	for _, m := range marks {
		from, to := max(m.Start-start, done), min(m.End-start, len(text))
		if from >= to {
			continue
		}
		add(done, from, run{})
		anchor := Anchor(m)
		if m.Start < start { // goes on from the paragraph before, which has the anchor
			anchor += "-more"
		}
		add(from, to, run{Anchor: anchor, Notes: idsOn(m, notes)})
		done = to
	}
	add(done, len(text), run{})
	return runs
}

type whyNotPage struct {
	Ticker, Name, Date, Coverage string
	Groups                       []whyNotGroup
}

type whyNotGroup struct {
	Name     string
	Articles []whyNotArticle
}

type whyNotArticle struct{ Title, URL, Publisher, When, Gate, Reason string }

// WhyNot renders every article of a report with what became of it and why.
func WhyNot(r stockdigest.Report) ([]byte, error) {
	loc, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of the report: %w", err)
	}
	in := localeIn(loc)
	page := whyNotPage{Ticker: string(r.Ticker), Name: r.Name, Date: in.day(r.AsOf), Coverage: coverageLine(r)}
	for _, decision := range []stockdigest.Decision{stockdigest.Selected, stockdigest.Duplicate, stockdigest.Rejected} {
		group := whyNotGroup{Name: string(decision)}
		for _, a := range r.Articles {
			if a.Decision != decision {
				continue
			}
			publisher := a.Publisher
			if publisher == "" {
				publisher = host(a.URL)
			}
			group.Articles = append(group.Articles, whyNotArticle{
				Title: a.Title, URL: webURL(a.URL), Publisher: publisher,
				When: in.fullMoment(a.PublishedAt), Gate: a.Gate, Reason: a.Reason,
			})
		}
		if len(group.Articles) > 0 {
			page.Groups = append(page.Groups, group)
		}
	}
	return render("whynot", page)
}
