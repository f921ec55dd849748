package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
)

// slow is how long after it was published an article may first be listed and
// still be news: feeds are late, and some list old pages again.
const slow = 3 * time.Hour

// unsure is the gate of what only the text of a page could settle.
const unsure = "unsure"

// A source is an article or filing of the last day, as a look sees it.
type source struct {
	at    time.Time
	fresh bool   // nobody saw it before this look
	night bool   // the newest report looked at it
	why   string // it matters; empty when it does not
	alert stockdigest.Alert
}

// find returns the stories that cannot wait.
func (l *Lookout) find(ground stockdigest.AlertGround, listings []stockdigest.Listing) []tidings {
	sources := map[string]source{}
	m := stockdigest.Material{Ticker: ground.Ticker, Told: ground.Told}
	night := lookedAt(ground.Report)
	for _, f := range ground.Filings {
		sources[string(f.Accession)] = filingSource(ground, f, night)
		m.Filings = append(m.Filings, f.Filing)
	}
	for _, listing := range listings {
		for _, found := range listing.Found {
			if found.Verdict.Decision != stockdigest.Pending {
				continue
			}
			id := string(found.Article.ID)
			s := articleSource(ground, listing, found, night)
			if before, ok := sources[id]; ok { // another feed lists it, too
				before.fresh = before.fresh && s.fresh
				sources[id] = before
				continue
			}
			c := stockdigest.Candidate{Article: found.Article, Role: found.Role, Subject: found.Subject, Verdict: found.Verdict}
			if c.Verdict = l.deps.Judge(ground.Ticker, c); c.Verdict.Decision != stockdigest.Selected || c.Verdict.Gate == unsure {
				continue
			}
			sources[id] = s
			m.Candidates = append(m.Candidates, c)
		}
	}
	var all []tidings
	stories, _ := l.deps.Stories(m)
	for _, story := range stories {
		if t, ok := tell(story, sources); ok {
			all = append(all, t)
		}
	}
	return all
}

// lookedAt are the articles and filings that a report told or left out. What it
// only listed because of its date it did not look at.
func lookedAt(r *stockdigest.Report) map[string]bool {
	looked := map[string]bool{}
	if r == nil {
		return looked
	}
	for _, a := range r.Articles {
		if a.Gate != "window" {
			looked[string(stockdigest.NewArticleID(a.URL))] = true
		}
	}
	for _, f := range r.Filings {
		looked[string(f.Accession)] = true
	}
	return looked
}

func articleSource(ground stockdigest.AlertGround, l stockdigest.Listing, f stockdigest.Found, night map[string]bool) source {
	a := f.Article
	_, listed := l.Seen[a.ID]
	s := source{
		at:    a.PublishedAt,
		night: night[string(a.ID)],
		fresh: (!listed || a.FirstSeenAt.After(ground.Looked)) && a.PublishedAt.After(ground.Looked.Add(-slow)),
		alert: stockdigest.Alert{
			Ticker: ground.Ticker.Symbol, Company: ground.Ticker.Name, Headline: a.Title, URL: a.URL, Publisher: a.Publisher,
			PublishedAt: a.PublishedAt,
		},
	}
	if what := events.First(a.Title); what.Hard() {
		s.why = "the headline tells of " + event(what)
	}
	s.alert.Why = s.why
	return s
}

// event is a hard event for people.
func event(kind events.Kind) string {
	switch kind { //nolint:exhaustive // the others say it themselves
	case events.Deal:
		return "a deal"
	case events.Legal:
		return "a legal matter"
	case events.Management:
		return "a change of management"
	case events.Accident:
		return "an accident"
	}
	return string(kind)
}

func filingSource(ground stockdigest.AlertGround, f stockdigest.SeenFiling, night map[string]bool) source {
	s := source{
		at: f.FiledAt, night: night[string(f.Accession)], fresh: f.Fresh && f.SeenAt.After(ground.Looked), why: whyFiled(f.Filing),
		alert: stockdigest.Alert{
			Ticker: ground.Ticker.Symbol, Company: ground.Ticker.Name, URL: f.URL, Publisher: "SEC", PublishedAt: f.FiledAt,
			Form: f.Form, Items: f.Items,
		},
	}
	s.alert.Why = s.why
	s.alert.Headline = strings.TrimSpace(stockdigest.FormName(f.Form) + ": " + strings.TrimPrefix(s.why, "it reports "))
	return s
}

// items are the items of Form 8-K that move a company's worth by themselves.
func items() map[string]string {
	return map[string]string{
		"1.01": "a material agreement", "1.02": "the end of a material agreement", "1.03": "bankruptcy or receivership",
		"1.05": "a material cybersecurity incident", "2.01": "an acquisition or disposal of assets", "2.02": "results of operations",
		"2.04": "an event that makes debt due early", "2.05": "costs of an exit or disposal", "2.06": "a material impairment",
		"3.01": "a notice of delisting", "4.01": "a change of auditor", "4.02": "financial statements that can no longer be relied on",
		"5.01": "a change in control", "5.02": "a change of directors or officers",
	}
}

// whyFiled says why a filing matters, or nothing.
func whyFiled(f stockdigest.Filing) string {
	if strings.TrimSuffix(f.Form, "/A") != "8-K" {
		return ""
	}
	known := items()
	var reports []string
	for _, item := range f.Items {
		if what := known[item]; what != "" {
			reports = append(reports, what)
		}
	}
	if len(reports) == 0 {
		return ""
	}
	return "it reports " + strings.Join(reports, ", ")
}

// tell makes the alert of a story, unless it was told, or what matters in it was
// there before.
func tell(story stockdigest.Story, sources map[string]source) (tidings, bool) {
	if story.State == stockdigest.StoryRepeat {
		return tidings{}, false
	}
	type member struct {
		id string
		source
	}
	var fresh []member
	for _, id := range slices.Concat(plain(story.Filings), plain(story.Articles)) {
		s, ok := sources[id]
		switch {
		case !ok || s.why == "":
		case s.night && story.State == stockdigest.StoryUpdate: // it was told, and this is what changed
		case s.fresh && !s.night:
			fresh = append(fresh, member{id, s})
		default:
			return tidings{}, false
		}
	}
	if len(fresh) == 0 {
		return tidings{}, false
	}
	first := slices.MinFunc(fresh, func(a, b member) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	alert, period := first.alert, first.id
	alert.Story = stockdigest.NewStoryID(alert.Ticker, first.id)
	if alert.Form == "" {
		period = string(alert.Story)
	}
	if story.State == stockdigest.StoryUpdate && story.Change != "" {
		alert.Why += "; an update: " + story.Change
	}
	return tidings{period: period, alert: alert}, true
}

func plain[T ~string](named []T) []string {
	all := make([]string, len(named))
	for i, n := range named {
		all[i] = string(n)
	}
	return all
}
