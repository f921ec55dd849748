package names_test

import (
	"fmt"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

func TestLegalExp(t *testing.T) {
	rows := starter(t)
	for i := range rows {
		rows[i].Names = nil
	}
	l := names.NewLinker(rows)
	bad := 0
	for _, c := range nasty() {
		row, _ := l.Ticker(stockdigest.Symbol(c.symbol))
		v := l.About(row, c.title, "", "")
		if v.About != c.yes {
			bad++
			fmt.Printf("%s: %q: about=%v (%s), want %v\n", c.symbol, c.title, v.About, v.Reason, c.yes)
		}
	}
	fmt.Println(bad, "of", len(nasty()))
}
