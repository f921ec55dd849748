package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Rows is what the digester reads and changes.
type Rows interface {
	Readers(ctx context.Context, state stockdigest.ReaderState) ([]stockdigest.Reader, error)
	ReportsBetween(ctx context.Context, since, until time.Time) ([]stockdigest.Report, error)
	Digests(ctx context.Context, f stockdigest.DigestFilter) ([]stockdigest.Digest, error)
	AddDigest(ctx context.Context, made stockdigest.Digest) (stockdigest.Digest, error)
	NewDigestVersion(ctx context.Context, made stockdigest.Digest) (stockdigest.Digest, error)
	FillDigest(ctx context.Context, g stockdigest.Digest) error
	MoveDigest(ctx context.Context, id stockdigest.DigestID, from, to stockdigest.DigestState, reason, approved string) error
	SendDigest(ctx context.Context, id stockdigest.DigestID) (bool, error)
	AddDeliveries(ctx context.Context, planned []stockdigest.Delivery) (int, error)
}

// A Previews says which digests the operator gets to see before their readers.
type Previews string

// The previews.
const (
	PreviewNone Previews = "none"
	PreviewOne  Previews = "one" // the first of each day
	PreviewAll  Previews = "all"
)

// Morning says when digests go out and who lets them.
type Morning struct {
	At      stockdigest.ClockTime // where the reader is
	Review  time.Duration         // how long before it a digest is made, for people to look at
	CatchUp time.Duration         // how long after it one that was missed still goes
	ByHand  bool                  // none goes that nobody approved
	Preview Previews
	Dry     bool

	// Night returns the span of the as-of times of the night's reports that a
	// digest due at a moment is made of.
	Night func(due time.Time) (since, until time.Time)
}

// A Digester makes digests of stored reports and lets them go at their time.
// Whatever it does may be done again, by any process: a reader has one digest a
// day.
type Digester struct {
	morning Morning
	rows    Rows
	now     func() time.Time
	log     *slog.Logger
}

// NewDigester returns a digester.
func NewDigester(m Morning, rows Rows, now func() time.Time, log *slog.Logger) *Digester {
	return &Digester{morning: m, rows: rows, now: now, log: log}
}

// A Tally counts what one look did.
type Tally struct {
	Made    int // digests
	Held    int // of those, that a person must look at
	Planned int // mails to readers
	Expired int // digests whose time is over
}

// String is one line for people.
func (t Tally) String() string {
	line := fmt.Sprintf("%d digests made, %d mails on their way", t.Made, t.Planned)
	if t.Held > 0 {
		line += fmt.Sprintf(", %d held for a person to look at", t.Held)
	}
	if t.Expired > 0 {
		line += fmt.Sprintf(", %d too late", t.Expired)
	}
	return line
}

// Tick makes the digests that are to be looked at now, and plans the mails of
// those whose time has come.
func (d *Digester) Tick(ctx context.Context) (Tally, error) {
	var tally Tally
	due, err := d.due(ctx)
	if err != nil {
		return tally, err
	}
	err = d.all(ctx, due, &tally)
	expired, e := d.expire(ctx)
	tally.Expired = expired
	return tally, errors.Join(err, e)
}

// all does what is due, each reader for itself.
func (d *Digester) all(ctx context.Context, due []dueDigest, tally *Tally) (err error) {
	for _, one := range due {
		if e := d.one(ctx, one, tally); e != nil && !errors.Is(e, stockdigest.ErrConflict) { // moved on: another process did it
			err = errors.Join(err, fmt.Errorf("digest of %s for reader %s: %w", one.day, one.reader.ID, e))
		}
	}
	return err
}

// Now makes digests of the newest night for every reader who has none of this
// day, or for those that are named, and lets them go at once: by hand, on
// whatever day it is. What is held stays so.
func (d *Digester) Now(ctx context.Context, only []stockdigest.ReaderID) (Tally, error) {
	var tally Tally
	due, err := d.dueNow(ctx, only)
	if err != nil {
		return tally, err
	}
	return tally, d.all(ctx, due, &tally)
}

// A dueDigest is one reader's day, before it is split by company.
type dueDigest struct {
	reader  stockdigest.Reader
	day     stockdigest.Day
	at      time.Time
	reports []stockdigest.Report // of the night, of any company
	had     []stockdigest.Digest // that the reader has of the day
}

