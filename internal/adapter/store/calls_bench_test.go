package store_test

import (
	"strconv"
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// BenchmarkCall begins and settles calls beside twenty that are open.
func BenchmarkCall(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
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
		})
	}
}
