package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"stockdigest.app/stockdigest"
)

// A Change is what became of a claim.
type Change string

// The changes.
const (
	ClaimKept     Change = "kept"
	ClaimReworded Change = "reworded" // rests on some of the same quotes
	ClaimDropped  Change = "dropped"
	ClaimNew      Change = "new"
)

// A Claim is a bullet in one of two reports.
type Claim struct {
	Section   stockdigest.SectionName `json:"section"`
	Text      string                  `json:"text"`
	Impact    stockdigest.Impact      `json:"impact"`
	Sentiment stockdigest.Sentiment   `json:"sentiment"`
	Relevance stockdigest.Relevance   `json:"relevance"`
	Evidence  []Quote                 `json:"evidence"`
}

// A Quote is what a claim rests on.
type Quote struct {
	URL   string `json:"url"`
	Quote string `json:"quote"`
}

// A ClaimDiff is what became of one claim. A kept one may stand elsewhere, be
// judged otherwise, or rest on other quotes.
type ClaimDiff struct {
	Change Change   `json:"change"`
	Before *Claim   `json:"before,omitempty"`
	After  *Claim   `json:"after,omitempty"`
	Moved  []string `json:"moved,omitempty"` // what else is another, such as "impact high, was low"
}

// A ReportDiff compares two reports on one company. One that is missing on a
// side has no claims there.
type ReportDiff struct {
	Ticker   stockdigest.Symbol     `json:"ticker"`
	Kind     stockdigest.ReportKind `json:"kind"`
	Before   string                 `json:"before"` // who wrote it, and its status
	After    string                 `json:"after"`
	Kept     int                    `json:"kept"`
	Reworded int                    `json:"reworded"`
	Dropped  int                    `json:"dropped"`
	New      int                    `json:"new"`
	Claims   []ClaimDiff            `json:"claims"` // in the order of the mail, new ones last
}

// Diff compares the reports of two sides claim by claim. A side is the folder of
// a recorded night or a replay, a file that report or replay printed with
// --json, or the ID of a run.
func Diff(ctx context.Context, opts Options, before, after string, console *Console) ([]ReportDiff, error) {
	a, err := sideOf(ctx, opts, before, console)
	if err != nil {
		return nil, err
	}
	b, err := sideOf(ctx, opts, after, console)
	if err != nil {
		return nil, err
	}
	return diffReports(a, b), nil
}

// sideOf reads the reports that a name stands for.
func sideOf(ctx context.Context, opts Options, name string, console *Console) ([]stockdigest.Report, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return reportOfRun(ctx, opts, name, console)
	case err != nil:
		return nil, fmt.Errorf("look at %s: %w", name, err)
	case info.IsDir():
		name = filepath.Join(name, ReportsFile)
	}
	raw, err := os.ReadFile(name) //nolint:gosec // the operator names it
	if err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Err: err, Message: "cannot read " + name + ": give a folder that record or replay wrote, or what report printed with --json"}
	}
	reports, err := readReports(raw)
	if err != nil {
		return nil, stockdigest.Invalid(name + " holds no reports: " + err.Error())
	}
	return reports, nil
}

// readReports reads an answer, or the mornings of a night.
func readReports(raw []byte) ([]stockdigest.Report, error) {
	var mornings []Answer
	if err := json.Unmarshal(raw, &mornings); err != nil {
		var one Answer
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, err
		}
		mornings = []Answer{one}
	}
	var all []stockdigest.Report
	for _, m := range mornings {
		all = append(all, m.Digest("").Reports...)
	}
	if len(all) == 0 {
		return nil, errors.New("the list is empty")
	}
	return all, nil
}

func reportOfRun(ctx context.Context, opts Options, id string, console *Console) (all []stockdigest.Report, err error) {
	world, err := Here(ctx, opts)
	if err != nil {
		return nil, err
	}
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := a.store.Report(ctx, stockdigest.RunID(id))
	if errors.Is(err, stockdigest.ErrNotFound) {
		return nil, stockdigest.NotFound(id + " is no file, no folder and no run that has a report")
	}
	return []stockdigest.Report{r}, err
}

// subject is what two reports must share to be compared.
type subject struct {
	ticker stockdigest.Symbol
	kind   stockdigest.ReportKind
	nth    int // of its side, in the order of time
}

// diffReports pairs the reports of two sides: the first on a company with the
// first, and so on.
func diffReports(before, after []stockdigest.Report) []ReportDiff {
	a, b := bySubject(before), bySubject(after)
	var subjects []subject
	for s := range a {
		subjects = append(subjects, s)
	}
	for s := range b {
		if _, both := a[s]; !both {
			subjects = append(subjects, s)
		}
	}
	slices.SortFunc(subjects, func(x, y subject) int {
		return cmp.Or(cmp.Compare(x.nth, y.nth), cmp.Compare(x.ticker, y.ticker), cmp.Compare(x.kind, y.kind))
	})
	all := []ReportDiff{}
	for _, s := range subjects {
		d := diffClaims(claimsOf(a[s]), claimsOf(b[s]))
		d.Ticker, d.Kind, d.Before, d.After = s.ticker, s.kind, written(a, s), written(b, s)
		all = append(all, d)
	}
	return all
}