// due returns the days of readers that are looked at now.
func (d *Digester) due(ctx context.Context) ([]dueDigest, error) {
	now := d.now()
	return d.gather(ctx, func(r stockdigest.Reader, zone *time.Location) (stockdigest.Day, time.Time, bool) {
		today := stockdigest.DayOf(now, zone)
		// Just after midnight the day before may still be made up, and just
		// before it the day after may be made already.
		for _, day := range []stockdigest.Day{today.Add(1), today, today.Add(-1)} {
			at := day.At(d.morning.At, zone)
			if !now.Before(at.Add(-d.morning.Review)) && now.Before(at.Add(d.morning.CatchUp)) {
				return day, at, r.CreatedAt.Before(at)
			}
		}
		return "", time.Time{}, false
	}, d.morning.Night)
}

func (d *Digester) dueNow(ctx context.Context, only []stockdigest.ReaderID) ([]dueDigest, error) {
	now := d.now()
	return d.gather(ctx, func(r stockdigest.Reader, zone *time.Location) (stockdigest.Day, time.Time, bool) {
		return stockdigest.DayOf(now, zone), now, len(only) == 0 || slices.Contains(only, r.ID)
	}, d.lastDay)
}

// lastDay is what a digest by hand is made of: the last night, and what was
// made by hand since.
func (d *Digester) lastDay(now time.Time) (since, until time.Time) {
	since, _ = d.morning.Night(now)
	if day := now.Add(-24 * time.Hour); day.Before(since) {
		since = day
	}
	return since, now
}

// gather reads what the days that when chooses need, each row once.
func (d *Digester) gather(
	ctx context.Context, when func(stockdigest.Reader, *time.Location) (stockdigest.Day, time.Time, bool),
	span func(due time.Time) (since, until time.Time),
) ([]dueDigest, error) {
	readers, err := d.rows.Readers(ctx, stockdigest.ReaderActive)
	if err != nil {
		return nil, err
	}
	var all []dueDigest
	had := map[stockdigest.Day][]stockdigest.Digest{}
	nights := map[[2]time.Time][]stockdigest.Report{}
	for _, r := range readers {
		zone, err := time.LoadLocation(r.TimeZone)
		if err != nil || !r.Mails.Agreed || len(r.Tickers) == 0 {
			continue // a zone that does not load was refused when the reader was saved
		}
		day, at, ok := when(r, zone)
		if !ok {
			continue
		}
		if _, read := had[day]; !read {
			if had[day], err = d.rows.Digests(ctx, stockdigest.DigestFilter{Day: day}); err != nil {
				return nil, err
			}
		}
		since, until := span(at)
		night := [2]time.Time{since, until}
		if _, read := nights[night]; !read {
			if nights[night], err = d.rows.ReportsBetween(ctx, since, until); err != nil {
				return nil, err
			}
		}
		all = append(all, dueDigest{
			reader: r, day: day, at: at, reports: newest(nights[night]),
			had: slices.DeleteFunc(slices.Clone(had[day]), func(g stockdigest.Digest) bool {
				return g.Reader != r.ID || g.Dry != d.morning.Dry
			}),
		})
	}
	return all, nil
}

// newest keeps the last version of each company's newest report.
func newest(reports []stockdigest.Report) []stockdigest.Report {
	last := map[stockdigest.Symbol]stockdigest.Report{}
	for _, r := range reports {
		before, ok := last[r.Ticker]
		if !ok || r.AsOf.After(before.AsOf) || r.AsOf.Equal(before.AsOf) && r.Version > before.Version {
			last[r.Ticker] = r
		}
	}
	kept := make([]stockdigest.Report, 0, len(last))
	for _, r := range last {
		kept = append(kept, r)
	}
	return stockdigest.OrderReports(kept)
}

// one makes, fills, or lets go what a reader gets of a day.
func (d *Digester) one(ctx context.Context, due dueDigest, tally *Tally) error {
	if !due.reader.Mails.PerTicker {
		return d.mail(ctx, due, "", due.reader.Tickers, tally)
	}
	var err error
	for _, symbol := range due.reader.Tickers {
		err = errors.Join(err, d.mail(ctx, due, symbol, []stockdigest.Symbol{symbol}, tally))
	}
	return err
}

// mail does so for one mail.
func (d *Digester) mail(ctx context.Context, due dueDigest, ticker stockdigest.Symbol, symbols []stockdigest.Symbol, tally *Tally) error {
	g, ok := latest(due.had, ticker)
	var err error
	switch {
	case ok:
		g, err = d.refill(ctx, g, d.make(due, ticker, symbols))
	case due.hasOtherForm(ticker):
		return nil
	default:
		g, ok, err = d.first(ctx, d.make(due, ticker, symbols), tally)
	}
	if err != nil || !ok {
		return err
	}
	return d.letGo(ctx, g, tally)
}

