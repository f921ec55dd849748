package compose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// previewBanner tells the operator what will become of a digest.
func previewBanner(d stockdigest.Digest, in locale) []string {
	line := "Preview. "
	switch d.State {
	case stockdigest.DigestHeld:
		line += sentence("Held: it goes to nobody until a person lets it go", d.Reason)
	case stockdigest.DigestDraft:
		line += "Draft: reports may still come in. Due " + in.fullMoment(d.Due) + "."
	case stockdigest.DigestReady:
		line += "Ready: it goes out " + in.fullMoment(d.Due) + " unless a person holds it."
		if d.Reason != "" && d.Approved == "" {
			line += " It is " + strings.TrimSuffix(d.Reason, ".") + "."
		}
	case stockdigest.DigestCancelled, stockdigest.DigestFailed:
		line += sentence(capital(string(d.State)), d.Reason)
	case stockdigest.DigestSending, stockdigest.DigestSent:
		line += capital(string(d.State)) + "."
	}
	line = oneLine(line, maxLine)
	if d.Reader == "" {
		return []string{line}
	}
	return []string{line, "For reader " + string(d.Reader) + about(d.Ticker) + fmt.Sprintf(", version %d.", d.Version)}
}

func about(s stockdigest.Symbol) string {
	if s == "" {
		return ""
	}
	return " about " + string(s)
}

// Selection writes mail #1: what runs selected and what they left out, each
// with gate and reason.
func (p *Press) Selection(m stockdigest.ReviewMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	v := reviewFrame("Selection", m, in)
	for _, run := range m.Runs {
		r := run.Report
		g := groupView{Name: r.Name, Ticker: string(r.Ticker), Status: statusWord(r), Lines: []string{coverageLine(r) + "."}}
		for _, failure := range r.Failures {
			g.Lines = append(g.Lines, "Not read: "+failure)
		}
		for _, part := range []struct {
			decision stockdigest.Decision
			name     string
		}{{stockdigest.Selected, "selected"}, {stockdigest.Duplicate, "duplicates"}, {stockdigest.Rejected, "rejected"}, {stockdigest.Pending, "not decided"}} {
			if l := decided(r, part.decision, part.name, in); len(l.Items) > 0 {
				g.Lists = append(g.Lists, l)
			}
		}
		v.Groups = append(v.Groups, g)
	}
	return p.write(v, toOperator)
}

// decided lists the articles with one decision.
func decided(r stockdigest.Report, d stockdigest.Decision, name string, in locale) listView {
	var l listView
	for _, a := range r.Articles {
		if a.Decision != d {
			continue
		}
		i := itemView{Text: shorten(a.Title, 140), URL: webURL(a.URL), Meta: articleMeta(a, in)}
		if why := strings.Trim(a.Gate+": "+a.Reason, ": "); why != "" {
			i.Notes = []string{capital(why)}
		}
		l.Items = append(l.Items, i)
	}
	l.Name = fmt.Sprintf("%s (%d)", name, len(l.Items))
	return l
}

func articleMeta(a stockdigest.ReportArticle, in locale) string {
	where := a.Publisher
	if where == "" {
		where = host(a.URL)
	}
	parts := []string{where + ", " + in.moment(a.PublishedAt), string(a.Role)}
	if a.Label != stockdigest.TextFull {
		parts = append(parts, string(a.Label))
	}
	return strings.Join(parts, " · ")
}

// Content writes mail #2: reports with all their evidence, what the gate
// refused, and the bill.
func (p *Press) Content(m stockdigest.ReviewMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	v := reviewFrame("Content", m, in)
	paint := painter{links: p.house.Links, in: in}
	for _, run := range m.Runs {
		r := run.Report
		g := groupView{
			Name: r.Name, Ticker: string(r.Ticker), Status: statusWord(r),
			Lines: []string{r.BottomLine, written(run)},
		}
		for _, s := range r.Sections {
			l := listView{Name: string(s.Name)}
			for _, b := range s.Bullets {
				l.Items = append(l.Items, paint.evidence(b))
			}
			g.Lists = append(g.Lists, l)
		}
		if l := refused(run.Drops); len(l.Items) > 0 {
			g.Lists = append(g.Lists, l)
		}
		v.Groups = append(v.Groups, g)
	}
	return p.write(v, toOperator)
}

