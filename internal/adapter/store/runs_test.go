package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestOpenRunFindsTheSameRun(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme()}))
			ask := stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Daily, AsOf: morning, TimeZone: "America/New_York"}
			first, err := db.OpenRun(ctx, ask)
			must(t, err)
			ask.AsOf = morning.In(time.FixedZone("east", 9*3600))
			again, err := db.OpenRun(ctx, ask)
			must(t, err)
			same(t, again, first)
			want := stockdigest.Run{
				ID: first.ID, Ticker: "ACME", Kind: stockdigest.Daily, AsOf: morning, TimeZone: "America/New_York",
				Class: stockdigest.ClassResearch, CreatedAt: storetest.Now(), State: stockdigest.RunQueued,
			}
			same(t, first, want)
			ask.Kind = stockdigest.Weekly
			other, err := db.OpenRun(ctx, ask)
			must(t, err)
			if other.ID == first.ID {
				t.Fatal("got one run for two kinds")
			}
			ask.Kind = "hourly"
			_, err = db.OpenRun(ctx, ask)
			wantKind(t, err, stockdigest.ErrInvalid)
		})
	}
}

func TestHeldRunSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			_, err := db.ClaimRun(t.Context(), run.ID, by("other"))
			wantKind(t, err, stockdigest.ErrUnavailable)
			var e *stockdigest.Error
			if !errors.As(err, &e) || e.RetryAfter < lease-20*time.Second || e.RetryAfter > lease {
				t.Fatalf("got %#v, want RetryAfter a bit under %s", e, lease)
			}
			_, err = db.ClaimRun(t.Context(), "nobody", by("other"))
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

// takeOver claims a run as soon as its lease has run out.
func takeOver(t *testing.T, db *store.DB, id stockdigest.RunID) stockdigest.Run {
	t.Helper()
	for {
		run, err := db.ClaimRun(t.Context(), id, by("other"))
		var held *stockdigest.Error
		if !errors.As(err, &held) {
			must(t, err)
			return run
		}
		time.Sleep(held.RetryAfter)
	}
}

func TestExpiredLeaseIsTakenOver(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			must(t, db.BeatRun(t.Context(), run, 30*time.Millisecond, stockdigest.Doing{}))
			taken := takeOver(t, db, run.ID)
			if taken.Token != run.Token+1 || taken.State != stockdigest.RunRunning {
				t.Fatalf("got token %d, state %s, want %d, running", taken.Token, taken.State, run.Token+1)
			}
			wantKind(t, db.BeatRun(t.Context(), run, lease, stockdigest.Doing{}), stockdigest.ErrConflict)
			must(t, db.BeatRun(t.Context(), taken, lease, stockdigest.Doing{}))
		})
	}
}

func TestBeatAfterTheLeaseRanOutIsLost(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			must(t, db.BeatRun(t.Context(), run, 0, stockdigest.Doing{}))
			time.Sleep(5 * time.Millisecond)
			wantKind(t, db.BeatRun(t.Context(), run, lease, stockdigest.Doing{}), stockdigest.ErrConflict)
		})
	}
}

func TestPersonTakesReleasedAndFailedRunsAtOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			must(t, db.ReleaseRun(ctx, run))
			wantKind(t, db.ReleaseRun(ctx, run), stockdigest.ErrConflict)
			run, err := db.ClaimRun(ctx, run.ID, by("other"))
			must(t, err)
			must(t, db.FailRun(ctx, run, "the disk is full"))
			wantKind(t, db.FailRun(ctx, run, "again"), stockdigest.ErrConflict)
			run, err = db.ClaimRun(ctx, run.ID, by("third"))
			must(t, err)
			if run.Token != 3 || run.Attempts != 1 {
				t.Fatalf("got token %d, attempt %d, want 3 and afresh 1", run.Token, run.Attempts)
			}
		})
	}
}

func TestDoneRunComesBackAsItIs(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			report := stockdigest.Report{ID: "r1", Ticker: "ACME", Kind: stockdigest.Weekly, AsOf: morning, Version: 1, Status: stockdigest.ReportQuiet}
			must(t, db.SaveReport(t.Context(), run, report, "quiet"))
			done, err := db.ClaimRun(t.Context(), run.ID, by("other"))
			must(t, err)
			run.State, run.EndedAt = stockdigest.RunDone, storetest.Now()
			run.Steps = []stockdigest.StepDone{{Step: stockdigest.StepCompose, At: storetest.Now(), Note: "quiet"}}
			same(t, done, run)
			_, err = db.Material(t.Context(), done) // a finished run can still be read
			must(t, err)
		})
	}
}