// hasOtherForm reports whether a reader who changed from one mail to several,
// or back, has a mail of the day in the other form.
func (due dueDigest) hasOtherForm(ticker stockdigest.Symbol) bool {
	return slices.ContainsFunc(due.had, func(g stockdigest.Digest) bool { return (g.Ticker == "") != (ticker == "") })
}

// first keeps a digest that was not there before, unless nothing was found out
// about its companies.
func (d *Digester) first(ctx context.Context, made stockdigest.Digest, tally *Tally) (stockdigest.Digest, bool, error) {
	if len(made.ReportIDs) == 0 {
		return made, false, nil
	}
	kept, err := d.rows.AddDigest(ctx, made)
	if err != nil {
		return kept, false, err
	}
	tally.Made++
	if kept.State == stockdigest.DigestHeld {
		tally.Held++
	}
	return kept, true, d.preview(ctx, kept)
}

// refill gives a digest what is there now, as long as no person spoke of it.
func (d *Digester) refill(ctx context.Context, g, made stockdigest.Digest) (stockdigest.Digest, error) {
	if !open(g.State) || g.Approved != "" || strings.HasPrefix(g.Reason, heldBy) {
		return g, nil
	}
	if made.State == g.State && slices.Equal(made.ReportIDs, g.ReportIDs) || len(made.ReportIDs) == 0 {
		return g, nil
	}
	made.ID, made.Version, made.Due, made.AsOf = g.ID, g.Version, g.Due, g.AsOf
	return made, d.rows.FillDigest(ctx, made)
}

func open(s stockdigest.DigestState) bool {
	return s == stockdigest.DigestDraft || s == stockdigest.DigestReady || s == stockdigest.DigestHeld
}

// latest is the last version of the mail about a company, or all.
func latest(had []stockdigest.Digest, ticker stockdigest.Symbol) (last stockdigest.Digest, ok bool) {
	for _, g := range had {
		if g.Ticker == ticker && g.Version > last.Version {
			last, ok = g, true
		}
	}
	return last, ok
}

const (
	// Why a digest is held without a person's word, and how the reason of a
	// person begins.
	heldReports = "every report in it is held: too much of it failed the checks, or nothing could be read"
	heldBy      = "held by "
)

// make is a digest of what is there now. Held reports are left out of it; when
// there is nothing else they are in it, and it is held. It is a draft while
// reports are missing and there is time.
func (d *Digester) make(due dueDigest, ticker stockdigest.Symbol, symbols []stockdigest.Symbol) stockdigest.Digest {
	g := stockdigest.Digest{
		Reader: due.reader.ID, Day: due.day, Ticker: ticker, Version: 1, Dry: d.morning.Dry, State: stockdigest.DigestReady,
		Due: due.at, AsOf: due.at, TimeZone: due.reader.TimeZone,
	}
	var held []string
	var heldIDs []stockdigest.ReportID
	for _, r := range due.reports {
		switch {
		case !slices.Contains(symbols, r.Ticker):
		case r.Status == stockdigest.ReportHeld:
			held, heldIDs = append(held, string(r.Ticker)), append(heldIDs, r.ID)
		default:
			g.ReportIDs = append(g.ReportIDs, r.ID)
		}
	}
	switch {
	case len(held) > 0 && len(g.ReportIDs) == 0:
		g.State, g.Reason, g.ReportIDs = stockdigest.DigestHeld, heldReports, heldIDs
	case len(held) > 0:
		g.Reason = "without the held reports of " + strings.Join(held, ", ")
	}
	if len(g.ReportIDs)+len(held) < len(symbols) && d.now().Before(due.at) && g.State == stockdigest.DigestReady {
		g.State = stockdigest.DigestDraft
	}
	return g
}

// letGo plans the mail of a digest whose time has come.
func (d *Digester) letGo(ctx context.Context, g stockdigest.Digest, tally *Tally) error {
	now := d.now()
	if g.State == stockdigest.DigestDraft && !now.Before(g.Due) {
		if err := d.rows.MoveDigest(ctx, g.ID, stockdigest.DigestDraft, stockdigest.DigestReady, g.Reason, ""); err != nil {
			return err
		}
		g.State = stockdigest.DigestReady
	}
	if g.State != stockdigest.DigestReady || now.Before(g.Due) || d.morning.ByHand && g.Approved == "" {
		return nil
	}
	planned, err := d.rows.SendDigest(ctx, g.ID)
	if planned {
		tally.Planned++
	}
	return err
}

