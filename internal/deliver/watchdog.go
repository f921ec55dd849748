package deliver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// Mails gives planned mails.
type Mails interface {
	Delivery(ctx context.Context, id stockdigest.DeliveryID) (stockdigest.Delivery, error)
}

// Watched is what the watchdog looks at: planned mails, and the slots that were
// taken, latest first.
type Watched interface {
	Mails
	SlotsTaken(ctx context.Context, limit int) ([]stockdigest.SlotRecord, error)
}

// grace is how long after its time a digest may be under way before somebody is
// told.
const grace = 15 * time.Minute

// Watch tells the operator of digests that were expected and are not handed
// over fifteen minutes after their time, and of readers for whom the night made
// no report at all: one mail for each moment at which digests were due. It may be
// called at any time, by any process, and returns how many mails it planned.
func (d *Digester) Watch(ctx context.Context, rows Watched) (planned int, err error) {
	readers, err := d.rows.Readers(ctx, stockdigest.ReaderActive)
	if err != nil {
		return 0, err
	}
	w := watch{Digester: d, seen: rows, had: map[stockdigest.Day][]stockdigest.Digest{}, reports: map[time.Time][]stockdigest.Report{}}
	missing := map[time.Time][]stockdigest.MissingDigest{}
	for _, r := range readers {
		day, at, ok := d.overdue(r)
		if !ok || !r.Mails.Agreed || !r.CreatedAt.Before(at) {
			continue
		}
		at = at.UTC()
		lacks, err := w.lacks(ctx, r, day, at)
		if err != nil {
			return 0, fmt.Errorf("look for the digest of reader %s: %w", r.ID, err)
		}
		missing[at] = append(missing[at], lacks...)
	}
	var plan []stockdigest.Delivery
	for at, digests := range missing {
		if len(digests) == 0 {
			continue
		}
		mail, err := d.notSent(at, digests)
		if err != nil {
			return 0, err
		}
		plan = append(plan, mail)
	}
	return d.rows.AddDeliveries(ctx, plan)
}

// overdue is the day of a reader whose digest should be handed over by now, and
// when it was due. Once it is too late to make up for it nobody looks any more.
func (d *Digester) overdue(r stockdigest.Reader) (stockdigest.Day, time.Time, bool) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return "", time.Time{}, false // was refused when the reader was saved
	}
	now := d.now()
	today := stockdigest.DayOf(now, zone)
	for _, day := range []stockdigest.Day{today, today.Add(-1)} {
		at := day.At(d.morning.At, zone)
		if late := now.Sub(at); late >= grace && late < max(d.morning.CatchUp, time.Hour)+grace {
			return day, at, true
		}
	}
	return "", time.Time{}, false
}

// A watch is one look, which reads every row once.
type watch struct {
	*Digester
	seen    Watched
	had     map[stockdigest.Day][]stockdigest.Digest
	reports map[time.Time][]stockdigest.Report
	slots   []stockdigest.SlotRecord
}

// lacks are the digests of a reader's day that are not handed over.
func (w *watch) lacks(ctx context.Context, r stockdigest.Reader, day stockdigest.Day, at time.Time) ([]stockdigest.MissingDigest, error) {
	if _, read := w.had[day]; !read {
		had, err := w.rows.Digests(ctx, stockdigest.DigestFilter{Day: day})
		if err != nil {
			return nil, err
		}
		w.had[day] = had
	}
	last := map[stockdigest.Symbol]stockdigest.Digest{}
	for _, g := range w.had[day] {
		if g.Reader == r.ID && g.Dry == w.morning.Dry && g.Version > last[g.Ticker].Version {
			last[g.Ticker] = g
		}
	}
	var lacks []stockdigest.MissingDigest
	for _, g := range last {
		missing, ok, err := w.unsent(ctx, g)
		if err != nil {
			return nil, err
		}
		if ok {
			lacks = append(lacks, missing)
		}
	}
	unmade, err := w.unmade(ctx, r, at, last)
	return append(lacks, unmade...), err
}

