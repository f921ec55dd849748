package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/text"
)

// heldAbove is the share of a draft's bullets that the gate may refuse before
// a person has to look at the report (spec 4.6).
const heldAbove = 0.30

// Build makes the report of a run from what was found and what passed the
// gate. It is a pure function: equal rows give an equal report.
func Build(run stockdigest.Run, m stockdigest.Material, d stockdigest.Draft) stockdigest.Report {
	r := stockdigest.Report{
		ID:       reportID(run, 1),
		Ticker:   run.Ticker,
		Name:     m.Ticker.Name,
		Kind:     run.Kind,
		AsOf:     run.AsOf,
		TimeZone: run.TimeZone,
		Version:  1,
		Writer:   d.Writer,
		Rung:     d.Rung,
		Written:  d.Written,
		Price:    m.Price,
		Sections: integrate(run.Kind, sections(run.Kind, m, d)),
		Stories:  stories(m),
		Articles: articles(m),
		Filings:  filings(m),
		Coverage: coverage(m, d),
		Failures: failures(m),
	}
	r.Status, r.Reason = status(r, m, cut(run))
	r.BottomLine = bottomLine(r, d.BottomLine)
	return r
}

func reportID(run stockdigest.Run, version int) stockdigest.ReportID {
	key := fmt.Sprintf("%s\n%s\n%s\n%d", run.Ticker, run.Kind, run.AsOf.UTC().Format("2006-01-02T15:04:05.000000Z"), version)
	return stockdigest.ReportID("r" + stockdigest.Hash(key)[:20])
}

func sections(kind stockdigest.ReportKind, m stockdigest.Material, d stockdigest.Draft) []stockdigest.Section {
	kept := []stockdigest.Section{}
	for _, s := range d.Sections {
		if len(s.Bullets) == 0 || s.Name.Hidden(kind) {
			continue
		}
		s.Bullets = slices.Clone(s.Bullets)
		for i := range s.Bullets {
			s.Bullets[i].Speaker = speaker(s.Bullets[i], m)
		}
		kept = append(kept, s)
	}
	return kept
}

// speaker is who speaks in a bullet that tells the very words of a call, or says we
// in those of a filing of the company.
func speaker(b stockdigest.Bullet, m stockdigest.Material) string {
	if len(b.Evidence) == 0 || b.Text != b.Evidence[0].Quote {
		return ""
	}
	e := b.Evidence[0]
	for _, f := range m.Filings {
		for _, d := range f.Documents {
			if who := f.Speaker(d, e.Start, e.End); who != "" && stockdigest.DocumentSource(f.Accession, d.Seq) == e.Source {
				return who
			}
		}
		if f.Own() && strings.HasPrefix(e.Source, string(f.Accession)+"/") && text.FirstPerson(b.Text) {
			return "the company"
		}
	}
	return ""
}

func stories(m stockdigest.Material) []stockdigest.ReportStory {
	all := make([]stockdigest.ReportStory, 0, len(m.Stories))
	for _, s := range m.Stories {
		all = append(all, stockdigest.ReportStory{
			ID: s.ID, Headline: s.Headline, State: s.State, Change: s.Change,
			LastTold: s.LastTold, Sources: len(s.Articles) + len(s.Filings),
		})
	}
	return all
}

// articles lists every candidate: the selected first, then what was left out,
// each newest first.
func articles(m stockdigest.Material) []stockdigest.ReportArticle {
	all := make([]stockdigest.ReportArticle, 0, len(m.Candidates))
	for _, c := range m.Candidates {
		a := stockdigest.ReportArticle{
			URL: c.Article.URL, Title: c.Article.Title, Publisher: c.Article.Publisher,
			PublishedAt: c.Article.PublishedAt, Role: c.Role,
			Decision: c.Verdict.Decision, Gate: c.Verdict.Gate, Reason: c.Verdict.Reason, Story: c.Story,
		}
		if c.Text != nil {
			a.Label = c.Text.Label
		}
		all = append(all, a)
	}
	inOrder(all)
	return all
}

// inOrder puts what was selected first, each newest first.
func inOrder(all []stockdigest.ReportArticle) {
	rank := map[stockdigest.Decision]int{stockdigest.Selected: 0, stockdigest.Duplicate: 1, stockdigest.Rejected: 2, stockdigest.Pending: 3}
	slices.SortStableFunc(all, func(a, b stockdigest.ReportArticle) int {
		return cmp.Or(cmp.Compare(rank[a.Decision], rank[b.Decision]), b.PublishedAt.Compare(a.PublishedAt), strings.Compare(a.URL, b.URL))
	})
}