// preview plans the operator's view of a digest.
func (d *Digester) preview(ctx context.Context, g stockdigest.Digest) error {
	key := stockdigest.DeliveryKey{Kind: stockdigest.MailPreview, Recipient: stockdigest.Operator, Dry: g.Dry}
	switch d.morning.Preview {
	case PreviewOne:
		key.Period = string(g.Day)
	case PreviewAll:
		key.Period = g.Period() + " " + string(g.Reader)
	default:
		return nil
	}
	_, err := d.rows.AddDeliveries(ctx, []stockdigest.Delivery{{DeliveryKey: key, Digest: g.ID}})
	return err
}

// expire ends digests that nobody let go while it was their time: whoever is
// asked to approve, or to look at a held one, has until then.
func (d *Digester) expire(ctx context.Context) (int, error) {
	today := stockdigest.DayOf(d.now(), time.UTC)
	expired := 0
	for _, day := range []stockdigest.Day{today.Add(1), today, today.Add(-1), today.Add(-2)} {
		had, err := d.rows.Digests(ctx, stockdigest.DigestFilter{Day: day})
		if err != nil {
			return expired, err
		}
		for _, g := range had {
			if !open(g.State) || g.Dry != d.morning.Dry || d.now().Before(g.Due.Add(d.morning.CatchUp)) {
				continue
			}
			reason := cmp.Or(g.Reason, "nobody approved it in time")
			if err := d.rows.MoveDigest(ctx, g.ID, g.State, stockdigest.DigestFailed, reason, ""); err != nil {
				if errors.Is(err, stockdigest.ErrConflict) {
					continue
				}
				return expired, err
			}
			expired++
		}
	}
	return expired, nil
}

// Hold keeps a digest back until somebody approves or cancels it. One whose
// mail is under way is an ErrConflict.
func (d *Digester) Hold(ctx context.Context, g stockdigest.Digest, by string) error {
	if g.State != stockdigest.DigestDraft && g.State != stockdigest.DigestReady {
		return wrongState(g, "held")
	}
	return d.rows.MoveDigest(ctx, g.ID, g.State, stockdigest.DigestHeld, heldBy+by, "")
}

// Approve lets a digest go at its time, or at once when that is over, whatever
// held it. What is in it then does not change any more.
func (d *Digester) Approve(ctx context.Context, g stockdigest.Digest, by string) error {
	if !open(g.State) {
		return wrongState(g, "approved")
	}
	if err := d.rows.MoveDigest(ctx, g.ID, g.State, stockdigest.DigestReady, g.Reason, by); err != nil {
		return err
	}
	g.State, g.Approved = stockdigest.DigestReady, by
	return d.letGo(ctx, g, &Tally{})
}

// Cancel ends a digest that has not gone.
func (d *Digester) Cancel(ctx context.Context, g stockdigest.Digest, by string) error {
	if !open(g.State) {
		return wrongState(g, "cancelled")
	}
	return d.rows.MoveDigest(ctx, g.ID, g.State, stockdigest.DigestCancelled, "cancelled by "+by, "")
}

// Again makes a new version of a digest that was cancelled or failed, of the
// reports that are there now, approved by whoever asks. The mail of a version
// that went out is never sent again.
func (d *Digester) Again(ctx context.Context, g stockdigest.Digest, by string) (stockdigest.Digest, error) {
	if g.State != stockdigest.DigestCancelled && g.State != stockdigest.DigestFailed {
		return g, wrongState(g, "made again")
	}
	since, _ := d.morning.Night(g.Due)
	reports, err := d.rows.ReportsBetween(ctx, since, d.now())
	if err != nil {
		return g, err
	}
	wanted := map[stockdigest.Symbol]bool{}
	for _, r := range reports {
		if slices.Contains(g.ReportIDs, r.ID) {
			wanted[r.Ticker] = true
		}
	}
	made := g
	made.ID, made.State, made.Reason, made.Approved, made.ReportIDs = "", stockdigest.DigestReady, "", by, nil
	for _, r := range newest(reports) {
		if wanted[r.Ticker] {
			made.ReportIDs = append(made.ReportIDs, r.ID)
		}
	}
	if made, err = d.rows.NewDigestVersion(ctx, made); err != nil {
		return made, err
	}
	return made, d.letGo(ctx, made, &Tally{})
}

func wrongState(g stockdigest.Digest, done string) error {
	return &stockdigest.Error{
		Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("the digest of %s is %s: it cannot be %s", g.Day, g.State, done),
	}
}
