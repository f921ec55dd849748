package deliver_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A ledger of digest mails has what a test says of each reader's, and a night that
// was begun at two on the day of the tests.
type mailbook map[stockdigest.DeliveryID]stockdigest.Delivery

func (mailbook) SlotsTaken(context.Context, int) ([]stockdigest.SlotRecord, error) {
	return []stockdigest.SlotRecord{
		{Slot: stockdigest.Slot{Kind: stockdigest.SlotSend}, TakenAt: at(7, 0)},
		{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}, TakenAt: at(2, 0)},
		{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}, TakenAt: at(-22, 0)},
	}, nil
}

func (b mailbook) Delivery(_ context.Context, id stockdigest.DeliveryID) (stockdigest.Delivery, error) {
	if d, ok := b[id]; ok {
		return d, nil
	}
	return stockdigest.Delivery{}, stockdigest.NotFound("no delivery " + string(id))
}

func (b mailbook) add(reader, period string, state stockdigest.DeliveryState) {
	key := stockdigest.DeliveryKey{Period: period, Kind: stockdigest.MailDigest, Recipient: stockdigest.Recipient(reader)}
	b[key.ID()] = stockdigest.Delivery{DeliveryKey: key, State: state, CreatedAt: at(8, 30)}
}

// A watcher looks for digests that were not sent.
type watcher func(*desk, mailbook) (int, error)

func watchdog(d *desk, mails mailbook) (int, error) { return d.Watch(d.t.Context(), mails) }

// sentAlone is a watchdog that looks at the digests there are and takes one
// whose mail was planned for one that was sent.
func sentAlone(d *desk, _ mailbook) (int, error) {
	var missing []stockdigest.MissingDigest
	for _, g := range d.rows.digests {
		if g.State != stockdigest.DigestSent && g.State != stockdigest.DigestSending {
			missing = append(missing, stockdigest.MissingDigest{Reader: g.Reader, State: string(g.State)})
		}
	}
	matter, err := json.Marshal(stockdigest.MissingMatter{Due: at(8, 30), Digests: missing})
	if err != nil {
		return 0, err
	}
	return d.rows.AddDeliveries(d.t.Context(), []stockdigest.Delivery{{
		DeliveryKey: stockdigest.DeliveryKey{Period: "2026-11-24 08:30Z", Kind: stockdigest.MailMissing, Recipient: stockdigest.Operator}, Matter: matter,
	}})
}

// watchFaults plays a morning on which everything happened to somebody, and
// says what is wrong with what the operator is told.
func watchFaults(t *testing.T, look watcher) string {
	t.Helper()
	d, mails := newDesk(t, nil), mailbook{}
	d.report("AAA", stockdigest.ReportReady, 1)
	for reader, state := range map[string]stockdigest.DigestState{
		"sent": stockdigest.DigestSent, "cancelled": stockdigest.DigestCancelled, "held": stockdigest.DigestHeld,
		"waits": stockdigest.DigestSending, "doubt": stockdigest.DigestSending, "refused": stockdigest.DigestFailed, "left": stockdigest.DigestFailed,
	} {
		d.reader(reader, "AAA")
		d.rows.digests = append(d.rows.digests, stockdigest.Digest{
			ID: stockdigest.DigestID(reader), Reader: stockdigest.ReaderID(reader), Day: "2026-11-24", Version: 1, State: state, Due: at(8, 30),
		})
	}
	d.reader("forgotten", "AAA")
	d.reader("unreported", "BBB")
	d.reader("lookers-on") // who follow nothing
	d.reader("new", "BBB")
	d.rows.readers[len(d.rows.readers)-1].CreatedAt = at(3, 0) // after the night was begun
	d.reader("silent", "AAA")
	d.rows.readers[len(d.rows.readers)-1].Mails.Agreed = false
	d.reader("fresh", "AAA")
	d.rows.readers[len(d.rows.readers)-1].CreatedAt = at(8, 40)
	d.reader("west", "AAA")
	d.rows.readers[len(d.rows.readers)-1].TimeZone = "America/New_York"
	for reader, state := range map[string]stockdigest.DeliveryState{
		"sent": stockdigest.DeliveryAccepted, "waits": stockdigest.DeliveryPending, "doubt": stockdigest.DeliveryUnknown,
		"refused": stockdigest.DeliveryRefused, "left": stockdigest.DeliverySuppressed,
	} {
		mails.add(reader, "2026-11-24", state)
	}
	d.now = at(8, 44)
	if n, err := look(d, mails); err != nil || n > 0 {
		t.Fatalf("before the time: %d, %v", n, err)
	}
	d.now = at(8, 45)
	if _, err := look(d, mails); err != nil {
		t.Fatal(err)
	}
	if len(d.rows.mails) != 1 {
		t.Fatalf("got %d mails, want one", len(d.rows.mails))
	}
	var told stockdigest.MissingMatter
	if err := json.Unmarshal(d.rows.mails[0].Matter, &told); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range told.Digests {
		got[string(m.Reader)] = m.State
	}
	want := map[string]string{"held": "held", "waits": "mail pending", "doubt": "mail unknown", "forgotten": "none", "unreported": "none"}
	return cmp.Diff(want, got)
}

