package app_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// TestNewsOfTheDayIsAnAlertOnce has a company's news come in after the first
// look of the day: the operator and the reader who asked are told once.
func TestNewsOfTheDayIsAnAlertOnce(t *testing.T) {
	t.Parallel()
	ctx, dir, opts := t.Context(), withNews(t, "2026-03-03T14:20:00Z", "2026-03-03T14:30:00Z").save(t), options(t)
	if _, err := makeNight(ctx, opts, dir, nil, silent()); err != nil {
		t.Fatal(err)
	}
	outcomes := []string{}
	for _, at := range []string{"2026-03-03T14:00:00Z", "2026-03-03T15:00:00Z", "2026-03-03T16:00:00Z"} {
		a, err := nightAt(ctx, opts, dir, at, nil, silent())
		if err != nil {
			t.Fatal(err)
		}
		_, err = app.StoreOf(a).SaveReader(ctx, stockdigest.Reader{
			Email: "bea" + at[12:13] + "@example.com", TimeZone: "America/New_York", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
			Tickers: []stockdigest.Symbol{"ZQLA"}, Mails: stockdigest.MailWishes{Agreed: true, Alerts: at[11:13] == "14"},
		})
		if err != nil {
			t.Fatal(err)
		}
		slot, err := a.ScheduleRun(ctx, stockdigest.SlotAlerts, "terminal")
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, slot.Outcome)
		if at[11:13] == "16" {
			alertsSay(t, a, lateTitle)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"2 companies looked at, 0 stories, 0 alerts planned", "2 companies looked at, 1 stories, 2 alerts planned",
		"2 companies looked at, 0 stories, 0 alerts planned",
	}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	nothingPaid(t, opts, dir)
}

func alertsSay(t *testing.T, a *app.App, headline string) {
	t.Helper()
	mails, err := app.StoreOf(a).Deliveries(t.Context(), stockdigest.DeliveryFilter{Kind: stockdigest.MailAlert})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		var matter stockdigest.AlertMatter
		if err := json.Unmarshal(m.Matter, &matter); err != nil {
			t.Fatal(err)
		}
		if told := matter.Stories[0]; told.Headline != headline || told.Why != "the headline tells of an accident" || told.URL != lateURL {
			t.Errorf("%s is told %+v", m.Recipient, told)
		}
		if letter, err := app.Letter(t.Context(), a, m); err != nil || !strings.Contains(letter.Subject+string(letter.Text), headline) {
			t.Errorf("the letter to %s: %v, %s", m.Recipient, err, letter.Text)
		}
	}
}

// TestWhatTheRefreshToldIsNoAlert looks for alerts after the refresh told the
// same news; without the refresh they are one.
func TestWhatTheRefreshToldIsNoAlert(t *testing.T) {
	t.Parallel()
	if got := alertsAfter(t, false); !strings.Contains(got, "1 stories") {
		t.Errorf("without a refresh: %s", got)
	}
	if got := alertsAfter(t, true); !strings.Contains(got, "0 stories") {
		t.Errorf("after the refresh: %s", got)
	}
}

func alertsAfter(t *testing.T, refreshed bool) string {
	t.Helper()
	ctx, dir, opts := t.Context(), withNews(t, "2026-03-03T11:30:00Z", "2026-03-03T11:40:00Z").save(t), options(t)
	if _, err := makeNight(ctx, opts, dir, nil, silent()); err != nil {
		t.Fatal(err)
	}
	look := func(at string) string {
		a, err := nightAt(ctx, opts, dir, at, nil, silent())
		if err != nil {
			t.Fatal(err)
		}
		slot, err := a.ScheduleRun(ctx, stockdigest.SlotAlerts, "terminal")
		if err = errors.Join(err, a.Close()); err != nil {
			t.Fatal(err)
		}
		return slot.Outcome
	}
	look("2026-03-03T11:00:00Z")
	if refreshed {
		if _, err := refresh(ctx, opts, dir, refreshAt, nil, silent()); err != nil {
			t.Fatal(err)
		}
	}
	return look("2026-03-03T14:00:00Z")
}

// TestTheOperatorIsToldOfANightOnce makes a night by the schedule and writes the
// mails about it.
func TestTheOperatorIsToldOfANightOnce(t *testing.T) {
	t.Parallel()
	ctx, dir, opts := t.Context(), newFixture(t).save(t), options(t)
	opts.Reviews = "batch"
	a, err := nightAt(ctx, opts, dir, fixtureAsOf, nil, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com", Follow: []string{"ZQLA", "MRRW"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ScheduleRun(ctx, stockdigest.SlotProcess, "terminal"); err != nil {
		t.Fatal(err)
	}
	kinds := func() []string {
		t.Helper()
		if err := app.TellOperator(ctx, a); err != nil {
			t.Fatal(err)
		}
		mails, err := app.StoreOf(a).Deliveries(ctx, stockdigest.DeliveryFilter{})
		if err != nil {
			t.Fatal(err)
		}
		all := []string{}
		for _, m := range mails {
			letter, err := app.Letter(ctx, a, m)
			if err != nil {
				t.Errorf("the %s mail: %v", m.Kind, err)
			}
			if m.Kind == stockdigest.MailBatch && !strings.Contains(string(letter.Text), "2") {
				t.Errorf("the mail about the batch says\n%s", letter.Text)
			}
			all = append(all, string(m.Kind))
		}
		slices.Sort(all)
		return all
	}
	if got := kinds(); len(got) > 0 {
		t.Errorf("before the runs ended: %v", got)
	}
	if err := app.WorkAll(ctx, a); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if diff := cmp.Diff([]string{"batch-ready", "content", "selection"}, kinds()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestReviewsAreASettingOfThreeWords(t *testing.T) {
	t.Parallel()
	_, err := app.ReadOptions([]string{"STOCKDIGEST_REVIEWS=often"})
	if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "STOCKDIGEST_REVIEWS") {
		t.Errorf("got %v", err)
	}
}
