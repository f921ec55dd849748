package deliver_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A box has alerts that wait, and digests.
type box struct {
	alerts  []stockdigest.Delivery
	digests []stockdigest.Digest
	dropped []string
}

func (b *box) Deliveries(_ context.Context, f stockdigest.DeliveryFilter) ([]stockdigest.Delivery, error) {
	return slices.DeleteFunc(slices.Clone(b.alerts), func(d stockdigest.Delivery) bool {
		return stockdigest.DayOf(d.CreatedAt, f.Zone) != f.Day
	}), nil
}

func (b *box) Digests(_ context.Context, f stockdigest.DigestFilter) ([]stockdigest.Digest, error) {
	return slices.DeleteFunc(slices.Clone(b.digests), func(g stockdigest.Digest) bool { return g.Reader != f.Reader || g.State != f.State }), nil
}

func (b *box) Digest(_ context.Context, id stockdigest.DigestID) (stockdigest.Digest, error) {
	return b.digests[slices.IndexFunc(b.digests, func(g stockdigest.Digest) bool { return g.ID == id })], nil
}

func (b *box) DropAlert(_ context.Context, id stockdigest.DeliveryID, _ string) (bool, error) {
	b.dropped = append(b.dropped, string(id))
	return true, nil
}

func TestAnAlertIsDroppedOnceItsReadersDigestToldIt(t *testing.T) {
	t.Parallel()
	alert := func(id string, who stockdigest.Recipient, url string, until time.Time) stockdigest.Delivery {
		matter, err := json.Marshal(stockdigest.AlertMatter{Stories: []stockdigest.Alert{{Story: "s " + stockdigest.StoryID(url), URL: url}}})
		if err != nil {
			t.Fatal(err)
		}
		return stockdigest.Delivery{
			DeliveryKey: stockdigest.DeliveryKey{Kind: stockdigest.MailAlert, Recipient: who},
			ID:          stockdigest.DeliveryID(id), Matter: matter, CreatedAt: at(-2, 0), NotBefore: until,
		}
	}
	told := []stockdigest.Report{{
		Articles: []stockdigest.ReportArticle{{URL: "told", Story: "1"}, {URL: "listed", Story: "2"}, {URL: "dropped"}},
		Filings:  []stockdigest.ReportFiling{{URL: "filed", Story: "1"}},
		Sections: []stockdigest.Section{{Bullets: []stockdigest.Bullet{{Story: "1"}, {Story: "s same"}}}},
	}}
	b := &box{
		alerts: []stockdigest.Delivery{
			alert("told", "ada", "told", at(9, 0)), alert("filed", "ada", "filed", at(9, 0)), alert("same", "ada", "same", at(9, 0)),
			alert("listed only", "ada", "listed", at(9, 0)), alert("not selected", "ada", "dropped", at(9, 0)),
			alert("not there", "ada", "other", at(9, 0)), alert("did not wait", "ada", "told", at(-2, 0)),
			alert("operator", stockdigest.Operator, "told", at(9, 0)), alert("held", "bob", "told", at(9, 0)),
			alert("told before", "cyd", "told", at(9, 0)),
		},
		digests: []stockdigest.Digest{
			{ID: "a", Reader: "ada", State: stockdigest.DigestSent, Due: at(8, 30), Reports: told},
			{ID: "b", Reader: "bob", State: stockdigest.DigestHeld, Due: at(8, 30), Reports: told},
			{ID: "c", Reader: "cyd", State: stockdigest.DigestSent, Due: at(-16, 0), Reports: told},
		},
	}
	n, err := deliver.DropTold(t.Context(), b, at(8, 40))
	if err != nil || n != 3 {
		t.Errorf("dropped %d, %v", n, err)
	}
	if diff := cmp.Diff([]string{"told", "filed", "same"}, b.dropped); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