// written says who wrote a report and what that cost.
func written(run stockdigest.Review) string {
	r := run.Report
	line := "Written by rules"
	if model := modelOf(r); model != "" {
		line = "Written by " + model
	}
	if r.Rung != "" {
		line += ", rung " + string(r.Rung)
	}
	return line + ". Paid calls: " + dollars(run.Cost) + ". " + capital(coverageLine(r)) + "."
}

// dollars is an amount without the zeros that say nothing.
func dollars(m stockdigest.Micros) string {
	s := m.String()
	if m%10_000 != 0 {
		s = strings.TrimRight(s, "0")
	}
	return s
}

// evidence shows a bullet with every quote it stands on.
func (p painter) evidence(b stockdigest.Bullet) itemView {
	i := itemView{Text: b.Text, Tags: tags(b)}
	facts := []string{"relevance " + said(string(b.Relevance))}
	if b.Channel != "" {
		facts[0] += " by " + string(b.Channel)
	}
	if b.Duplicate != "" {
		facts = append(facts, "told above")
	}
	if b.Impact != stockdigest.ImpactHigh { // the tags say that one
		facts = slices.Insert(facts, 0, "impact "+said(string(b.Impact)))
	}
	if b.Judged.Verdict != "" {
		facts = append(facts, strings.TrimSuffix("judged "+string(b.Judged.Verdict)+" by "+b.Judged.By, " by "))
	}
	if b.Duplicate != "" {
		facts = append(facts, "tells the same as a bullet above")
	}
	if b.Late {
		facts = append(facts, "added this morning")
	}
	i.Meta = strings.Join(facts, ", ")
	if b.Why != "" {
		i.Notes = append(i.Notes, "Why: "+b.Why)
	}
	if change := updateLine(b); change != "" {
		i.Notes = append(i.Notes, "Update: "+change)
	}
	for _, e := range b.Evidence {
		i.Quotes = append(i.Quotes, quoteView{e.Quote, p.source(e)})
	}
	if b.Context != nil {
		i.Notes = append(i.Notes, "From the filings: "+b.Context.Text)
		i.Quotes = append(i.Quotes, quoteView{b.Context.Evidence.Quote, p.filing(*b.Context)})
	}
	return i
}

func said(s string) string {
	if s == "" {
		return "not said"
	}
	return s
}

func refused(drops []stockdigest.Drop) listView {
	l := listView{Name: fmt.Sprintf("refused by the evidence check (%d)", len(drops))}
	for _, d := range drops {
		l.Items = append(l.Items, itemView{Text: d.Bullet.Text, Meta: string(d.Section), Notes: slices.Clone(d.Reasons)})
	}
	return l
}

// reviewFrame is the beginning of the reviews of a run, or of a batch.
func reviewFrame(what string, m stockdigest.ReviewMatter, in locale) letterView {
	v := letterView{frame: frame{Heading: what + " review"}}
	var names []stockdigest.Symbol
	states := map[stockdigest.ReportStatus]int{}
	var cost stockdigest.Micros
	for _, run := range m.Runs {
		names = append(names, run.Report.Ticker)
		states[run.Report.Status]++
		cost += run.Cost
	}
	v.Title = what + ": " + symbols(names)
	if len(m.Runs) > 0 {
		asOf := m.Runs[0].Report.AsOf
		v.Title = fmt.Sprintf("%s: %s, %s", what, listed(names), in.shortDay(asOf))
		v.Date = in.day(asOf) + ". Times in " + in.zone(asOf) + "."
	}
	v.Preheader = fmt.Sprintf("%s: %s. Paid calls: %s.", digits(len(m.Runs), "report"), statuses(states), dollars(cost))
	v.Lead = []string{v.Preheader}
	switch {
	case m.Batch != "":
		v.Foot.Notes = []string{"Batch " + string(m.Batch) + "."}
	case len(m.Runs) == 1:
		v.Foot.Notes = []string{"Run " + string(m.Runs[0].Run) + "."}
	}
	return v
}

