package compose_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// cutRun is a run that its deadline cut in the given steps.
func cutRun(steps ...stockdigest.StepName) stockdigest.Run {
	r := run(stockdigest.Daily)
	r.TimeZone = "America/New_York"
	r.Deadline = time.Date(2026, 3, 3, 13, 0, 0, 0, time.UTC)
	for _, s := range stockdigest.StepNames() {
		r.Steps = append(r.Steps, stockdigest.StepDone{Step: s, Note: "18 items"})
	}
	for i, s := range r.Steps {
		for _, name := range steps {
			if s.Step == name {
				r.Steps[i].Note = stockdigest.CutNote + " 13:00 UTC"
			}
		}
	}
	return r
}

// found is material of n articles that were selected and never read.
func found(n int, feedErrors ...string) stockdigest.Material {
	m := material(feedErrors...)
	for range n {
		m.Candidates = append(m.Candidates, stockdigest.Candidate{
			Article: stockdigest.Article{URL: "https://news.example/a", Title: "Brightwell cuts its forecast"}, Role: stockdigest.RoleCompany,
			Verdict: stockdigest.Verdict{Decision: stockdigest.Selected},
		})
	}
	return m
}

func TestACutRunPublishesWhatItHas(t *testing.T) {
	t.Parallel()
	notRead := found(2, "", "")
	notRead.Polls = notRead.Polls[:1]
	filed := material("")
	filed.Filings = []stockdigest.Filing{{Form: "8-K"}}
	for name, c := range map[string]struct {
		run                   stockdigest.Run
		m                     stockdigest.Material
		d                     stockdigest.Draft
		status                stockdigest.ReportStatus
		reason, bottom, begin string
	}{
		"not cut":                 {run: cutRun(), m: material(""), d: draft(2, 0), status: stockdigest.ReportReady},
		"bullets":                 {cutRun(stockdigest.StepExtract), material(""), draft(2, 0), stockdigest.ReportPartial, "the deadline at 08:00 came before every article was read", "", "One development."},
		"bullets and lost feeds":  {cutRun(stockdigest.StepIngest), notRead, draft(1, 0), stockdigest.ReportPartial, "the deadline at 08:00 came before every source was read; one feed could not be read", "", "One development."},
		"cut twice":               {cutRun(stockdigest.StepIngest, stockdigest.StepExtract), material(""), draft(1, 0), stockdigest.ReportPartial, "the deadline at 08:00 came before every source was read", "", ""},
		"headlines only":          {cutRun(stockdigest.StepExtract), found(3, ""), draft(0, 0), stockdigest.ReportPartial, "the deadline at 08:00 came before every article was read", "Cut off by the deadline. Found until then: three articles, listed below.", ""},
		"a filing only":           {cutRun(stockdigest.StepExtract), filed, draft(0, 0), stockdigest.ReportPartial, "the deadline at 08:00 came before every article was read", "Cut off by the deadline. Found until then: one filing, listed below.", ""},
		"nothing at all":          {cutRun(stockdigest.StepIngest), material(""), draft(0, 0), stockdigest.ReportHeld, "the deadline at 08:00 came before every source was read, and nothing new was found elsewhere", "", "Not checked to the end"},
		"a gate that refused all": {cutRun(stockdigest.StepExtract), found(3, ""), draft(0, 2), stockdigest.ReportHeld, "2 of 2 bullets failed the evidence check", "", "Not checked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := compose.Build(c.run, c.m, c.d)
			if r.Status != c.status || r.Reason != c.reason {
				t.Errorf("got %s (%s), want %s (%s)", r.Status, r.Reason, c.status, c.reason)
			}
			if c.bottom != "" && r.BottomLine != c.bottom || !strings.HasPrefix(r.BottomLine, c.begin) {
				t.Errorf("got the bottom line %q, want %q", r.BottomLine, c.bottom+c.begin)
			}
		})
	}
}

func TestTheMailSaysHowItWasWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rung    stockdigest.Rung
		writer  string
		written stockdigest.Written
		line    string
	}{
		"by rules":   {stockdigest.RungExtractive, "extractive", stockdigest.Written{}, "1 filing. 33 articles left out"},
		"in full":    {stockdigest.RungFull, "m-1", stockdigest.Written{Read: 12, Of: 12}, "1 filing; 12 articles read by m-1."},
		"in part":    {stockdigest.RungFewer, "m-1", stockdigest.Written{Read: 1, Of: 12, Why: "the budget of the run is spent"}, "; 1 of 12 articles read by m-1: the budget of the run is spent."},
		"not at all": {stockdigest.RungExtractive, "extractive", stockdigest.Written{Of: 1, Why: "the budget of the day is spent"}, "; no article read by a model: the budget of the day is spent."},
		"headlines":  {stockdigest.RungHeadlines, "extractive", stockdigest.Written{Why: "the deadline came before the articles were read"}, "; the deadline came before the articles were read."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := sample()
			d.Reports = d.Reports[:1]
			d.Reports[0].Rung, d.Reports[0].Writer, d.Reports[0].Written = c.rung, c.writer, c.written
			letter, err := compose.Digest(d, compose.House{}, compose.Own{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(letter.HTML), c.line) || !strings.Contains(strings.Join(strings.Fields(string(letter.Text)), " "), c.line) {
				t.Errorf("%q is not in the mail and its text:\n%s", c.line, letter.Text)
			}
		})
	}
}

func TestTheReportSaysHowItWasWritten(t *testing.T) {
	t.Parallel()
	d := draft(1, 0)
	d.Writer, d.Rung, d.Written = "m-1", stockdigest.RungCheaper, stockdigest.Written{Read: 3, Of: 9, Why: "the budget of the day is spent"}
	raw, err := json.Marshal(compose.Build(run(stockdigest.Daily), material(""), d))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"writer":"m-1","rung":"cheaper model","written":{"read":3,"of":9,"why":"the budget of the day is spent"}`; !strings.Contains(string(raw), want) {
		t.Errorf("%s holds no %s", raw, want)
	}
}
