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
	Paragraphs                         [][]run
}

// A run is a piece of a paragraph; one with an anchor is marked.
type run struct{ Text, Anchor string }

// Source renders the stored text of one source with the given quotes marked,
// so that a bullet opens to its sentence. Every quote must stand in body.
func Source(body string, quotes []stockdigest.Evidence) ([]byte, error) {
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
		Paragraphs: paragraphs(body, quotes),
	}
	if src.When != "" {
		page.When = src.When + " UTC"
	}
	return render("source", page)
}

// paragraphs cuts body at blank lines and marks the quotes. Of overlapping
// quotes the first one is marked whole and the rest of the next after it.
func paragraphs(body string, quotes []stockdigest.Evidence) [][]run {
	marks := slices.Clone(quotes)
	slices.SortFunc(marks, func(a, b stockdigest.Evidence) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var all [][]run
	at := 0
	for text := range strings.SplitSeq(body, "\n\n") {
		if runs := markUp(text, at, marks); len(runs) > 0 {
			all = append(all, runs)
		}
		at += len(text) + len("\n\n")
	}
	return all
}

// markUp cuts one paragraph, which begins at byte start of the body.
func markUp(text string, start int, marks []stockdigest.Evidence) []run {
	var runs []run
	add := func(from, to int, anchor string) {
		if from < to {
			runs = append(runs, run{Text: text[from:to], Anchor: anchor})
		}
	}
	done := 0
	for _, m := range marks {
		from, to := max(m.Start-start, done), min(m.End-start, len(text))
		if from >= to {
			continue
		}
		add(done, from, "")
		anchor := Anchor(m)
		if m.Start < start { // goes on from the paragraph before, which has the anchor
			anchor += "-more"
		}
		add(from, to, anchor)
		done = to
	}
	add(done, len(text), "")
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
