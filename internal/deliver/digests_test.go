package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A shelf is the rows of a test.
type shelf struct {
	readers []stockdigest.Reader
	reports []stockdigest.Report
	digests []stockdigest.Digest
	mails   []stockdigest.Delivery
}

func (s *shelf) Readers(context.Context, stockdigest.ReaderState) ([]stockdigest.Reader, error) {
	return s.readers, nil
}

func (s *shelf) ReportsBetween(_ context.Context, since, until time.Time) ([]stockdigest.Report, error) {
	return slices.DeleteFunc(slices.Clone(s.reports), func(r stockdigest.Report) bool {
		return !r.AsOf.After(since) || r.AsOf.After(until)
	}), nil
}

func (s *shelf) Digests(_ context.Context, f stockdigest.DigestFilter) ([]stockdigest.Digest, error) {
	return slices.DeleteFunc(slices.Clone(s.digests), func(g stockdigest.Digest) bool { return g.Day != f.Day }), nil
}

func (s *shelf) AddDigest(_ context.Context, made stockdigest.Digest) (stockdigest.Digest, error) {
	made.ID = stockdigest.DigestID(string(made.Reader) + " " + made.Period() + " " + strconv.Itoa(made.Version))
	s.digests = append(s.digests, made)
	return made, nil
}

func (s *shelf) NewDigestVersion(ctx context.Context, made stockdigest.Digest) (stockdigest.Digest, error) {
	made.Version++
	return s.AddDigest(ctx, made)
}

func (s *shelf) FillDigest(_ context.Context, g stockdigest.Digest) error {
	d := s.find(g.ID)
	d.ReportIDs, d.State, d.Reason = g.ReportIDs, g.State, g.Reason
	return nil
}

func (s *shelf) MoveDigest(_ context.Context, id stockdigest.DigestID, from, to stockdigest.DigestState, reason, approved string) error {
	d := s.find(id)
	if d.State != from {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "moved on"}
	}
	d.State, d.Reason = to, reason
	if approved != "" {
		d.Approved = approved
	}
	return nil
}

func (s *shelf) SendDigest(_ context.Context, id stockdigest.DigestID) (bool, error) {
	d := s.find(id)
	if d.State != stockdigest.DigestReady {
		return false, nil
	}
	d.State = stockdigest.DigestSending
	s.mails = append(s.mails, stockdigest.Delivery{Digest: id})
	return true, nil
}

func (s *shelf) AddDeliveries(_ context.Context, planned []stockdigest.Delivery) (int, error) {
	s.mails = append(s.mails, planned...)
	return len(planned), nil
}

func (s *shelf) find(id stockdigest.DigestID) *stockdigest.Digest {
	return &s.digests[slices.IndexFunc(s.digests, func(g stockdigest.Digest) bool { return g.ID == id })]
}

// A desk is a digester on a clock that the test sets, in UTC, with sending at
// 08:30 and the night from two to eight.
type desk struct {
	*deliver.Digester
	t    *testing.T
	rows *shelf
	now  time.Time
}

var theDay = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func at(hour, minute int) time.Time {
	return theDay.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func newDesk(t *testing.T, change func(*deliver.Morning)) *desk {
	t.Helper()
	d := &desk{t: t, rows: &shelf{}, now: at(8, 0)}
	m := deliver.Morning{
		At: 8*60 + 30, Review: 30 * time.Minute, CatchUp: 6 * time.Hour, Preview: deliver.PreviewNone,
		Night: func(due time.Time) (since, until time.Time) {
			day := due.Truncate(24 * time.Hour)
			return day.Add(time.Hour), day.Add(8 * time.Hour)
		},
	}
	if change != nil {
		change(&m)
	}
	d.Digester = deliver.NewDigester(m, d.rows, func() time.Time { return d.now }, slog.New(slog.DiscardHandler))
	return d
}

func (d *desk) reader(id string, symbols ...stockdigest.Symbol) {
	d.rows.readers = append(d.rows.readers, stockdigest.Reader{
		ID: stockdigest.ReaderID(id), TimeZone: "UTC", Tickers: symbols, Mails: stockdigest.MailWishes{Agreed: true},
		State: stockdigest.ReaderActive,
	})
}

func (d *desk) report(symbol stockdigest.Symbol, status stockdigest.ReportStatus, version int, impacts ...stockdigest.Impact) {
	r := stockdigest.Report{
		ID: stockdigest.ReportID(string(symbol) + strconv.Itoa(version)), Ticker: symbol, Status: status, AsOf: at(2, 0), Version: version,
	}
	for _, i := range impacts {
		r.Sections = append(r.Sections, stockdigest.Section{Bullets: []stockdigest.Bullet{{Impact: i}}})
	}
	d.rows.reports = append(d.rows.reports, r)
}

func (d *desk) tick(now time.Time) {
	d.t.Helper()
	d.now = now
	if _, err := d.Tick(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// is fails unless there is one digest, in a state, of these reports.
func (d *desk) is(state stockdigest.DigestState, mails int, reports ...stockdigest.ReportID) {
	d.t.Helper()
	if len(d.rows.digests) != 1 {
		d.t.Fatalf("got %d digests, want 1", len(d.rows.digests))
	}
	g := d.rows.digests[0]
	if g.State != state || !slices.Equal(g.ReportIDs, reports) || len(d.rows.mails) != mails {
		d.t.Errorf("at %s: got %s of %v and %d mails, want %s of %v and %d", d.now.Format("15:04"), g.State, g.ReportIDs, len(d.rows.mails), state, reports, mails)
	}
}

func TestDigestIsMadeBeforeItsTimeAndGoesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME", "BOLT")
	d.report("ACME", stockdigest.ReportReady, 1, stockdigest.ImpactLow)
	d.tick(at(7, 59))
	if len(d.rows.digests) > 0 {
		t.Fatal("a digest was made before the review")
	}
	d.tick(at(8, 0))
	d.is(stockdigest.DigestDraft, 0, "ACME1")
	d.report("BOLT", stockdigest.ReportReady, 1, stockdigest.ImpactHigh)
	d.tick(at(8, 1))
	d.is(stockdigest.DigestReady, 0, "BOLT1", "ACME1")
	d.report("ACME", stockdigest.ReportReady, 2, stockdigest.ImpactLow) // late bullets
	d.tick(at(8, 29))
	d.is(stockdigest.DigestReady, 0, "BOLT1", "ACME2")
	d.tick(at(8, 30))
	d.is(stockdigest.DigestSending, 1, "BOLT1", "ACME2")
	d.report("ACME", stockdigest.ReportReady, 3, stockdigest.ImpactLow)
	for minute := range 30 {
		d.tick(at(8, 31+minute))
	}
	d.is(stockdigest.DigestSending, 1, "BOLT1", "ACME2")
}

func TestDigestGoesAtItsTimeThoughAReportIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME", "BOLT")
	d.report("ACME", stockdigest.ReportPartial, 1)
	d.tick(at(8, 10))
	d.tick(at(8, 30))
	d.is(stockdigest.DigestSending, 1, "ACME1")
}

func TestHeldReportsStayOutAndAloneHoldTheDigest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME", "BOLT")
	d.report("ACME", stockdigest.ReportHeld, 1)
	d.tick(at(8, 0))
	d.is(stockdigest.DigestHeld, 0, "ACME1")
	d.tick(at(9, 0))
	d.is(stockdigest.DigestHeld, 0, "ACME1")
	if err := d.Approve(t.Context(), d.rows.digests[0], "ops"); err != nil {
		t.Fatal(err)
	}
	d.is(stockdigest.DigestSending, 1, "ACME1")

	other := newDesk(t, nil)
	other.reader("ada", "ACME", "BOLT")
	other.report("ACME", stockdigest.ReportHeld, 1)
	other.report("BOLT", stockdigest.ReportQuiet, 1)
	other.tick(at(8, 30))
	other.is(stockdigest.DigestSending, 1, "BOLT1")
}

