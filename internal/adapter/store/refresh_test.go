package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// refreshing opens and claims the run that adds to another one's report.
func refreshing(t *testing.T, db *store.DB, night stockdigest.Run, at time.Time) stockdigest.Run {
	t.Helper()
	run, err := db.OpenRun(t.Context(), stockdigest.Run{
		Ticker: night.Ticker, Kind: night.Kind, AsOf: at, TimeZone: night.TimeZone, Refreshes: night.ID,
	})
	must(t, err)
	run, err = db.ClaimRun(t.Context(), run.ID, by("worker"))
	must(t, err)
	if run.Refreshes != night.ID {
		t.Fatalf("the claimed run refreshes %q, want %q", run.Refreshes, night.ID)
	}
	return run
}

func TestARefreshIsRememberedByWhatItAdds(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a, b := articleAt(1), articleAt(2)
			night := seeded(t, db, a, b)
			x := storyOf(stockdigest.StoryNew, a)
			told(t, db, night, []stockdigest.Article{a}, []stockdigest.Story{x}, bullet(x, "at night"))

			later := refreshing(t, db, night, morning.Add(5*time.Hour))
			x.State = stockdigest.StoryUpdate
			y := storyOf(stockdigest.StoryNew, b)
			report := reportOf(later, bullet(x, "at night"), bullet(x, "late"), bullet(y, "late too"))
			report.Version = 2
			must(t, db.SavePoll(t.Context(), later, pollOf("https://feeds.example/one", 2), []stockdigest.Found{
				foundIn(stockdigest.RoleCompany, stockdigest.Pending, a), foundIn(stockdigest.RoleCompany, stockdigest.Pending, b),
			}))
			must(t, db.SaveStories(t.Context(), later, []stockdigest.Story{x, y}, nil, ""))
			must(t, db.SaveReport(t.Context(), later, report, "done"))

			next := claimed(t, db, morning.Add(24*time.Hour))
			texts := map[stockdigest.StoryID][]string{}
			for _, s := range materialOf(t, db, next).Told {
				texts[s.Story.ID] = s.Texts
			}
			same(t, texts, map[stockdigest.StoryID][]string{x.ID: {"at night", "late"}, y.ID: {"late too"}})
		})
	}
}

func TestTheNewestUnheldReportOfACompanyCanBeRefreshed(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			night := seeded(t, db, articleAt(1))
			can := func(until time.Time) []stockdigest.RunID {
				t.Helper()
				runs, err := db.Refreshable(t.Context(), morning.Add(-time.Hour), until)
				must(t, err)
				ids := []stockdigest.RunID{}
				for _, r := range runs {
					ids = append(ids, r.ID)
				}
				return ids
			}
			at := morning.Add(5 * time.Hour)
			same(t, can(at), []stockdigest.RunID{})
			must(t, db.SaveReport(t.Context(), night, reportOf(night), ""))
			same(t, can(at), []stockdigest.RunID{night.ID})
			same(t, can(morning), []stockdigest.RunID{})

			empty := refreshing(t, db, night, at)
			must(t, db.EndRun(t.Context(), empty, stockdigest.StepCompose, "nothing to add"))
			must(t, db.EndRun(t.Context(), empty, stockdigest.StepCompose, "nothing to add"))
			ended, err := db.RunByID(t.Context(), empty.ID)
			must(t, err)
			same(t, ended.State, stockdigest.RunDone)
			same(t, can(at.Add(time.Hour)), []stockdigest.RunID{night.ID})

			later := refreshing(t, db, night, at.Add(time.Minute))
			held := reportOf(later)
			held.Version, held.Status = 2, stockdigest.ReportHeld
			must(t, db.SaveReport(t.Context(), later, held, ""))
			same(t, can(at.Add(time.Hour)), []stockdigest.RunID{night.ID})

			last := refreshing(t, db, night, at.Add(2*time.Minute))
			must(t, db.SaveReport(t.Context(), last, reportOf(last), ""))
			same(t, can(at.Add(time.Hour)), []stockdigest.RunID{last.ID})
		})
	}
}
