package names_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// large returns a table of ten thousand companies around the starter.
func large(tb testing.TB) []stockdigest.Ticker {
	tb.Helper()
	rows := starter(tb)
	for i := len(rows); i < 10_000; i++ {
		rows = append(rows, stockdigest.Ticker{Symbol: stockdigest.Symbol(fmt.Sprintf("Q%d", i)), Name: fmt.Sprintf("Quarrel%d Systems Holdings Inc.", i)})
	}
	return rows
}

const story = "Apple Inc. said on Tuesday that iPhone sales in China fell 24%, while Walmart, Target and Costco raised their outlook. " +
	"Volkswagen's Audi showed the e-tron Sportback in Los Angeles, and the Gap reported earnings (NYSE: GAP). "

func TestFindIsLinear(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(large(t))
	for _, unit := range []string{story, "Bank of America Bank of ", "Apple ", "Johnson & ", "((((", "$", "A.", "’s", "\xff"} {
		text := strings.Repeat(unit, 1<<18/len(unit))
		start := time.Now()
		l.Find(text)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("256 kB of %q took %v", unit, took)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	l := names.NewLinker(large(b))
	text := strings.Repeat(story, 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		l.Find(text)
	}
}

func BenchmarkNewLinker(b *testing.B) {
	rows := large(b)
	for b.Loop() {
		names.NewLinker(rows)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Apple’s iPhone <AAPL.O> (NASDAQ: AAPL) $AAPL", "Johnson & Johnson's")
	f.Add("\xff’s", "’s’s")
	f.Add("Target", "TARGET CORP.")
	l := names.NewLinker(starter(f))
	apple, _ := l.Ticker("AAPL")
	f.Fuzz(func(t *testing.T, a, b string) {
		end := 0
		for _, m := range l.Find(a) {
			if m.Start < end || m.End <= m.Start || m.End > len(a) || a[m.Start:m.End] != m.Text {
				t.Fatalf("Find(%q): mention %+v is not in the text, or overlaps", a, m)
			}
			end = m.End
		}
		if v := l.About(apple, a, b, b); v.Reason == "" || v.About && !v.Sure {
			t.Fatalf("About(%q, %q): %+v", a, b, v)
		}
	})
}