func TestTheWatchdogNamesWhoHasNoDigestAndWhy(t *testing.T) {
	t.Parallel()
	if watchFaults(t, func(d *desk, mails mailbook) (int, error) {
		if d.now.Before(at(8, 45)) {
			return 0, nil
		}
		return sentAlone(d, mails)
	}) == "" {
		t.Fatal("a watchdog that looks at digests alone passes")
	}
	if diff := watchFaults(t, watchdog); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheWatchdogNamesEachMomentOnceAndNoAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(m *deliver.Morning) {
		m.Night = func(time.Time) (since, until time.Time) { return at(1, 0), at(8, 0) }
	})
	d.report("AAA", stockdigest.ReportReady, 1)
	d.reader("east", "AAA")
	d.reader("west", "AAA")
	d.rows.readers[0].Email = "ada@example.com"
	d.rows.readers[1].TimeZone = "America/New_York" // five hours later
	periods := map[string]int{}
	for _, now := range []time.Time{at(8, 45), at(9, 0), at(13, 45), at(13, 50), at(20, 0)} {
		d.now, d.rows.mails = now, nil
		if _, err := d.Watch(t.Context(), mailbook{}); err != nil {
			t.Fatal(err)
		}
		for _, m := range d.rows.mails {
			periods[m.Period]++
			if strings.Contains(string(m.Matter), "@") {
				t.Errorf("the mail has an address in it: %s", m.Matter)
			}
		}
	}
	want := []string{"2026-11-24 08:30Z", "2026-11-24 13:30Z"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(periods))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheWatchdogKnowsDigestsByCompany(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.report("AAA", stockdigest.ReportReady, 1)
	d.report("BBB", stockdigest.ReportReady, 1)
	d.reader("ada", "AAA", "BBB", "CCC")
	d.rows.readers[0].Mails.PerTicker = true
	d.rows.digests = []stockdigest.Digest{{ID: "g", Reader: "ada", Day: "2026-11-24", Ticker: "AAA", Version: 1, State: stockdigest.DigestSent}}
	d.now = at(9, 0)
	if _, err := d.Watch(t.Context(), mailbook{}); err != nil {
		t.Fatal(err)
	}
	var told stockdigest.MissingMatter
	if err := json.Unmarshal(d.rows.mails[0].Matter, &told); err != nil {
		t.Fatal(err)
	}
	want := []stockdigest.MissingDigest{{Reader: "ada", Ticker: "BBB", State: "none", Why: "there are reports, and no digest was made"}, {Reader: "ada", Ticker: "CCC", State: "none", Why: "the night made no report for this digest"}}
	if diff := cmp.Diff(want, told.Digests); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheWatchdogIsSilentOnADayWithoutANight(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "AAA")
	d.now = at(8, 45).AddDate(0, 0, 4)
	if n, err := d.Watch(t.Context(), mailbook{}); err != nil || n > 0 {
		t.Errorf("got %d mails, %v, want none: nothing was due", n, err)
	}
}