func TestStepsComeInTheirOrderWithTheFirstMark(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			must(t, db.FinishStep(t.Context(), run, stockdigest.StepTriage, "second"))
			must(t, db.FinishStep(t.Context(), run, stockdigest.StepIngest, "first"))
			must(t, db.FinishStep(t.Context(), run, stockdigest.StepIngest, "again"))
			got, err := db.OpenRun(t.Context(), run)
			must(t, err)
			same(t, got.Steps, []stockdigest.StepDone{
				{Step: stockdigest.StepIngest, At: storetest.Now(), Note: "first"},
				{Step: stockdigest.StepTriage, At: storetest.Now(), Note: "second"},
			})
		})
	}
}

// writes lists every method that writes for a run.
func writes(db *store.DB) map[string]func(context.Context, stockdigest.Run) error {
	a := articleAt(1)
	v := stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Selected}
	verdicts := []stockdigest.Verdict{v}
	return map[string]func(context.Context, stockdigest.Run) error{
		"SavePoll": func(ctx context.Context, r stockdigest.Run) error {
			return db.SavePoll(ctx, r, pollOf("https://feeds.example/two", 1), []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(2))})
		},
		"SaveFilings": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveFilings(ctx, r, []stockdigest.Filing{{Accession: "1", Form: "8-K", FiledAt: morning}})
		},
		"FinishStep": func(ctx context.Context, r stockdigest.Run) error {
			return db.FinishStep(ctx, r, stockdigest.StepIngest, "")
		},
		"SaveVerdicts": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveVerdicts(ctx, r, stockdigest.StepTriage, verdicts, "")
		},
		"Resolve": func(ctx context.Context, r stockdigest.Run) error { return db.Resolve(ctx, r, a.ID, articleAt(3)) },
		"SaveText": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveText(ctx, r, stockdigest.Text{ArticleID: a.ID, Body: "text"}, v)
		},
		"SaveMiss": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveMiss(ctx, r, stockdigest.Miss{ArticleID: a.ID, At: morning, Cause: "gone"}, v)
		},
		"SaveStories": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveStories(ctx, r, []stockdigest.Story{{ID: "s1", State: stockdigest.StoryNew}}, verdicts, "")
		},
		"SaveDraft": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveDraft(ctx, r, stockdigest.StepVerify, stockdigest.Draft{Writer: "zombie"}, "")
		},
		"SaveReport": func(ctx context.Context, r stockdigest.Run) error {
			return db.SaveReport(ctx, r, stockdigest.Report{ID: "r1"}, "")
		},
	}
}

func TestStaleTokenChangesNothing(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			stale := seeded(t, db, articleAt(1))
			must(t, db.BeatRun(ctx, stale, 0, stockdigest.Doing{}))
			fresh := takeOver(t, db, stale.ID)
			before := materialOf(t, db, fresh)
			for name, write := range writes(db) {
				if err := write(ctx, stale); !errors.Is(err, stockdigest.ErrConflict) {
					t.Errorf("%s: got %v, want a conflict", name, err)
				}
			}
			_, err := db.Material(ctx, stale)
			wantKind(t, err, stockdigest.ErrConflict)
			same(t, materialOf(t, db, fresh), before)
			_, err = db.Draft(ctx, fresh)
			wantKind(t, err, stockdigest.ErrNotFound)
			_, err = db.Report(ctx, fresh.ID)
			wantKind(t, err, stockdigest.ErrNotFound)
			got, err := db.OpenRun(ctx, fresh)
			must(t, err)
			same(t, got.Steps, fresh.Steps)
			if got.Token != 0 {
				t.Errorf("got token %d of a run that another worker has, want none", got.Token)
			}
		})
	}
}

func TestEveryWriteTwiceIsOnce(t *testing.T) {
	t.Parallel()
	names := []string{"SavePoll", "SaveFilings", "FinishStep", "SaveVerdicts", "SaveMiss", "SaveText", "SaveStories", "SaveDraft", "Resolve", "SaveReport"}
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := seeded(t, db, articleAt(1))
			for _, name := range names {
				must(t, writes(db)[name](ctx, run))
				once := materialOf(t, db, run)
				if name == "Resolve" {
					must(t, db.Resolve(ctx, run, articleAt(1).ID, articleAt(3)))
				} else {
					must(t, writes(db)[name](ctx, run))
				}
				same(t, materialOf(t, db, run), once)
			}
		})
	}
}
