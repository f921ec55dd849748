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

func TestAUsedAnswerIsInTheBillOfWhoDidNotPay(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			b := bid("k")
			granted(t, db, b)
			must(t, db.SettleCall(t.Context(), done(b, "{}", 7)))
			for _, run := range []stockdigest.RunID{"run", "other", "other"} {
				must(t, db.UseAnswer(t.Context(), "k", run, stockdigest.StepVerify))
			}
			must(t, db.UseAnswer(t.Context(), "nobody asked", "other", stockdigest.StepVerify))
			own, err := db.UsedCalls(t.Context(), "run")
			must(t, err)
			used, err := db.UsedCalls(t.Context(), "other")
			must(t, err)
			if len(own) != 0 || len(used) != 1 {
				t.Fatalf("got %+v of who paid, %+v of who used; want none and one", own, used)
			}
			if u := used[0]; u.ID != b.ID || u.Step != stockdigest.StepVerify || u.Run != "run" || u.Cost != 7 || u.Usage.In != 7 {
				t.Errorf("got %+v", u)
			}
		})
	}
}

// TestWhoPaidWaitsForNoWriter holds the writer while the run that paid, and then
// another one, use the answer.
func TestWhoPaidWaitsForNoWriter(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	b := bid("k")
	granted(t, db, b)
	must(t, db.SettleCall(t.Context(), done(b, "{}", 7)))
	release, err := store.HoldWriter(t.Context(), db)
	must(t, err)
	must(t, db.UseAnswer(t.Context(), "k", "run", stockdigest.StepVerify))
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.UseAnswer(soon, "k", "other", stockdigest.StepVerify); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v of who did not pay, want a wait for the writer: the test would see nothing", err)
	}
	must(t, release())
}

func TestAnOldCallTakesItsUsesAlong(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			b := bid("k")
			granted(t, db, b)
			must(t, db.SettleCall(t.Context(), done(b, "{}", 7)))
			must(t, db.UseAnswer(t.Context(), "k", "other", stockdigest.StepVerify))
			_, err := db.Cleanup(t.Context(), stockdigest.Cutoffs{Calls: morning.AddDate(100, 0, 0)}, 100)
			must(t, err)
			used, err := db.UsedCalls(t.Context(), "other")
			must(t, err)
			same(t, len(used), 0)
		})
	}
}

func TestAnswersThatWereKeptAreNotPaidFor(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := open(t), open(t)
			for key, text := range map[string]string{"k": `{"a": 1}`, "l": `{"b": 2}`} {
				b := bid(key)
				granted(t, from, b)
				must(t, from.SettleCall(t.Context(), done(b, text, 7)))
			}
			lost := bid("m")
			granted(t, from, lost)
			must(t, from.SettleCall(t.Context(), failed(lost, stockdigest.CallLost, stockdigest.CallTimeout)))
			answers, err := from.Answers(t.Context())
			must(t, err)
			if len(answers) != 2 || answers[0].Completion.Text != `{"a": 1}` || answers[0].Call.Key != "k" {
				t.Fatalf("got %+v, want both answers by key", answers)
			}
			for range 2 {
				must(t, to.KeepAnswers(t.Context(), answers))
			}
			again, err := to.Answers(t.Context())
			must(t, err)
			for i := range answers {
				answers[i].Call.Reserved = 0 // nothing is reserved for what nobody calls
			}
			same(t, again, answers)
			permit, err := to.BeginCall(t.Context(), bid("k"))
			must(t, err)
			if permit.Answer == nil || permit.Answer.Text != `{"a": 1}` {
				t.Errorf("got %+v, want the answer", permit)
			}
			s, err := to.Spending(t.Context(), callDay, plenty())
			must(t, err)
			if s.Day.Settled != 0 || s.Day.Reserved != 0 {
				t.Errorf("got %+v, want nothing spent", s.Day)
			}
		})
	}
}

func TestAPromptThatNoNightHoldsSaysNothingOfItsProvider(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			for range 12 {
				b := bid("k")
				granted(t, db, b)
				must(t, db.SettleCall(t.Context(), failed(b, stockdigest.CallFailed, stockdigest.CallUnrecorded)))
			}
		})
	}
}
