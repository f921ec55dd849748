package store_test

import (
	"strconv"
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// BenchmarkCall begins and settles calls beside twenty that are open, after
// one and after as many as a night of 600 companies makes.
func BenchmarkCall(b *testing.B) {
	for engine, open := range storetest.Engines() {
		for _, before := range []int{1, 25_000} {
			b.Run(engine+"/"+strconv.Itoa(before), func(b *testing.B) { benchCalls(b, open(b), before) })
		}
	}
}

func benchCalls(b *testing.B, db *store.DB, before int) {
	b.Helper()
	if err := store.AddCalls(b.Context(), db, "p", before); err != nil {
		b.Fatal(err)
	}
	for i := range 20 {
		if _, err := db.BeginCall(b.Context(), bid("open"+strconv.Itoa(i))); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		n++
		call := bid(strconv.Itoa(n))
		if _, err := db.BeginCall(b.Context(), call); err != nil {
			b.Fatal(err)
		}
		if err := db.SettleCall(b.Context(), done(call, "text", 5)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