func TestHeldDigestWaitsForAPersonAndThenExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME")
	d.report("ACME", stockdigest.ReportReady, 1)
	d.tick(at(8, 0))
	if err := d.Hold(t.Context(), d.rows.digests[0], "ops"); err != nil {
		t.Fatal(err)
	}
	d.tick(at(8, 30))
	d.is(stockdigest.DigestHeld, 0, "ACME1")
	d.tick(at(14, 30))
	d.is(stockdigest.DigestFailed, 0, "ACME1")
	if err := d.Approve(t.Context(), d.rows.digests[0], "ops"); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("a failed digest was approved: %v", err)
	}
	again, err := d.Again(t.Context(), d.rows.digests[0], "ops")
	if err != nil {
		t.Fatal(err)
	}
	if again.Version != 2 || len(d.rows.mails) != 1 {
		t.Errorf("got version %d and %d mails, want 2 and 1", again.Version, len(d.rows.mails))
	}
}

func TestNothingGoesUnapprovedWhenAPersonMustApprove(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(m *deliver.Morning) { m.ByHand = true })
	d.reader("ada", "ACME")
	d.report("ACME", stockdigest.ReportReady, 1)
	d.tick(at(8, 30))
	d.is(stockdigest.DigestReady, 0, "ACME1")
	if err := d.Approve(t.Context(), d.rows.digests[0], "ops"); err != nil {
		t.Fatal(err)
	}
	d.is(stockdigest.DigestSending, 1, "ACME1")
}

func TestReaderOfOneMailPerCompanyGetsOneEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME", "BOLT", "COIL")
	d.rows.readers[0].Mails.PerTicker = true
	d.report("ACME", stockdigest.ReportReady, 1)
	d.report("BOLT", stockdigest.ReportQuiet, 1)
	d.tick(at(8, 30))
	if len(d.rows.digests) != 2 || len(d.rows.mails) != 2 {
		t.Errorf("got %d digests and %d mails, want 2 and 2", len(d.rows.digests), len(d.rows.mails))
	}
	d.rows.readers[0].Mails.PerTicker = false
	d.tick(at(8, 40))
	if len(d.rows.digests) != 2 {
		t.Error("who changed to one mail got the day's news twice")
	}
}

func TestNoDigestWithoutReportsConsentOrCompanies(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME")
	d.reader("bob", "BOLT")
	d.reader("cyn")
	d.rows.readers[1].Mails.Agreed = false
	d.report("BOLT", stockdigest.ReportReady, 1)
	d.tick(at(8, 30))
	if len(d.rows.digests) != 0 {
		t.Errorf("got %d digests, want none", len(d.rows.digests))
	}
}

func TestDigestByHandIsOfNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.reader("ada", "ACME")
	d.reader("bob", "ACME")
	d.report("ACME", stockdigest.ReportReady, 1)
	d.now = at(16, 0)
	tally, err := d.Now(t.Context(), []stockdigest.ReaderID{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	if tally.Made != 1 || tally.Planned != 1 || d.rows.digests[0].Reader != "bob" {
		t.Errorf("got %+v", tally)
	}
	if tally, err = d.Now(t.Context(), nil); err != nil || tally.Made != 1 || d.rows.digests[1].Reader != "ada" {
		t.Errorf("got %+v, %v: want ada's only", tally, err)
	}
}
