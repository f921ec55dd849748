package verify_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

func TestShortUpdateLineHolds(t *testing.T) {
	t.Parallel()
	body := "Brightwell Corp. lowered its price target to $44 from $58."
	b := stockdigest.Bullet{Text: body, Update: "now $44", Evidence: []stockdigest.Evidence{{
		Source: "a1", Quote: body, End: len(body), Hash: stockdigest.Hash(body),
	}}}
	source := func(string) (string, bool) { return body, true }
	if failures := verify.Check(b, source); len(failures) > 0 {
		t.Errorf("got %v, want none", failures)
	}
	b.Update = "now $45"
	if failures := verify.Check(b, source); len(failures) == 0 {
		t.Error("an update with another amount was let through")
	}
}
