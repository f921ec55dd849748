//go:build !race

package page_test

// These tests measure: the race detector would slow them to minutes and has a
// heap of its own. CI runs them in its plain pass.

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/page"
)

func TestReadBoundsHostilePages(t *testing.T) { //nolint:paralleltest // it measures time and the heap of the process
	const mostBytes, hang = 100 << 20, time.Minute // far above the 2 s promised, so that a loaded machine decides nothing
	for name, source := range hostile() {
		t.Run(name, func(t *testing.T) {
			var err error
			start := time.Now()
			peak := peakHeap(func() { _, err = page.Read([]byte(source), "https://example.com/2019/11/20/story") })
			took := time.Since(start)
			t.Logf("%v, %d MB alive at most, %v", took.Round(time.Millisecond), peak>>20, err)
			if took > hang {
				t.Errorf("took %v", took)
			}
			if peak > mostBytes {
				t.Errorf("%d bytes are alive at once, want at most %d", peak, mostBytes)
			}
			if err != nil && !typed(err) {
				t.Errorf("got %v, want one of the package's errors", err)
			}
		})
	}
}

// TestReadReachesItsFloors holds the figures that the product promises.
func TestReadReachesItsFloors(t *testing.T) {
	t.Parallel()
	result, err := eval.Extraction(datatest.Dir(t, "extraction"), func(html []byte, url string) eval.Page {
		a, _ := page.Read(html, url)
		return eval.Page{Text: a.Text, Title: a.Title, Author: a.Author, PublishedAt: a.PublishedAt}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	floors := map[string]float64{
		"aeb181/f1": 0.965, "wcxb_articles/f1": 0.940, "fundus_en85/f1": 0.945,
		"fundus_en85/dates": 0.95, "fundus_en85/titles": 0.85, "fundus_en85/authors": 0.89,
	}
	t.Logf("figures: %v", result.Figures)
	for figure, floor := range floors {
		if result.Figures[figure] < floor {
			t.Errorf("%s is %.4f, want at least %.3f", figure, result.Figures[figure], floor)
		}
	}
}