func filings(m stockdigest.Material) []stockdigest.ReportFiling {
	story := map[stockdigest.Accession]stockdigest.StoryID{}
	for _, s := range m.Stories {
		for _, a := range s.Filings {
			story[a] = s.ID
		}
	}
	all := make([]stockdigest.ReportFiling, 0, len(m.Filings))
	for _, f := range m.Filings {
		all = append(all, stockdigest.ReportFiling{
			Accession: f.Accession, Form: f.Form, Items: append([]string{}, f.Items...),
			URL: f.URL, FiledAt: f.FiledAt, Story: story[f.Accession],
		})
	}
	return all
}

func coverage(m stockdigest.Material, d stockdigest.Draft) stockdigest.Coverage {
	c := stockdigest.Coverage{
		FeedsTotal: len(feedURLs(m)), FeedsOK: len(feedURLs(m)) - len(failedFeeds(m)),
		Articles: len(m.Candidates), Dropped: len(d.Dropped),
	}
	for _, f := range m.Filings {
		if f.Form != stockdigest.FormCall {
			c.Filings++
		}
	}
	for _, a := range m.Candidates {
		if a.Verdict.Decision == stockdigest.Selected {
			c.Selected++
		}
	}
	return c
}

// feedURLs returns the distinct feeds of the ticker: one feed may serve it in
// several roles.
func feedURLs(m stockdigest.Material) map[string]bool {
	urls := map[string]bool{}
	for _, f := range m.Feeds {
		urls[f.Feed.URL] = true
	}
	return urls
}

// failedFeeds returns the feeds that this run did not read, with the cause.
func failedFeeds(m stockdigest.Material) map[string]string {
	failed := map[string]string{}
	for url := range feedURLs(m) {
		failed[url] = "not read"
	}
	for _, p := range m.Polls {
		if _, ours := failed[p.FeedURL]; !ours {
			continue
		}
		if p.Error == "" {
			delete(failed, p.FeedURL)
		} else {
			failed[p.FeedURL] = p.Error
		}
	}
	return failed
}

// otherFailures are polls outside the ticker's feeds that failed: EDGAR.
func otherFailures(m stockdigest.Material) []string {
	ours := feedURLs(m)
	var failed []string
	for _, p := range m.Polls {
		if p.Error != "" && !ours[p.FeedURL] {
			failed = append(failed, p.Error)
		}
	}
	return failed
}

// failures lists what could not be read, in the order of the polls.
func failures(m stockdigest.Material) []string {
	var lines []string
	for _, p := range m.Polls {
		if p.Error != "" {
			lines = append(lines, p.Error)
		}
	}
	return lines
}

// cut tells in people's words what the run's deadline cut short; empty when
// nothing was.
func cut(run stockdigest.Run) string {
	missing := ""
	for _, s := range run.Steps {
		if !strings.HasPrefix(s.Note, stockdigest.CutNote) {
			continue
		}
		switch s.Step {
		case stockdigest.StepIngest:
			missing = "every source was read"
		case stockdigest.StepExtract:
			missing = cmp.Or(missing, "every article was read")
		default:
			missing = cmp.Or(missing, "the work was done")
		}
	}
	if missing == "" {
		return ""
	}
	return "the deadline" + clock(run) + " came before " + missing
}

// clock is the run's deadline on the clock of its readers.
func clock(run stockdigest.Run) string {
	loc, err := time.LoadLocation(run.TimeZone)
	if err != nil || run.Deadline.IsZero() {
		return ""
	}
	return " at " + run.Deadline.In(loc).Format("15:04")
}

// status decides whether the report may be sent. A failure is never dressed as
// a quiet day: quiet needs every source read without error. A run that was cut
// publishes what it has, be it headlines; with nothing at all a person must look.
func status(r stockdigest.Report, m stockdigest.Material, cut string) (stockdigest.ReportStatus, string) {
	bullets := r.Told()
	dropped := r.Coverage.Dropped
	failure := failureOf(m)
	if cut != "" {
		failure = strings.TrimSuffix(cut+"; "+failure, "; ")
	}
	switch {
	case dropped > 0 && float64(dropped) > heldAbove*float64(dropped+len(bullets)):
		return stockdigest.ReportHeld, fmt.Sprintf("%d of %d bullets failed the evidence check", dropped, dropped+len(bullets))
	case len(bullets) == 0 && cut != "" && r.Coverage.Selected+r.Coverage.Filings > 0:
		return stockdigest.ReportPartial, failure
	case len(bullets) == 0 && failure != "":
		return stockdigest.ReportHeld, failure + ", and nothing new was found elsewhere"
	case len(bullets) == 0:
		return stockdigest.ReportQuiet, ""
	case failure != "":
		return stockdigest.ReportPartial, failure
	}
	return stockdigest.ReportReady, ""
}

// failureOf tells which sources could not be read; empty when all could.
func failureOf(m stockdigest.Material) string {
	switch feeds := len(failedFeeds(m)); {
	case feeds > 0:
		return count(feeds, "feed") + " could not be read"
	case len(otherFailures(m)) > 0:
		return "SEC filings could not be read"
	case len(m.Feeds) == 0:
		return "no feed is set up"
	}
	return ""
}

