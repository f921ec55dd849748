package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// strength orders the sources of a ticker: what a person wrote by hand beats
// what a recorded night brought, and that beats the SEC's list.
func strength(source string) int {
	switch source {
	case "starter", "file":
		return 3
	case "night":
		return 2
	case "sec":
		return 1
	}
	return 0
}

// SaveTickers adds tickers to those that are known. Of two sources the
// stronger one says name, exchange and CIK, and the later of two equal ones; a
// weaker one fills what is empty. Names are united, and the stronger source
// says what a name stands for, so an import never wipes what a person wrote. A
// long list is saved in several transactions: when one fails, the tickers
// before it are kept, and saving the list again completes it.
func (d *DB) SaveTickers(ctx context.Context, tickers []stockdigest.Ticker) error {
	sorted := slices.Clone(tickers)
	slices.SortStableFunc(sorted, func(a, b stockdigest.Ticker) int { return cmp.Compare(a.Symbol, b.Symbol) })
	for _, t := range sorted {
		if err := t.Validate(); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(sorted, tickersAtOnce) {
		if err := d.update(ctx, "save tickers", func(q *db.Queries) error { return saveTickers(ctx, q, some) }); err != nil {
			return err
		}
	}
	return nil
}

// tickersAtOnce is how many tickers one transaction saves.
const tickersAtOnce = 1000

func saveTickers(ctx context.Context, q *db.Queries, tickers []stockdigest.Ticker) error {
	var rows []db.UpsertTickerParams
	var names []db.UpsertTickerNameParams
	for _, t := range tickers {
		rows = append(rows, db.UpsertTickerParams{
			Symbol: clean(string(t.Symbol)), Name: clean(t.Name), Exchange: clean(t.Exchange), Cik: t.CIK,
			Source: clean(t.Source), Strength: strength(t.Source),
		})
		for _, n := range t.Names {
			names = append(names, db.UpsertTickerNameParams{
				Symbol: clean(string(t.Symbol)), Name: clean(n.Text), Kind: string(n.Kind), Strength: strength(t.Source),
			})
		}
	}
	if err := q.UpsertTickers(ctx, rows); err != nil {
		return err
	}
	return q.UpsertTickerNames(ctx, names)
}

// Ticker returns a ticker by its symbol, or an ErrNotFound.
func (d *DB) Ticker(ctx context.Context, symbol stockdigest.Symbol) (t stockdigest.Ticker, err error) {
	err = d.view(ctx, "read ticker "+string(symbol), func(q *db.Queries) error {
		t, err = tickerOf(ctx, q, symbol)
		return err
	})
	return t, err
}

func tickerOf(ctx context.Context, q *db.Queries, symbol stockdigest.Symbol) (stockdigest.Ticker, error) {
	row, err := q.Ticker(ctx, string(symbol))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Ticker{}, stockdigest.NotFound("no ticker " + string(symbol))
	}
	if err != nil {
		return stockdigest.Ticker{}, err
	}
	names, err := q.TickerNames(ctx, row.Symbol)
	if err != nil {
		return stockdigest.Ticker{}, err
	}
	t := ticker(row.Symbol, row.Name, row.Exchange, row.Cik, row.Source)
	for _, n := range names {
		t.Names = append(t.Names, stockdigest.Name{Text: n.Name, Kind: stockdigest.NameKind(n.Kind)})
	}
	return t, nil
}

// Tickers returns every ticker, by symbol.
func (d *DB) Tickers(ctx context.Context) ([]stockdigest.Ticker, error) {
	var tickers []stockdigest.Ticker
	err := d.view(ctx, "read tickers", func(q *db.Queries) error {
		rows, err := q.Tickers(ctx)
		if err != nil {
			return err
		}
		names, err := q.AllTickerNames(ctx)
		if err != nil {
			return err
		}
		tickers = make([]stockdigest.Ticker, 0, len(rows))
		for _, r := range rows {
			t := ticker(r.Symbol, r.Name, r.Exchange, r.Cik, r.Source)
			for len(names) > 0 && names[0].Symbol == r.Symbol {
				t.Names = append(t.Names, stockdigest.Name{Text: names[0].Name, Kind: stockdigest.NameKind(names[0].Kind)})
				names = names[1:]
			}
			tickers = append(tickers, t)
		}
		return nil
	})
	return tickers, err
}

func ticker(symbol, name, exchange, cik, source string) stockdigest.Ticker {
	return stockdigest.Ticker{
		Symbol: stockdigest.Symbol(symbol), Name: name, Exchange: exchange, CIK: cik, Source: source,
	}
}
