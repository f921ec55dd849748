package stockdigest_test

import (
	"testing"

	"stockdigest.app/stockdigest"
)

func TestRungsGoDownAndEndAtTheLast(t *testing.T) {
	t.Parallel()
	all := stockdigest.Rungs()
	for i, r := range all {
		if want := all[min(i+1, len(all)-1)]; r.Below() != want {
			t.Errorf("below %q is %q, want %q", r, r.Below(), want)
		}
		if got := r.Worse(stockdigest.RungFewer); got != all[max(i, 1)] {
			t.Errorf("the worse of %q and %q is %q", r, stockdigest.RungFewer, got)
		}
		if r.Degraded() != (i > 0) || r.Paid() != (i < 3) {
			t.Errorf("%q: degraded %t, paid %t", r, r.Degraded(), r.Paid())
		}
	}
	if got := stockdigest.Rung("").Worse(stockdigest.RungFull); got.Degraded() {
		t.Errorf("got %q, want nothing degraded", got)
	}
}
