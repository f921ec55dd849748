package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// jobOf is a batch job of calls, which may be late in two hours.
func jobOf(bids ...stockdigest.Bid) stockdigest.BatchJob {
	now := time.Now().UTC().Truncate(time.Microsecond)
	for i := range bids {
		bids[i].Patient = true
	}
	return stockdigest.BatchJob{
		ID: uuid.NewString(), Provider: "p", Model: "m", Token: 1, Created: now, Until: now.Add(2 * time.Hour), Calls: bids,
	}
}

// batched begins the job and checks that all of its calls are granted.
func batched(t *testing.T, db *store.DB, job stockdigest.BatchJob, lease time.Duration) {
	t.Helper()
	permits, err := db.BeginBatch(t.Context(), job, lease)
	must(t, err)
	same(t, permits, make([]stockdigest.Permit, len(job.Calls)))
}

func TestABatchIsWrittenWithItsCallsBeforeItIsSent(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a, b := bid("a"), bid("b")
			job := jobOf(a, b)
			batched(t, db, job, 0)
			batched(t, db, job, 0) // the commit was not heard of: it is the same job
			same(t, spent(t, db), [2]stockdigest.Micros{0, 200})

			adopted, ok, err := db.AdoptBatch(t.Context(), time.Hour)
			must(t, err)
			same(t, ok, true)
			same(t, adopted.Token, int64(2))
			same(t, len(adopted.Calls), 2)
			same(t, adopted.Until, job.Until)
			_, ok, err = db.AdoptBatch(t.Context(), time.Hour)
			must(t, err)
			same(t, ok, false) // it is in hands

			if err := db.HoldBatch(t.Context(), job, time.Hour); !errors.Is(err, stockdigest.ErrConflict) {
				t.Errorf("who lost the job holds it: %v", err)
			}
			adopted.Remote = "batch_1"
			must(t, db.HoldBatch(t.Context(), adopted, 0))
			must(t, db.SettleCall(t.Context(), done(a, "{}", 7)))
			again, _, err := db.AdoptBatch(t.Context(), time.Hour)
			must(t, err)
			same(t, again.Remote, "batch_1")
			same(t, len(again.Calls), 1)
			same(t, again.Calls[0].ID, b.ID)
			must(t, db.SettleCall(t.Context(), failed(b, stockdigest.CallFailed, stockdigest.CallBusy)))
			must(t, db.EndBatch(t.Context(), again))
			same(t, spent(t, db), [2]stockdigest.Micros{7, 0})
		})
	}
}

func TestABatchTakesNoPlaceAtTheProvider(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			batched(t, db, jobOf(bid("a"), bid("b")), time.Hour)
			one := bid("c")
			one.Limits.Parallel = 1
			granted(t, db, one)
		})
	}
}

func TestABatchHoldsWhatItReservedAndLeavesOutWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			job := jobOf(bid("a"), bid("b"), bid("c"))
			for i := range job.Calls {
				job.Calls[i].Budget.Day = 250
			}
			permits, err := db.BeginBatch(t.Context(), job, time.Hour)
			must(t, err)
			same(t, []stockdigest.Hold{permits[0].Held, permits[1].Held, permits[2].Held}, []stockdigest.Hold{"", "", stockdigest.HeldHouse})
			same(t, spent(t, db), [2]stockdigest.Micros{0, 200})
		})
	}
}

func TestWhoWaitsOvertakesABatch(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			slow := bid("k")
			job := jobOf(slow)
			batched(t, db, job, 0)
			patient, person := bid("k"), bid("k")
			patient.Patient = true
			permit, err := db.BeginCall(t.Context(), patient)
			must(t, err)
			same(t, permit.Held, stockdigest.HeldSame)
			same(t, permit.Batch, job.ID)

			granted(t, db, person)
			same(t, spent(t, db), [2]stockdigest.Micros{100, 100})
			must(t, db.SettleCall(t.Context(), done(person, "mine", 10)))
			adopted, _, err := db.AdoptBatch(t.Context(), time.Hour)
			must(t, err)
			same(t, len(adopted.Calls), 1) // its bill is still to come
			must(t, db.SettleCall(t.Context(), done(slow, "late", 5)))
			same(t, spent(t, db), [2]stockdigest.Micros{15, 0})
			answer, _, err := db.Answer(t.Context(), "k")
			must(t, err)
			same(t, answer.Text, "mine")
		})
	}
}

func TestScheduledRunsThatWaitAreSeen(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
			waits := func(caps stockdigest.Caps) bool {
				t.Helper()
				waits, err := db.ScheduledRunWaits(t.Context(), caps)
				must(t, err)
				return waits
			}
			queue := func(asOf time.Time) {
				t.Helper()
				_, err := db.OpenBatch(t.Context(), stockdigest.Batch{Kind: stockdigest.Daily}, []stockdigest.Run{
					{Ticker: "ACME", AsOf: asOf, TimeZone: "UTC", Class: stockdigest.ClassScheduled},
				})
				must(t, err)
			}
			one, two := stockdigest.Caps{Scheduled: 1, Total: 5}, stockdigest.Caps{Scheduled: 2, Total: 5}
			same(t, waits(one), false)
			queue(storetest.Now())
			same(t, waits(one), false) // it is about to be taken
			claim := by("worker")
			claim.Caps = one
			_, ok, err := db.ClaimNext(t.Context(), claim)
			must(t, err)
			same(t, ok, true)
			same(t, waits(one), false)
			queue(storetest.Now().AddDate(0, 0, 1))
			same(t, waits(one), true)
			same(t, waits(two), false)
		})
	}
}
