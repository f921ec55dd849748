// Package tickers brings the table of listed companies: a starter of the
// best-known symbols, written by hand with the names, brands, products and
// people that texts use, and importers for the public lists as they lie (SEC,
// exchanges, S&P 500, FinanceDatabase). Nothing here fetches.
package tickers

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

//go:embed starter.txt
var starter string

// starterColumns are the columns of the starter file, in order.
const starterColumns = 9

// Starter returns the starter table, best-known listing of a company first. A
// former symbol (FB, TWTR) stays as long as recorded nights and old texts use
// it.
func Starter() []stockdigest.Ticker {
	rows, err := parseStarter(starter)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return rows
}

func parseStarter(file string) ([]stockdigest.Ticker, error) {
	var rows []stockdigest.Ticker
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		t, err := starterRow(line)
		if err != nil {
			return nil, fmt.Errorf("read starter line %d: %w", n, err)
		}
		rows = append(rows, t)
	}
	return rows, nil
}

func starterRow(line string) (stockdigest.Ticker, error) {
	cols := strings.Split(line, "|")
	if len(cols) > starterColumns || len(cols) < 4 {
		return stockdigest.Ticker{}, stockdigest.Invalid(fmt.Sprintf("%d columns, want 4 to %d", len(cols), starterColumns))
	}
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	t := stockdigest.Ticker{Symbol: stockdigest.Symbol(cols[0]), Exchange: cols[1], CIK: cols[2], Name: cols[3], Source: "starter"}
	kinds := []stockdigest.NameKind{
		stockdigest.NameCompany, stockdigest.NameBrand, stockdigest.NameProduct, stockdigest.NamePerson, stockdigest.NameContext,
	}
	for i, list := range cols[4:] {
		for text := range strings.SplitSeq(list, ";") {
			if text = strings.TrimSpace(text); text != "" {
				t.Names = append(t.Names, stockdigest.Name{Text: text, Kind: kinds[i]})
			}
		}
	}
	slices.SortStableFunc(t.Names, func(a, b stockdigest.Name) int { return cmp.Compare(a.Text, b.Text) })
	return t, t.Validate()
}
