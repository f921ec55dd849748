package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func worded(id, text string) stockdigest.Bullet {
	return stockdigest.Bullet{ID: stockdigest.BulletID(id), Text: text, Evidence: []stockdigest.Evidence{{Source: "a", Quote: "the quote"}}}
}

func draftOf(bullets ...stockdigest.Bullet) stockdigest.Draft {
	return stockdigest.Draft{Writer: "m", Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}}}
}

// drafted makes a whole run that asked a model with a prompt, or used what
// another run had paid for.
func drafted(t *testing.T, db *store.DB, e stockdigest.Edition, key string, day int, written, verified stockdigest.Draft) {
	t.Helper()
	run := claimed(t, db, morning.AddDate(0, 0, day))
	b := bid(key)
	b.ID = uuid.NewString()
	b.Ask.Run, b.Ask.Prompt = run.ID, stockdigest.Prompt{Name: e.Prompt, Version: e.Version}
	permit, err := db.BeginCall(t.Context(), b)
	must(t, err)
	if permit.Answer == nil {
		must(t, db.SettleCall(t.Context(), done(b, "{}", 1)))
	} else {
		must(t, db.UseAnswer(t.Context(), key, run.ID, stockdigest.StepSummarize))
	}
	must(t, db.SaveDraft(t.Context(), run, stockdigest.StepSummarize, written, ""))
	must(t, db.SaveDraft(t.Context(), run, stockdigest.StepVerify, verified, ""))
	must(t, db.SaveReport(t.Context(), run, stockdigest.Report{ID: stockdigest.ReportID(run.ID), Ticker: run.Ticker, Kind: run.Kind, AsOf: run.AsOf, Version: 1}, ""))
}

func TestGroundingIsReadFromDrafts(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			first, second := stockdigest.Edition{Prompt: "write", Version: "1"}, stockdigest.Edition{Prompt: "write", Version: "2"}
			written := draftOf(worded("a", "holds"), worded("b", "does not"), worded("c", "is dropped"), worded("d", "the quote"))
			verified := draftOf(worded("a", "holds"), worded("b", "the quote"), worded("d", "the quote"))
			drafted(t, db, first, "k", 0, written, verified)
			drafted(t, db, first, "k", 1, written, written) // uses the answer of the first run
			drafted(t, db, second, "l", 2, draftOf(worded("a", "holds")), draftOf(worded("a", "holds")))
			for e, want := range map[stockdigest.Edition]stockdigest.Grounding{
				first:                           {Runs: 2, Worded: 6, Held: 4},
				second:                          {Runs: 1, Worded: 1, Held: 1},
				{Prompt: "write", Version: "3"}: {},
			} {
				got, err := db.Grounding(t.Context(), e, morning.AddDate(-10, 0, 0))
				must(t, err)
				same(t, got, want)
			}
			late, err := db.Grounding(t.Context(), first, morning.AddDate(10, 0, 0))
			must(t, err)
			same(t, late, stockdigest.Grounding{})
		})
	}
}

func TestARolledBackEditionStaysSoUntilSomebodyTriesAgain(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			e := stockdigest.Edition{Prompt: "write", Version: "2"}
			must(t, db.RollBack(t.Context(), stockdigest.Rollback{Edition: e, Reason: "worse"}))
			must(t, db.RollBack(t.Context(), stockdigest.Rollback{Edition: e, Reason: "still worse"}))
			gone, err := db.Rollbacks(t.Context())
			must(t, err)
			same(t, gone, []stockdigest.Rollback{{Edition: e, Reason: "worse"}})
			must(t, db.TryAgain(t.Context(), e))
			if gone, err = db.Rollbacks(t.Context()); err != nil || len(gone) != 0 {
				t.Errorf("got %+v, %v, want none", gone, err)
			}
			if err := db.TryAgain(t.Context(), e); !errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %v, want it not found", err)
			}
		})
	}
}
