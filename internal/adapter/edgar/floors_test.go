//go:build !race

package edgar_test

import (
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
)

func TestSplitItemsReachesTheFloors(t *testing.T) {
	t.Parallel()
	r, err := eval.FilingItems(datatest.Dir(t, "edgar", "items_benchmark"), edgar.SplitItems, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Figures["items/f1"] < 0.995 || r.Figures["items/text_f1"] < 0.985 {
		t.Errorf("got %v, want items/f1 of at least 0.995 and items/text_f1 of at least 0.985", r.Figures)
	}
}
