package store_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestStrongerSourceSaysWhoACompanyIs(t *testing.T) {
	t.Parallel()
	hand := stockdigest.Ticker{
		Symbol: "ACME", Name: "Acme Corp.", Exchange: "", CIK: "", Source: "starter",
		Names: []stockdigest.Name{{Text: "Acme", Kind: stockdigest.NameCompany}, {Text: "Roadrunner", Kind: stockdigest.NameBrand}},
	}
	sec := stockdigest.Ticker{
		Symbol: "ACME", Name: "ACME CORP", Exchange: "NYSE", CIK: "0000000123", Source: "sec",
		Names: []stockdigest.Name{{Text: "ACME CORP", Kind: stockdigest.NameCompany}, {Text: "Roadrunner", Kind: stockdigest.NameCompany}},
	}
	night := stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corporation", Exchange: "OTC", Source: "night"}
	file := stockdigest.Ticker{Symbol: "ACME", Name: "Acme Inc.", Exchange: "TSX", Source: "file"}
	united := []stockdigest.Name{
		{Text: "ACME CORP", Kind: stockdigest.NameCompany},
		{Text: "Acme", Kind: stockdigest.NameCompany},
		{Text: "Roadrunner", Kind: stockdigest.NameBrand},
	}
	for _, test := range []struct {
		name string
		save []stockdigest.Ticker
		want stockdigest.Ticker
	}{
		{
			"a weaker one fills what is empty and adds names",
			[]stockdigest.Ticker{hand, sec},
			stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp.", Exchange: "NYSE", CIK: "0000000123", Source: "starter", Names: united},
		},
		{
			"the order does not matter",
			[]stockdigest.Ticker{sec, hand},
			stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp.", Exchange: "NYSE", CIK: "0000000123", Source: "starter", Names: united},
		},
		{
			"a night beats the SEC",
			[]stockdigest.Ticker{night, sec},
			stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corporation", Exchange: "OTC", CIK: "0000000123", Source: "night", Names: sec.Names},
		},
		{
			"of two equal ones the later",
			[]stockdigest.Ticker{hand, file},
			stockdigest.Ticker{Symbol: "ACME", Name: "Acme Inc.", Exchange: "TSX", Source: "file", Names: hand.Names},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for engine, open := range storetest.Engines() {
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					db := open(t)
					for _, ticker := range test.save {
						must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{ticker}))
					}
					got, err := db.Ticker(t.Context(), "ACME")
					must(t, err)
					same(t, got, test.want)
				})
			}
		})
	}
}

func TestTickersComeSortedWithTheirNames(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			names := []stockdigest.Name{{Text: "Bee", Kind: stockdigest.NameCompany}}
			must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{
				{Symbol: "a-lower", Name: "A"}, {Symbol: "Z", Name: "Zed"}, {Symbol: "B", Name: "Bee Inc.", Names: names},
			}))
			got, err := db.Tickers(t.Context())
			must(t, err)
			same(t, got, []stockdigest.Ticker{{Symbol: "B", Name: "Bee Inc.", Names: names}, {Symbol: "Z", Name: "Zed"}, {Symbol: "a-lower", Name: "A"}})
		})
	}
}

func TestUnknownTickerIsNotFound(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			_, err := db.Ticker(t.Context(), "NONE")
			wantKind(t, err, stockdigest.ErrNotFound)
			wantKind(t, db.SetFeeds(t.Context(), "NONE", nil), stockdigest.ErrNotFound)
			_, err = db.OpenRun(t.Context(), stockdigest.Run{Ticker: "NONE", Kind: stockdigest.Daily, AsOf: morning})
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

func TestSetFeedsReconcilesAndKeepsHealth(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := seeded(t, db, articleAt(1)) // polls https://feeds.example/one
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: "PEER", Name: "Peer Inc."}}))
			feed := func(url string, role stockdigest.Role) stockdigest.TickerFeed {
				return stockdigest.TickerFeed{Feed: stockdigest.Feed{URL: url, Source: "feed"}, Role: role}
			}
			must(t, db.SetFeeds(ctx, "PEER", []stockdigest.TickerFeed{feed("https://feeds.example/one", stockdigest.RoleCompany)}))
			must(t, db.SetFeeds(ctx, "ACME", []stockdigest.TickerFeed{
				feed("https://feeds.example/one", stockdigest.RoleCompany), feed("https://feeds.example/old", stockdigest.RoleCompany),
			}))
			must(t, db.SetFeeds(ctx, "ACME", []stockdigest.TickerFeed{
				feed("https://feeds.example/one", stockdigest.RoleCompetitor), feed("https://feeds.example/new", stockdigest.RoleCompany),
			}))
			shared := feed("https://feeds.example/one", stockdigest.RoleCompetitor)
			shared.Feed.Health = pollOf("", 1).Health
			same(t, materialOf(t, db, run).Feeds, []stockdigest.TickerFeed{feed("https://feeds.example/new", stockdigest.RoleCompany), shared})
			shared.Role = stockdigest.RoleCompany
			same(t, materialOf(t, db, claimFor(t, db, "PEER", morning)).Feeds, []stockdigest.TickerFeed{shared})
		})
	}
}

func TestBadFeedsAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
	for name, feed := range map[string]stockdigest.TickerFeed{
		"role":     {Feed: stockdigest.Feed{URL: "https://feeds.example/"}, Role: "friend"},
		"no URL":   {Role: stockdigest.RoleCompany},
		"long URL": {Feed: stockdigest.Feed{URL: "https://feeds.example/" + string(make([]byte, 2000))}, Role: stockdigest.RoleCompany},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantKind(t, db.SetFeeds(t.Context(), "ACME", []stockdigest.TickerFeed{feed}), stockdigest.ErrInvalid)
		})
	}
}
