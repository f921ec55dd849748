package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

// NightRows is what is known of the runs of a night.
type NightRows interface {
	Mails
	SlotsTaken(ctx context.Context, limit int) ([]stockdigest.SlotRecord, error)
	Batch(ctx context.Context, id stockdigest.BatchID) (stockdigest.Batch, error)
	Runs(ctx context.Context, f stockdigest.RunFilter) ([]stockdigest.Run, error)
	Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error)
	Draft(ctx context.Context, run stockdigest.Run) (stockdigest.Draft, error)
	Calls(ctx context.Context, f stockdigest.CallFilter) ([]stockdigest.Call, error)
	AddDeliveries(ctx context.Context, planned []stockdigest.Delivery) (int, error)
}

// Reviews says how often the operator gets the selection and content reviews.
type Reviews string

// The reviews.
const (
	ReviewsOff   Reviews = "off"
	ReviewsBatch Reviews = "batch" // one of each for a night
	ReviewsRun   Reviews = "run"   // one of each for a run
)

// Validate refuses anything else.
func (r Reviews) Validate() error {
	if r == ReviewsOff || r == ReviewsBatch || r == ReviewsRun {
		return nil
	}
	return stockdigest.Invalid(fmt.Sprintf("%q is not off, batch or run", string(r)))
}

// Nights tells the operator what became of nights: when the last run of one has
// ended, or its deadline has passed, that it is ready, and before that, when it
// is asked for, what each run selected and wrote.
type Nights struct {
	rows    NightRows
	reviews Reviews
	due     func(now time.Time) time.Time
	dry     bool
	now     func() time.Time
}

// NewNights returns it. Due is the next moment at which digests go out by
// themselves; it may be nil: they never do.
func NewNights(rows NightRows, reviews Reviews, due func(now time.Time) time.Time, dry bool, now func() time.Time) *Nights {
	return &Nights{rows: rows, reviews: reviews, due: due, dry: dry, now: now}
}

const (
	recent = 24 * time.Hour // a night that began before is not spoken of any more
	looked = 200            // slots taken last: more than are taken in that time
	most   = 1000           // runs of a night
)

// Tick plans what is to be told now. It may be called at any time, by any
// process: each night and run is told once. It returns how many mails it
// planned.
func (n *Nights) Tick(ctx context.Context) (planned int, err error) {
	slots, err := n.rows.SlotsTaken(ctx, looked)
	if err != nil {
		return 0, err
	}
	for _, slot := range slots {
		if slot.Kind != stockdigest.SlotProcess || slot.Batch == "" || n.now().Sub(slot.TakenAt) > recent {
			continue
		}
		more, e := n.night(ctx, slot.Batch)
		if planned += more; e != nil {
			err = errors.Join(err, fmt.Errorf("tell of batch %s: %w", slot.Batch, e))
		}
	}
	return planned, err
}

// night tells of one night, unless it was told to its end.
func (n *Nights) night(ctx context.Context, id stockdigest.BatchID) (int, error) {
	known, err := n.planned(ctx, n.key(string(id), stockdigest.MailBatch))
	if err != nil || known {
		return 0, err
	}
	batch, err := n.rows.Batch(ctx, id)
	if err != nil {
		return 0, err
	}
	over := batch.Counts.Open() == 0 || !batch.Deadline.IsZero() && !n.now().Before(batch.Deadline)
	if !over && n.reviews != ReviewsRun {
		return 0, nil
	}
	runs, err := n.rows.Runs(ctx, stockdigest.RunFilter{Batch: id, Limit: most})
	if err != nil {
		return 0, err
	}
	planned := 0
	if n.reviews == ReviewsRun {
		if planned, err = n.reviewRuns(ctx, runs); err != nil {
			return planned, err
		}
	}
	if !over {
		return planned, nil
	}
	mails, err := n.ready(ctx, batch, runs)
	if err != nil {
		return planned, err
	}
	added, err := n.rows.AddDeliveries(ctx, mails)
	return planned + added, err
}

// reviewRuns plans the reviews of the runs that have a report and none yet.
func (n *Nights) reviewRuns(ctx context.Context, runs []stockdigest.Run) (planned int, err error) {
	for _, run := range runs {
		if run.State != stockdigest.RunDone {
			continue
		}
		known, err := n.planned(ctx, n.key(string(run.ID), stockdigest.MailContent))
		if err != nil {
			return planned, err
		}
		if known {
			continue
		}
		review, err := n.review(ctx, run)
		if err != nil {
			return planned, err
		}
		mails, err := n.reviewMails(string(run.ID), stockdigest.ReviewMatter{Runs: []stockdigest.Review{review}})
		if err != nil {
			return planned, err
		}
		added, err := n.rows.AddDeliveries(ctx, mails)
		if planned += added; err != nil {
			return planned, err
		}
	}
	return planned, nil
}

