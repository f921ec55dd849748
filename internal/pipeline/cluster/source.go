package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/text"
)

// A source is an article or a filing of the run.
type source struct {
	id        string // ArticleID or Accession
	doc       Doc
	verdict   stockdigest.Verdict
	role      stockdigest.Role
	publisher string
	full      bool                // the whole article, not a headline or a teaser
	filing    *stockdigest.Filing // nil for articles
	carriers  []source            // the same text at other publishers

	title, whole vector // of the title, of title and body; set to compare with what was told
}

func (s source) article() stockdigest.ArticleID { return stockdigest.ArticleID(s.id) }

// maxBody bounds how much of a text is read for likeness.
const maxBody = 8 << 10

// sourcesOf returns the selected articles and the filings of m, earliest
// first, then by ID.
func sourcesOf(m stockdigest.Material) []source {
	var all []source
	for _, c := range m.Candidates {
		if c.Verdict.Decision == stockdigest.Selected {
			all = append(all, articleSource(c))
		}
	}
	for i := range m.Filings {
		all = append(all, filingSource(&m.Filings[i]))
	}
	slices.SortFunc(all, func(a, b source) int { return cmp.Or(a.doc.At.Compare(b.doc.At), cmp.Compare(a.id, b.id)) })
	return all
}

func articleSource(c stockdigest.Candidate) source {
	s := source{
		id: string(c.Article.ID), verdict: c.Verdict, role: c.Role, publisher: c.Article.Publisher,
		doc: Doc{Title: c.Article.Title, Body: c.Article.Description, URL: c.Article.URL, At: c.Article.PublishedAt},
	}
	if c.Text != nil {
		s.doc.Title = cmp.Or(s.doc.Title, c.Text.Title)
		s.doc.Body = cmp.Or(shorten(c.Text.Body), s.doc.Body)
		s.full = c.Text.Label == stockdigest.TextFull && c.Text.Body != ""
	}
	return s
}

// exhibits is the 8-K item that only lists what is attached.
const exhibits = "9.01"

// filingSource speaks of a filing by its items and by what it says: the items'
// own text when it was split, and the press release beside it.
func filingSource(f *stockdigest.Filing) source {
	var titles, bodies []string
	room := maxBody
	for _, d := range f.Documents {
		if strings.HasPrefix(f.Form, "40-F") && len(d.Items) == 0 {
			continue // a cover
		}
		parts := []string{d.Text}
		if len(d.Items) > 0 {
			parts = nil
		}
		for _, item := range d.Items {
			if item.Number != exhibits && 0 <= item.Start && item.Start <= item.End && item.End <= len(d.Text) {
				if item.Number != "" { // else it is a turn in a call, under a name
					titles = append(titles, item.Title)
				}
				parts = append(parts, d.Text[item.Start:item.End])
			}
		}
		body := shortenTo(strings.Join(parts, "\n\n"), room)
		room -= len(body)
		bodies = append(bodies, body)
	}
	return source{
		id: string(f.Accession), role: stockdigest.RoleCompany, publisher: "SEC", full: true, filing: f,
		doc: Doc{Title: strings.Join(titles, "; "), Body: strings.TrimSpace(strings.Join(bodies, "\n\n")), At: f.FiledAt},
	}
}

func shorten(s string) string { return shortenTo(s, maxBody) }

// shortenTo cuts s to at most n bytes, at a line end or space when there is one.
func shortenTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	cut := s[:max(0, n)]
	if i := strings.LastIndexAny(cut, " \n"); i > 0 {
		return cut[:i]
	}
	return strings.ToValidUTF8(cut, "")
}

// knownTerms returns the terms of the ticker's names: in its own news they
// tell nothing apart.
func knownTerms(t stockdigest.Ticker) map[string]bool {
	known := map[string]bool{}
	add := func(s string) {
		for _, p := range text.WordSpans(s) {
			if term := termOf(p.Of(s)); term != "" {
				known[term] = true
			}
		}
	}
	add(t.Name)
	symbol, _, _ := strings.Cut(string(t.Symbol), ".")
	add(symbol)
	add(t.Exchange)
	for _, n := range t.Names {
		if n.Kind == stockdigest.NameCompany {
			add(n.Text)
		}
	}
	return known
}

// dropCarriers finds texts that several publishers carry and keeps one of
// each, with the others as its carriers; these become duplicates.
func dropCarriers(all []source) (kept []source, verdicts []stockdigest.Verdict) {
	into := make([]int, len(all))
	for i := range into {
		into[i] = i
	}
	root := func(i int) int {
		for into[i] != i {
			i = into[i]
		}
		return i
	}
	for _, p := range sameTexts(all) {
		a, b := root(p.A), root(p.B)
		if a != b && !leansOf(all[p.A].doc.Title).against(leansOf(all[p.B].doc.Title)) {
			into[max(a, b)] = min(a, b)
		}
	}
	copies := map[int][]source{}
	for i, s := range all {
		copies[root(i)] = append(copies[root(i)], s)
	}
	for i := range all {
		group := copies[i]
		if len(group) == 0 {
			continue
		}
		best := slices.MinFunc(group, compareCopies)
		for _, s := range group {
			if s.id != best.id {
				best.carriers = append(best.carriers, s)
				verdicts = append(verdicts, carried(s, best))
			}
		}
		kept = append(kept, best)
	}
	return kept, verdicts
}

// compareCopies puts the copy to keep first: the whole text before a teaser,
// the direct role before others, the earliest, then the longest.
func compareCopies(a, b source) int {
	whole := func(s source) int {
		if s.full {
			return 0
		}
		return 1
	}
	return cmp.Or(whole(a)-whole(b), a.doc.At.Compare(b.doc.At), len(b.doc.Body)-len(a.doc.Body), cmp.Compare(a.id, b.id))
}

func carried(s, kept source) stockdigest.Verdict {
	v := s.verdict
	v.Decision, v.Gate, v.Of = stockdigest.Duplicate, "carrier", kept.article()
	v.Reason = fmt.Sprintf("carries the text of %s of %s", cmp.Or(kept.publisher, "another publisher"), day(kept.doc.At))
	return v
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// How alike two texts must be to count as one: short texts agree by template.
const (
	sameLong   = 0.6
	sameShort  = 0.8
	shortWords = 80
)

// sameTexts returns the pairs of articles with nearly the same body, or with
// the same headline when one of them has no whole text.
func sameTexts(all []source) []text.Pair {
	sigs := make([]text.Sig, len(all))
	words := make([]int, len(all))
	for i, s := range all {
		if s.filing == nil {
			sigs[i] = text.Signature(s.doc.Body)
			words[i] = strings.Count(s.doc.Body, " ") + 1
		}
	}
	pairs := slices.DeleteFunc(text.Near(sigs), func(p text.Pair) bool {
		need := sameLong
		if min(words[p.A], words[p.B]) < shortWords {
			need = sameShort
		}
		return sigs[p.A].Like(sigs[p.B]) < need
	})
	first := map[string]int{}
	for i, s := range all {
		title := text.Words(s.doc.Title)
		const telling = 5 // words; "Apple news" is no headline
		if s.filing != nil || len(title) < telling {
			continue
		}
		key := strings.Join(title, " ")
		j, seen := first[key]
		if !seen {
			first[key] = i
		} else if !s.full || !all[j].full {
			pairs = append(pairs, text.Pair{A: j, B: i})
		}
	}
	return pairs
}