// listed names companies in a subject.
func listed(all []stockdigest.Symbol) string {
	names := make([]string, 0, len(all))
	for _, s := range all {
		names = append(names, string(s))
	}
	return list(names, 5)
}

// statuses counts reports by status.
func statuses(n map[stockdigest.ReportStatus]int) string {
	var parts []string
	for _, s := range []stockdigest.ReportStatus{stockdigest.ReportReady, stockdigest.ReportQuiet, stockdigest.ReportPartial, stockdigest.ReportHeld} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Batch writes that a batch has ended.
func (p *Press) Batch(m stockdigest.BatchMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	title := fmt.Sprintf("Batch ready: %s of %s", digits(m.Counts.Done, "report"), digits(m.Counts.Total(), "run"))
	if n := len(m.Look); n > 0 {
		title += fmt.Sprintf(", %d to look at", n)
	}
	due := "Its digests go out when a person lets them."
	if !m.Due.IsZero() {
		due = "Its digests go out " + in.fullMoment(m.Due) + "."
	}
	v := letterView{
		frame: frame{Title: title, Preheader: statuses(m.Reports) + ". " + due, Date: in.day(m.Ended) + ". Times in " + in.zone(m.Ended) + ".", Heading: title},
		Lead: []string{
			fmt.Sprintf("Began %s, ended %s, took %s.", in.moment(m.Began), in.moment(m.Ended), m.Ended.Sub(m.Began).Round(time.Second)),
			"Runs: " + runCounts(m.Counts) + ". Reports: " + statuses(m.Reports) + ". Paid calls: " + dollars(m.Cost) + ".",
			due,
		},
	}
	if m.Note != "" {
		v.Lead = append(v.Lead, m.Note)
	}
	if len(m.Look) > 0 {
		l := listView{}
		for _, a := range m.Look {
			l.Items = append(l.Items, itemView{Text: sentence(string(a.Ticker)+" "+a.What, a.Why)})
		}
		v.Groups = []groupView{{Name: "To look at", Lists: []listView{l}}}
	}
	v.Foot.Notes = []string{"Batch " + string(m.Batch) + ", " + string(m.Kind) + "."}
	return p.write(v, toOperator)
}

func runCounts(c stockdigest.Counts) string {
	var parts []string
	for _, one := range []struct {
		n    int
		name string
	}{{c.Done, "done"}, {c.Quarantined, "failed"}, {c.Cancelled, "cancelled"}, {c.Running, "running"}, {c.Queued, "waiting"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.name))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Missing writes which digests were expected and not handed over.
func (p *Press) Missing(m stockdigest.MissingMatter, own Own) (Letter, error) {
	in, err := p.locale(own.Zone)
	if err != nil {
		return Letter{}, err
	}
	n := digits(len(m.Digests), "digest")
	l := listView{}
	for _, d := range m.Digests {
		i := itemView{Text: "Reader " + string(d.Reader) + about(d.Ticker), Meta: said(d.State)}
		if !d.Since.IsZero() {
			i.Meta += " since " + in.moment(d.Since)
		}
		if d.Digest != "" {
			i.Meta += ", digest " + string(d.Digest)
		}
		if d.Why != "" {
			i.Notes = []string{"Why: " + d.Why}
		}
		l.Items = append(l.Items, i)
	}
	v := letterView{
		frame: frame{
			Title:     "Not sent: " + n + " due " + in.shortDay(m.Due) + ", " + in.hour(m.Due),
			Preheader: n + " expected, and not handed over.",
			Date:      in.day(m.Due) + ". Times in " + in.zone(m.Due) + ".", Heading: "Expected, but not sent",
		},
		Lead: []string{
			n + " due " + in.fullMoment(m.Due) + plural(len(m.Digests), " was", " were") + " not handed over to the mail server. Each one that still goes out goes out once.",
			"To look closer: stockdigest prove " + string(stockdigest.DayOf(m.Due, in.loc)) + ".",
		},
	}
	if len(l.Items) > 0 {
		v.Groups = []groupView{{Lists: []listView{l}}}
	}
	return p.write(v, toOperator)
}