func bySubject(reports []stockdigest.Report) map[subject]stockdigest.Report {
	reports = slices.Clone(reports)
	slices.SortStableFunc(reports, func(a, b stockdigest.Report) int { return a.AsOf.Compare(b.AsOf) })
	all := map[subject]stockdigest.Report{}
	for _, r := range reports {
		s := subject{ticker: r.Ticker, kind: r.Kind}
		for _, taken := all[s]; taken; _, taken = all[s] {
			s.nth++
		}
		all[s] = r
	}
	return all
}

func written(all map[subject]stockdigest.Report, s subject) string {
	r, ok := all[s]
	if !ok {
		return "no report"
	}
	return r.Writer + ", " + string(r.Status)
}

// A claim is a bullet with the places that it quotes.
type claim struct {
	Claim

	places map[stockdigest.Evidence]bool
}

func claimsOf(r stockdigest.Report) []claim {
	var all []claim
	for _, s := range r.Sections {
		for _, b := range s.Bullets {
			if b.Duplicate != "" {
				continue
			}
			c := claim{places: map[stockdigest.Evidence]bool{}, Claim: Claim{
				Section: s.Name, Text: b.Text, Impact: b.Impact, Sentiment: b.Sentiment, Relevance: b.Relevance,
			}}
			for _, e := range b.Evidence {
				c.Evidence = append(c.Evidence, Quote{e.URL, e.Quote})
				c.places[stockdigest.Evidence{Source: e.Source, Start: e.Start, End: e.End}] = true
			}
			all = append(all, c)
		}
	}
	return all
}

// shared is how many places both quote.
func (c claim) shared(other claim) int {
	n := 0
	for place := range c.places {
		if other.places[place] {
			n++
		}
	}
	return n
}

// diffClaims pairs claims: those of the same words first, then those that share
// the most quotes, each with one at most.
func diffClaims(before, after []claim) ReportDiff {
	pairOf, taken := make([]int, len(before)), make([]bool, len(after))
	for i := range pairOf {
		pairOf[i] = -1
	}
	pair := func(like func(a, b claim) int) {
		for i, a := range before {
			best := -1
			for j, b := range after {
				if pairOf[i] < 0 && !taken[j] && like(a, b) > 0 && (best < 0 || like(a, b) > like(a, after[best])) {
					best = j
				}
			}
			if best >= 0 {
				pairOf[i], taken[best] = best, true
			}
		}
	}
	pair(func(a, b claim) int {
		if a.Text != b.Text {
			return 0
		}
		return 1 + a.shared(b)
	})
	pair(claim.shared)
	var d ReportDiff
	for i, a := range before {
		d.add(&a, at(after, pairOf[i]))
	}
	for j, b := range after {
		if !taken[j] {
			d.add(nil, &b)
		}
	}
	return d
}

func at(all []claim, i int) *claim {
	if i < 0 {
		return nil
	}
	return &all[i]
}

func (d *ReportDiff) add(before, after *claim) {
	c := ClaimDiff{}
	switch {
	case before == nil:
		c.Change, c.After = ClaimNew, &after.Claim
		d.New++
	case after == nil:
		c.Change, c.Before = ClaimDropped, &before.Claim
		d.Dropped++
	case before.Text == after.Text:
		c.Change = ClaimKept
		d.Kept++
	default:
		c.Change = ClaimReworded
		d.Reworded++
	}
	if before != nil && after != nil {
		c.Before, c.After, c.Moved = &before.Claim, &after.Claim, moved(*before, *after)
	}
	d.Claims = append(d.Claims, c)
}

// moved tells what is another about a claim besides its words.
func moved(before, after claim) []string {
	var all []string
	for _, v := range []struct{ what, was, is string }{
		{"section", string(before.Section), string(after.Section)},
		{"impact", string(before.Impact), string(after.Impact)},
		{"sentiment", string(before.Sentiment), string(after.Sentiment)},
		{"relevance", string(before.Relevance), string(after.Relevance)},
	} {
		if v.was != v.is {
			all = append(all, fmt.Sprintf("%s %s, was %s", v.what, v.is, v.was))
		}
	}
	if n := before.shared(after); n != len(before.places) || n != len(after.places) {
		all = append(all, fmt.Sprintf("rests on %d quotes, %d of them as before", len(after.places), n))
	}
	return all
}

// ShowDiff prints what changed, claim by claim; kept claims that stand as they
// did are only counted.
func ShowDiff(c *Console, all []ReportDiff) error {
	if c.JSON {
		return c.Data(all)
	}
	marks := map[Change]string{ClaimKept: "=", ClaimReworded: "~", ClaimDropped: "-", ClaimNew: "+"}
	for _, d := range all {
		c.Print("%s %s (%s; before: %s): %d kept, %d reworded, %d dropped, %d new", d.Ticker, d.Kind, d.After, d.Before, d.Kept, d.Reworded, d.Dropped, d.New)
		for _, claim := range d.Claims {
			if claim.Change == ClaimKept && len(claim.Moved) == 0 {
				continue
			}
			showClaim(c, marks[claim.Change], claim)
		}
	}
	return nil
}

func showClaim(c *Console, mark string, d ClaimDiff) {
	of := d.After
	if of == nil {
		of = d.Before
	}
	c.Print("  %s %s", mark, of.Text)
	if d.Change == ClaimReworded {
		c.Print("    was: %s", d.Before.Text)
	}
	for _, m := range d.Moved {
		c.Print("    %s", m)
	}
	for _, e := range of.Evidence {
		c.Print("    \u201c%s\u201d %s", e.Quote, e.URL)
	}
}
