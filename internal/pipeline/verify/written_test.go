package verify_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

func TestRunKeepsHowTheDraftWasWritten(t *testing.T) {
	t.Parallel()
	want := stockdigest.Written{Read: 3, Of: 9, Why: "the budget of the run is spent"}
	store := &fakeStore{draft: stockdigest.Draft{Writer: "m-1", Rung: stockdigest.RungFewer, Written: want}}
	if err := verify.New(store).Run(t.Context(), stockdigest.Run{}); err != nil {
		t.Fatalf("Run: %v", err)
	}
	if got := store.saved; got.Writer != "m-1" || got.Rung != stockdigest.RungFewer || got.Written != want {
		t.Errorf("got %q on %q, %+v, want all three as the writer told them", got.Writer, got.Rung, got.Written)
	}
}