// ready are the mails about a night that is over.
func (n *Nights) ready(ctx context.Context, batch stockdigest.Batch, runs []stockdigest.Run) ([]stockdigest.Delivery, error) {
	matter := stockdigest.BatchMatter{
		Batch: batch.ID, Kind: batch.Kind, Note: batch.Note, Began: batch.CreatedAt, Counts: batch.Counts,
		Reports: map[stockdigest.ReportStatus]int{},
	}
	if n.due != nil {
		matter.Due = n.due(n.now())
	}
	if batch.Counts.Open() > 0 {
		matter.Ended = n.now()
	}
	reviews := stockdigest.ReviewMatter{Batch: batch.ID}
	for _, run := range runs {
		if run.EndedAt.After(matter.Ended) {
			matter.Ended = run.EndedAt
		}
		if run.State != stockdigest.RunDone {
			cost, err := n.cost(ctx, run.ID)
			if err != nil {
				return nil, err
			}
			matter.Cost += cost
			matter.Look = append(matter.Look, stockdigest.Attention{Ticker: run.Ticker, What: string(run.State), Why: run.Cause})
			continue
		}
		review, err := n.review(ctx, run)
		if err != nil {
			return nil, err
		}
		matter.Cost += review.Cost
		matter.Reports[review.Report.Status]++
		if review.Report.Status == stockdigest.ReportHeld {
			matter.Look = append(matter.Look, stockdigest.Attention{Ticker: run.Ticker, What: "held", Why: review.Report.Reason})
		}
		if n.reviews == ReviewsBatch {
			reviews.Runs = append(reviews.Runs, review)
		}
	}
	var mails []stockdigest.Delivery
	if len(reviews.Runs) > 0 {
		var err error
		if mails, err = n.reviewMails(string(batch.ID), reviews); err != nil {
			return nil, err
		}
	}
	mail, err := n.mail(string(batch.ID), stockdigest.MailBatch, matter)
	return append(mails, mail), err
}

// review is a run with what it wrote and paid.
func (n *Nights) review(ctx context.Context, run stockdigest.Run) (r stockdigest.Review, err error) {
	r.Run = run.ID
	if r.Report, err = n.rows.Report(ctx, run.ID); err != nil {
		return r, err
	}
	draft, err := n.rows.Draft(ctx, run)
	if err != nil && !errors.Is(err, stockdigest.ErrNotFound) { // drafts are not kept for ever
		return r, err
	}
	r.Drops = draft.Dropped
	r.Cost, err = n.cost(ctx, run.ID)
	return r, err
}

// allCalls is more calls than a run can make.
const allCalls = 100_000

func (n *Nights) cost(ctx context.Context, run stockdigest.RunID) (stockdigest.Micros, error) {
	calls, err := n.rows.Calls(ctx, stockdigest.CallFilter{Run: run, Limit: allCalls})
	var sum stockdigest.Micros
	for _, c := range calls {
		sum += c.Cost
	}
	return sum, err
}

func (n *Nights) reviewMails(period string, matter stockdigest.ReviewMatter) ([]stockdigest.Delivery, error) {
	var mails []stockdigest.Delivery
	for _, kind := range []stockdigest.MailKind{stockdigest.MailSelection, stockdigest.MailContent} {
		mail, err := n.mail(period, kind, matter)
		if err != nil {
			return nil, err
		}
		mails = append(mails, mail)
	}
	return mails, nil
}

func (n *Nights) mail(period string, kind stockdigest.MailKind, matter any) (stockdigest.Delivery, error) {
	body, err := json.Marshal(matter)
	if err != nil {
		return stockdigest.Delivery{}, fmt.Errorf("note the matter of a mail: %w", err)
	}
	return stockdigest.Delivery{DeliveryKey: n.key(period, kind), Matter: body}, nil
}

func (n *Nights) key(period string, kind stockdigest.MailKind) stockdigest.DeliveryKey {
	return stockdigest.DeliveryKey{Period: period, Kind: kind, Recipient: stockdigest.Operator, Dry: n.dry}
}

// planned reports whether a mail is in the ledger.
func (n *Nights) planned(ctx context.Context, key stockdigest.DeliveryKey) (bool, error) {
	_, err := n.rows.Delivery(ctx, key.ID())
	if errors.Is(err, stockdigest.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