// bottomLine says in a line what the bullets add up to: in words that passed the
// gate when there are any, else by the headline of what leads. Every count in it
// is computed here, from the bullets that passed the gate.
func bottomLine(r stockdigest.Report, worded string) string {
	bullets, told := r.Told(), repeats(r)
	if len(bullets) == 0 {
		return quietLine(r, told)
	}
	opening := leadIn(r, bullets)
	if worded != "" {
		opening = worded + " " + developments(bullets)
	}
	line := fmt.Sprintf("%s. %s.", opening, capital(tone(bullets)))
	if told > 0 {
		line += fmt.Sprintf(" %s told before %s without news.", capital(count(told, "story")), plural(told, "continues", "continue"))
	}
	return line
}

func quietLine(r stockdigest.Report, told int) string {
	switch {
	case r.Status == stockdigest.ReportHeld:
		return "Not checked to the end: " + r.Reason + "."
	case r.Status == stockdigest.ReportPartial:
		var found []string
		if n := r.Coverage.Selected; n > 0 {
			found = append(found, count(n, "article"))
		}
		if n := r.Coverage.Filings; n > 0 {
			found = append(found, count(n, "filing"))
		}
		return "Cut off by the deadline. Found until then: " + list(found, len(found)) + ", listed below."
	case len(r.Stories) > told:
		untold := len(r.Stories) - told
		return fmt.Sprintf("No new fact to quote. %s in the news %s listed under the sources.", capital(count(untold, "story")), plural(untold, "is", "are"))
	case told > 0:
		return fmt.Sprintf("Nothing new. %s told before %s in the news without a new fact.", capital(count(told, "story")), plural(told, "is still", "are still"))
	}
	return fmt.Sprintf("A quiet %s: every source was read and nothing material was found.", span(r.Kind))
}

// leadIn counts the developments and names the first.
func leadIn(r stockdigest.Report, bullets []stockdigest.Bullet) string {
	line, headline := developments(bullets), lead(r, bullets)
	switch {
	case headline == "":
		return line
	case storiesOf(bullets) == 1:
		return line + ": “" + headline + "”"
	}
	return line + ", led by “" + headline + "”"
}

func developments(bullets []stockdigest.Bullet) string {
	updates := storiesOf(slices.DeleteFunc(slices.Clone(bullets), func(b stockdigest.Bullet) bool { return b.Update == "" }))
	all := storiesOf(bullets)
	switch updates {
	case 0:
		return capital(count(all, "development"))
	case all:
		return capital(count(updates, "update")) + plural(updates, " of a story told before", " of stories told before")
	}
	return capital(count(all, "development")) + ", " + count(updates, "update") + plural(updates, " of a story told before", " of stories told before")
}

// storiesOf counts the stories of bullets.
func storiesOf(bullets []stockdigest.Bullet) int {
	ids := map[stockdigest.StoryID]bool{}
	for _, b := range bullets {
		ids[b.Story] = true
	}
	return len(ids)
}

// lead is the story that comes first of those with a bullet of the highest
// impact; stories stand most important first.
func lead(r stockdigest.Report, bullets []stockdigest.Bullet) string {
	var order []stockdigest.StoryID
	headlines := map[stockdigest.StoryID]string{}
	for _, s := range r.Stories {
		order = append(order, s.ID)
		headlines[s.ID] = s.Headline
	}
	leads := stockdigest.Leads(bullets, order)
	if len(leads) == 0 {
		return ""
	}
	return shorten(headlines[leads[0].Story], 120)
}

func tone(bullets []stockdigest.Bullet) string {
	high := 0
	by := map[stockdigest.Sentiment]int{}
	for _, b := range bullets {
		if b.Impact == stockdigest.ImpactHigh {
			high++
		}
		by[b.Sentiment]++
	}
	var parts []string
	for _, s := range []stockdigest.Sentiment{stockdigest.Positive, stockdigest.Negative, stockdigest.Mixed, stockdigest.Neutral} {
		if by[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", by[s], s))
		}
	}
	line := strings.Join(parts, ", ")
	if high > 0 {
		line += fmt.Sprintf("; %d of high impact", high)
	}
	return line
}

func repeats(r stockdigest.Report) int {
	n := 0
	for _, s := range r.Stories {
		if s.State == stockdigest.StoryRepeat {
			n++
		}
	}
	return n
}

func span(kind stockdigest.ReportKind) string {
	if kind == stockdigest.Daily {
		return "day"
	}
	return "week"
}

func count(n int, noun string) string {
	switch {
	case n == 1:
		return "one " + noun
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	if n < len(words) {
		return words[n] + " " + noun
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