// unsent says why a digest is not handed over, if it ought to be.
func (w *watch) unsent(ctx context.Context, g stockdigest.Digest) (stockdigest.MissingDigest, bool, error) {
	missing := stockdigest.MissingDigest{Reader: g.Reader, Digest: g.ID, Ticker: g.Ticker, State: string(g.State), Why: g.Reason}
	if g.State == stockdigest.DigestSent || g.State == stockdigest.DigestCancelled {
		return missing, false, nil
	}
	key := stockdigest.DeliveryKey{Period: g.Period(), Kind: stockdigest.MailDigest, Recipient: stockdigest.Recipient(g.Reader), Dry: g.Dry}
	mail, err := w.seen.Delivery(ctx, key.ID())
	switch {
	case errors.Is(err, stockdigest.ErrNotFound):
		missing.Why = cmp.Or(missing.Why, "no mail of it was planned")
		return missing, true, nil
	case err != nil:
		return missing, false, err
	}
	switch mail.State {
	case stockdigest.DeliveryAccepted, stockdigest.DeliveryRefused, stockdigest.DeliverySuppressed:
		return missing, false, nil
	case stockdigest.DeliveryUnknown:
		missing.Why = cmp.Or(mail.Cause, "nobody knows whether the mail server has it")
	case stockdigest.DeliveryPending, stockdigest.DeliverySending:
		missing.Why = cmp.Or(mail.Cause, mail.Answer, "its mail waits")
	}
	missing.State, missing.Since = "mail "+string(mail.State), mail.CreatedAt
	if !mail.StartedAt.IsZero() {
		missing.Since = mail.StartedAt
	}
	return missing, true, nil
}

// unmade are the digests that were not made though there are reports for them, or
// though the night that was to make some was begun.
func (w *watch) unmade(
	ctx context.Context, r stockdigest.Reader, at time.Time, had map[stockdigest.Symbol]stockdigest.Digest,
) (lacks []stockdigest.MissingDigest, err error) {
	if _, all := had[""]; all || len(had) > 0 && !r.Mails.PerTicker || len(r.Tickers) == 0 {
		return nil, nil
	}
	if !r.Mails.PerTicker {
		why, err := w.whyNone(ctx, r, at, r.Tickers)
		return lacking(lacks, r.ID, "", why), err
	}
	for _, symbol := range r.Tickers {
		if _, made := had[symbol]; made {
			continue
		}
		why, err := w.whyNone(ctx, r, at, []stockdigest.Symbol{symbol})
		if err != nil {
			return nil, err
		}
		lacks = lacking(lacks, r.ID, symbol, why)
	}
	return lacks, nil
}

func lacking(lacks []stockdigest.MissingDigest, reader stockdigest.ReaderID, ticker stockdigest.Symbol, why string) []stockdigest.MissingDigest {
	if why == "" {
		return lacks
	}
	return append(lacks, stockdigest.MissingDigest{Reader: reader, Ticker: ticker, State: "none", Why: why})
}

// whyNone says why there ought to be a digest of companies, and nothing when
// there ought not: on a day without a night, or before the reader was there.
func (w *watch) whyNone(ctx context.Context, r stockdigest.Reader, at time.Time, symbols []stockdigest.Symbol) (string, error) {
	since, until := w.morning.Night(at)
	if _, read := w.reports[at]; !read {
		reports, err := w.rows.ReportsBetween(ctx, since, until)
		if err != nil {
			return "", err
		}
		w.reports[at] = reports
	}
	if slices.ContainsFunc(w.reports[at], func(report stockdigest.Report) bool { return slices.Contains(symbols, report.Ticker) }) {
		return "there are reports, and no digest was made", nil
	}
	if w.slots == nil {
		slots, err := w.seen.SlotsTaken(ctx, looked)
		if err != nil {
			return "", err
		}
		w.slots = slots
	}
	begun := slices.ContainsFunc(w.slots, func(s stockdigest.SlotRecord) bool {
		return s.Kind == stockdigest.SlotProcess && s.TakenAt.After(since) && !s.TakenAt.After(until) && r.CreatedAt.Before(s.TakenAt)
	})
	if begun {
		return "the night made no report for this digest", nil
	}
	return "", nil
}

// notSent is the mail about what was due at a moment.
func (d *Digester) notSent(at time.Time, digests []stockdigest.MissingDigest) (stockdigest.Delivery, error) {
	slices.SortFunc(digests, func(a, b stockdigest.MissingDigest) int {
		return cmp.Or(cmp.Compare(a.Reader, b.Reader), cmp.Compare(a.Ticker, b.Ticker))
	})
	matter, err := json.Marshal(stockdigest.MissingMatter{Due: at, Digests: digests})
	if err != nil {
		return stockdigest.Delivery{}, fmt.Errorf("note what was not sent: %w", err)
	}
	key := stockdigest.DeliveryKey{
		Period: at.Format("2006-01-02 15:04Z"), Kind: stockdigest.MailMissing, Recipient: stockdigest.Operator, Dry: d.morning.Dry,
	}
	return stockdigest.Delivery{DeliveryKey: key, Matter: matter}, nil
}
