package bench_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/bench"
)

func TestTheLogDecidesWhatWasLostOrSentTwice(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 8, 30, 0, 0, time.UTC)
	plan := []bench.PlannedMail{
		{"a", "a@x", stockdigest.DeliveryAccepted},
		{"b", "b@x", stockdigest.DeliveryAccepted},   // twice
		{"c", "c@x", stockdigest.DeliveryAccepted},   // never
		{"d", "d@x", stockdigest.DeliveryRefused},    // by the server
		{"e", "e@x", stockdigest.DeliveryRefused},    // by nobody
		{"f", "f@x", stockdigest.DeliveryUnknown},    // taken
		{"g", "g@x", stockdigest.DeliveryUnknown},    // not taken
		{"h", "h@x", stockdigest.DeliverySuppressed}, // taken all the same
		{"i", "i@x", stockdigest.DeliveryPending},
	}
	log := []bench.Receipt{
		{at, "a", "a@x", true, false},
		{at, "b", "b@x", true, false},
		{at.Add(time.Second), "b", "b@x", true, false},
		{at, "", "d@x", false, true},
		{at, "f", "f@x", true, false},
		{at, "h", "h@x", true, false},
		{at, "z", "z@x", true, false},
		{at, "x", "a@x", true, false},
		{at, "c", "c@x", false, false},
	}
	want := bench.Mails{
		Planned: 9, Accepted: 3, Refused: 2, Suppressed: 1, Unknown: 2, Open: 1, Duplicates: 1, Lost: 3, Misstated: 2, Foreign: 2,
		MostPerMinute: 7, PerSecond: 6,
	}
	if diff := cmp.Diff(want, bench.JudgeMails(plan, log)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryMinuteCounts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 8, 30, 0, 0, time.UTC)
	var log []bench.Receipt
	for _, s := range []int{0, 59, 60, 61, 118, 119, 300} {
		log = append(log, bench.Receipt{At: at.Add(time.Duration(s) * time.Second), Taken: true})
	}
	if got := bench.JudgeMails(nil, log).MostPerMinute; got != 4 {
		t.Errorf("got %d, want the 4 of 59 to 118", got)
	}
}
