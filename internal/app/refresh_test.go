package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

const (
	lateURL   = "https://news0.example/zqla/late.html"
	lateTitle = "Zanderquill Optics recalls 12,000 riflescopes after eye injuries"
	dullTitle = "Zanderquill Optics staff run a charity marathon in Dunmere"
	refreshAt = "2026-03-03T12:00:00Z" // 07:00 in New York
)

// withLateNews is withNews of the time between the night and the refresh.
func withLateNews(t *testing.T, listed string) *fixture {
	t.Helper()
	return withNews(t, "2026-03-03T09:10:00Z", listed)
}

// withNews is the fixture whose first company makes news once more after the
// night: one page that matters and one that does not. The feed lists them from a
// moment on.
func withNews(t *testing.T, published, listed string) *fixture {
	t.Helper()
	f := newFixture(t)
	when, err := time.Parse(time.RFC3339, published)
	if err != nil {
		t.Fatal(err)
	}
	var items strings.Builder
	for _, p := range []struct{ url, title, text string }{
		{lateURL, lateTitle, "Zanderquill Optics is recalling 12,000 riflescopes after eleven hunters reported eye injuries, the consumer safety agency said on Tuesday. " +
			"The recall of the Falcon series will cost Zanderquill $38 million, the company told dealers in a letter."},
		{"https://news1.example/zqla/dull.html", dullTitle, "Forty people from the Zanderquill Optics office in Dunmere ran through the old town on Sunday in yellow shirts. " +
			"The mayor handed out flowers and a brass band played at the finish, which was moved to the river because of the market."},
	} {
		fmt.Fprintf(&items, "<item><title>%s</title><link>%s</link><pubDate>%s</pubDate><description>%s.</description></item>", p.title, p.url, when.Format(time.RFC1123), p.title)
		body := "<!DOCTYPE html><html lang=\"en\"><head><title>" + p.title + "</title></head><body><article><h1>" + p.title + "</h1>" +
			"<p>" + p.text + "</p><p>More than that was not known on Tuesday morning, and nobody at the head office in Harrow Bay could be reached by telephone before the markets opened.</p>" +
			"</article></body></html>"
		f.addFrom(t, published, p.url, "text/html; charset=utf-8", "late-"+stockdigest.Hash(p.url)[:8]+".html", body)
	}
	old, err := os.ReadFile(f.dir + "/bodies/ZQLA.xml")
	if err != nil {
		t.Fatal(err)
	}
	feed := strings.Replace(string(old), "<item>", items.String()+"<item>", 1)
	f.addFrom(t, listed, "https://feeds.example/ZQLA.xml", "application/rss+xml", "ZQLA-late.xml", feed)
	return f
}

// A wrapping goes around the answers of a night; nil is none.
type wrapping func(http.RoundTripper) http.RoundTripper

// lateReports makes the night and its refresh, and returns every report.
func lateReports(ctx context.Context, opts app.Options, dir string, wrap wrapping, console *app.Console) ([]stockdigest.Report, error) {
	if _, err := makeNight(ctx, opts, dir, wrap, console); err != nil {
		return nil, err
	}
	return refresh(ctx, opts, dir, refreshAt, wrap, console)
}

// nightAt opens the program in a night with its clock at a moment.
func nightAt(ctx context.Context, opts app.Options, dir, at string, wrap wrapping, console *app.Console) (*app.App, error) {
	moment, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, err
	}
	world, err := app.OpenWorld(ctx, opts, dir, moment)
	if err != nil {
		return nil, err
	}
	world.Wrap = wrap
	return app.New(ctx, opts, world, console)
}

// makeNight makes the reports of the night for a reader who follows both
// companies.
func makeNight(ctx context.Context, opts app.Options, dir string, wrap wrapping, console *app.Console) (answer app.Answer, err error) {
	a, err := nightAt(ctx, opts, dir, fixtureAsOf, wrap, console)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	_, err = a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com", Follow: []string{"ZQLA", "MRRW"}})
	if err != nil && !errors.Is(err, stockdigest.ErrConflict) {
		return answer, err
	}
	list, err := a.Tickers([]string{"ZQLA", "MRRW"})
	if err != nil {
		return answer, err
	}
	return a.Report(ctx, list, stockdigest.Daily)
}

// refresh runs the refresh by hand at a moment and returns every report of the
// day, by company and version.
func refresh(ctx context.Context, opts app.Options, dir, at string, wrap wrapping, console *app.Console) (reports []stockdigest.Report, err error) {
	a, err := nightAt(ctx, opts, dir, at, wrap, console)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if _, err := a.ScheduleRun(ctx, stockdigest.SlotRefresh, "terminal"); err != nil {
		return nil, err
	}
	if err := app.WorkAll(ctx, a); err != nil {
		return nil, err
	}
	from := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	return app.StoreOf(a).ReportsBetween(ctx, from, from.Add(24*time.Hour))
}

// lateFaults says what is wrong with a refreshed report beside the night's: a
// bullet of the night that is not there byte for byte and in its order, one that
// is new and not marked, and any number of late ones but one.
func lateFaults(night, later stockdigest.Report) []string {
	var faults, kept []string
	late := 0
	for _, s := range later.Sections {
		for _, b := range s.Bullets {
			if b.Late {
				late++
				continue
			}
			kept = append(kept, string(s.Name)+inJSON(b))
		}
	}
	var had []string
	for _, s := range night.Sections {
		for _, b := range s.Bullets {
			had = append(had, string(s.Name)+inJSON(b))
		}
	}
	if !slices.Equal(had, kept) {
		faults = append(faults, "the night's bullets are not what they were")
	}
	if late != 1 {
		faults = append(faults, fmt.Sprintf("%d late bullets", late))
	}
	if later.Version != night.Version+1 || later.ID == night.ID || !later.AsOf.After(night.AsOf) {
		faults = append(faults, fmt.Sprintf("version %d as of %s after version %d as of %s", later.Version, later.AsOf, night.Version, night.AsOf))
	}
	return faults
}

func inJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func TestLateFaultsSeesABrokenRefresh(t *testing.T) {
	t.Parallel()
	night := stockdigest.Report{ID: "a", Version: 1, Sections: []stockdigest.Section{
		{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{{ID: "1", Text: "told"}}},
	}}
	refreshed := func(bullets ...stockdigest.Bullet) stockdigest.Report {
		return stockdigest.Report{ID: "b", Version: 2, AsOf: time.Unix(1, 0), Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}}}
	}
	told, late := night.Sections[0].Bullets[0], stockdigest.Bullet{ID: "2", Text: "new", Late: true}
	if faults := lateFaults(night, refreshed(told, late)); len(faults) > 0 {
		t.Errorf("a good refresh: %v", faults)
	}
	for name, broken := range map[string]stockdigest.Report{
		"rewrites the night":   refreshed(stockdigest.Bullet{ID: "1", Text: "told anew"}, late),
		"loses the night":      refreshed(late),
		"marks nothing":        refreshed(told, stockdigest.Bullet{ID: "2", Text: "new"}),
		"tells the same twice": refreshed(told, late, late),
		"changes the report":   night,
	} {
		if len(lateFaults(night, broken)) == 0 {
			t.Errorf("a refresh that %s passes", name)
		}
	}
}

func TestRefreshAddsOneLateBulletAndPaysNothing(t *testing.T) {
	t.Parallel()
	ctx, dir, opts := t.Context(), withLateNews(t, "2026-03-03T09:30:00Z").save(t), options(t)
	answer, err := makeNight(ctx, opts, dir, nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	nights := answer.Digest("").Reports
	reports, err := refresh(ctx, opts, dir, refreshAt, nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 3 {
		t.Fatalf("got %d reports, want those of the night and one more", len(reports))
	}
	if diff := cmp.Diff(nights[1], reports[0]); diff != "" {
		t.Errorf("the report without news changed:\n%s", diff)
	}
	if diff := cmp.Diff(nights[0], reports[1]); diff != "" {
		t.Errorf("the night's own version changed:\n%s", diff)
	}
	later := reports[2]
	if faults := lateFaults(nights[0], later); len(faults) > 0 {
		t.Errorf("%v in\n%s", faults, inJSON(later.Sections))
	}
	for _, b := range bullets(later) {
		if b.Late && (!strings.Contains(b.Text, "riflescopes") || b.Evidence[0].URL != lateURL) {
			t.Errorf("the late bullet says %q from %s", b.Text, b.Evidence[0].URL)
		}
	}
	if !slices.ContainsFunc(later.Articles, func(a stockdigest.ReportArticle) bool { return a.Title == dullTitle }) {
		t.Error("what did not matter is not listed")
	}
	if again, err := refresh(ctx, opts, dir, refreshAt, nil, silent()); err != nil || !cmp.Equal(reports, again) {
		t.Errorf("a second refresh of the moment: %v, %s", err, cmp.Diff(reports, again))
	}
	if again, err := refresh(ctx, opts, dir, "2026-03-03T12:40:00Z", nil, silent()); err != nil || !cmp.Equal(reports, again) {
		t.Errorf("a refresh without later news: %v, %s", err, cmp.Diff(reports, again))
	}
	nothingPaid(t, opts, dir)
	notToldAgain(t, opts, dir)
}

// TestRefreshTellsWhatTheNightListedTooEarly has the feed list the late pages
// when the night reads it a little after its as-of time.
func TestRefreshTellsWhatTheNightListedTooEarly(t *testing.T) {
	t.Parallel()
	ctx, dir, opts := t.Context(), withLateNews(t, "2026-03-03T06:59:00Z").save(t), options(t)
	answer, err := makeNight(ctx, opts, dir, nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	night := answer.Digest("").Reports[0]
	reports, err := refresh(ctx, opts, dir, refreshAt, nil, silent())
	if err != nil || len(reports) != 3 {
		t.Fatalf("got %d reports, %v", len(reports), err)
	}
	if faults := lateFaults(night, reports[2]); len(faults) > 0 {
		t.Error(faults)
	}
	if len(reports[2].Articles) != len(night.Articles) {
		t.Errorf("%d articles are listed after %d", len(reports[2].Articles), len(night.Articles))
	}
}

func nothingPaid(t *testing.T, opts app.Options, dir string) {
	t.Helper()
	a, err := nightAt(t.Context(), opts, dir, refreshAt, nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	calls, err := app.StoreOf(a).Calls(t.Context(), stockdigest.CallFilter{Limit: 100})
	if err != nil || len(calls) > 0 {
		t.Errorf("%d paid calls, %v", len(calls), err)
	}
}

// notToldAgain asks that the next morning tells nothing of what came late.
func notToldAgain(t *testing.T, opts app.Options, dir string) {
	t.Helper()
	a, err := nightAt(t.Context(), opts, dir, "2026-03-04T07:00:00Z", nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	list, err := a.Tickers([]string{"ZQLA"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Report(t.Context(), list, stockdigest.Daily)
	if err != nil {
		t.Fatal(err)
	}
	r := answer.Digest("").Reports[0]
	for _, b := range bullets(r) {
		if strings.Contains(b.Text, "recall") {
			t.Errorf("the next morning tells %q", b.Text)
		}
	}
	if !slices.ContainsFunc(r.Stories, func(s stockdigest.ReportStory) bool { return s.State == stockdigest.StoryRepeat }) {
		t.Errorf("the next morning knows no story as told: %+v", r.Stories)
	}
}
