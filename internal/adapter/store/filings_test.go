package store_test

import (
	"fmt"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestTheFirstComparisonOfAReportStands(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			report := quarterly("0001-26-2", "Sales fell 6%.")
			must(t, db.SaveFilings(ctx, run, []stockdigest.Filing{report}))
			for _, before := range []stockdigest.Accession{"0001-26-1", "0001-26-0"} {
				report.Documents[0].Fresh = []stockdigest.Passage{{Start: 0, End: 14}}
				if before == "0001-26-0" {
					report.Documents[0].Fresh = nil
				}
				must(t, db.SaveFresh(ctx, run, report, quarterly(before, "Sales rose 4%.")))
			}
			got := materialOf(t, db, run).Filings
			if len(got) != 1 || got[0].Previous != "0001-26-1" {
				t.Fatalf("got %+v, want the report alone, compared with 0001-26-1", got)
			}
			same(t, got[0].Documents[0].Fresh, []stockdigest.Passage{{Start: 0, End: 14}})
			kept, err := db.Filing(ctx, "0001-26-1")
			must(t, err)
			same(t, kept, quarterly("0001-26-1", "Sales rose 4%."))
			_, err = db.Filing(ctx, "0001-26-9")
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

func quarterly(a stockdigest.Accession, text string) stockdigest.Filing {
	return stockdigest.Filing{
		Accession: a, CIK: "0000000042", Form: "10-Q", FiledAt: morning.Add(-time.Hour),
		Documents: []stockdigest.Document{{Accession: a, Seq: 1, Text: text, Hash: stockdigest.Hash(text)}},
	}
}

func TestDealingsAreThoseOfTheCompanyInTheWindow(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			form := func(n int, cik string, age time.Duration, trades ...stockdigest.Trade) stockdigest.Filing {
				f := stockdigest.Filing{Accession: stockdigest.Accession(fmt.Sprintf("0001-26-%d", n)), CIK: cik, Form: "4", FiledAt: morning.Add(-age)}
				if len(trades) > 0 {
					f.Dealings = stockdigest.Dealings{Issuer: cik, Owners: []stockdigest.Insider{{CIK: "7", Name: "Ada \"A\" Quill"}}, Trades: trades}
				}
				return f
			}
			trade := stockdigest.Trade{Day: "2026-03-02", Security: "Common Stock", Shares: "100", Value: "1000.5"}
			want := []stockdigest.Filing{form(1, "42", time.Hour, trade), form(2, "42", 48*time.Hour, trade, trade)}
			all := append([]stockdigest.Filing{
				form(3, "43", time.Hour, trade), form(4, "42", time.Hour), form(5, "42", 240*time.Hour, trade), form(6, "42", -time.Hour, trade),
			}, want...)
			must(t, db.SaveFilings(ctx, run, all))
			got, err := db.Dealt(ctx, "42", stockdigest.Window{From: morning.Add(-72 * time.Hour), To: morning})
			must(t, err)
			same(t, got, want)
		})
	}
}

func TestFiledAreTheNewestOfAFormInTheWindow(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			filed := func(a stockdigest.Accession, form, cik string, age time.Duration) stockdigest.Filing {
				f := quarterly(a, "Sales fell 6%.")
				f.Form, f.CIK, f.FiledAt = form, cik, morning.Add(-age)
				return f
			}
			newest, older := filed("0001-26-1", "10-Q", "42", time.Hour), filed("0001-26-2", "10-Q", "42", 2*time.Hour)
			must(t, db.SaveFilings(ctx, run, []stockdigest.Filing{
				older, newest, filed("0001-26-3", "10-Q", "42", 3*time.Hour), filed("0001-26-4", "10-K", "42", time.Hour),
				filed("0001-26-5", "10-Q", "43", time.Hour), filed("0001-26-6", "10-Q", "42", -time.Hour), filed("0001-26-7", "10-Q", "42", 90*time.Hour),
			}))
			got, err := db.Filed(ctx, "42", "10-Q", stockdigest.Window{From: morning.Add(-72 * time.Hour), To: morning}, 2)
			must(t, err)
			same(t, got, []stockdigest.Filing{newest, older})
		})
	}
}
