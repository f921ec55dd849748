package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// AddDigest keeps a new version of a digest: the first, unless there are some.
// A version that is there already stays as it is, and comes back.
func (d *DB) AddDigest(ctx context.Context, made stockdigest.Digest) (kept stockdigest.Digest, err error) {
	if made.Version <= 0 {
		made.Version = 1
	}
	if err := made.State.Validate(); err != nil {
		return made, err
	}
	made.ID = digestID(made)
	reports, err := json.Marshal(idsOf(made.ReportIDs))
	if err != nil {
		return made, fmt.Errorf("keep digest %s: %w", made.ID, err)
	}
	err = d.together(ctx, "keep digest "+string(made.ID), func(q *db.Queries) error {
		_, err := q.AddDigest(ctx, db.AddDigestParams{
			ID: string(made.ID), ReaderID: string(made.Reader), Day: string(made.Day), Ticker: string(made.Ticker), Version: made.Version,
			Dry: made.Dry, State: string(made.State), Reason: clean(made.Reason), Approved: clean(made.Approved), Due: db.At(made.Due),
			AsOf: db.At(made.AsOf), TimeZone: made.TimeZone, Reports: string(reports), CreatedAt: db.At(d.now()),
		})
		if err != nil {
			return err
		}
		row, err := q.Digest(ctx, string(made.ID))
		if err != nil {
			return err
		}
		kept, err = digest(db.DigestsRow(row))
		return err
	})
	return kept, err
}

// digestID names a version of a digest.
func digestID(g stockdigest.Digest) stockdigest.DigestID {
	parts := []string{string(g.Reader), string(g.Day), string(g.Ticker), strconv.Itoa(g.Version), strconv.FormatBool(g.Dry)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return stockdigest.DigestID(hex.EncodeToString(sum[:16]))
}

func idsOf(ids []stockdigest.ReportID) []stockdigest.ReportID {
	if ids == nil {
		return []stockdigest.ReportID{}
	}
	return ids
}

// NewDigestVersion keeps a version of a digest after the latest one, which must
// be at its end: while it is not, that is an ErrConflict.
func (d *DB) NewDigestVersion(ctx context.Context, made stockdigest.Digest) (stockdigest.Digest, error) {
	err := d.view(ctx, "look for versions of a digest", func(q *db.Queries) error {
		latest, err := q.DigestVersions(ctx, db.DigestVersionsParams{
			ReaderID: string(made.Reader), Day: string(made.Day), Ticker: string(made.Ticker), Dry: made.Dry,
		})
		if err != nil {
			return err
		}
		n, _ := latest.(int64) // coalesce gives a number in any case
		made.Version = int(n)
		if made.Version == 0 {
			return nil
		}
		row, err := q.Digest(ctx, string(digestID(made)))
		if err == nil && !stockdigest.DigestState(row.State).Final() {
			return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "version " + strconv.Itoa(made.Version) + " is " + row.State + ": cancel it first"}
		}
		return err
	})
	if err != nil {
		return made, err
	}
	made.Version++
	return d.AddDigest(ctx, made)
}

// Digest returns a digest with the reports it is made of, or an ErrNotFound.
func (d *DB) Digest(ctx context.Context, id stockdigest.DigestID) (found stockdigest.Digest, err error) {
	err = d.view(ctx, "read digest "+string(id), func(q *db.Queries) error {
		row, err := q.Digest(ctx, string(id))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("no digest " + string(id))
		}
		if err != nil {
			return err
		}
		if found, err = digest(db.DigestsRow(row)); err != nil {
			return err
		}
		for _, id := range found.ReportIDs {
			body, err := q.ReportByID(ctx, string(id))
			if errors.Is(err, sql.ErrNoRows) {
				continue // erased since
			}
			if err != nil {
				return err
			}
			var report stockdigest.Report
			if err := json.Unmarshal([]byte(body), &report); err != nil {
				return fmt.Errorf("read report %s: %w", id, err)
			}
			found.Reports = append(found.Reports, report)
		}
		return nil
	})
	return found, err
}

// Digests returns digests without their reports, newest day first.
func (d *DB) Digests(ctx context.Context, f stockdigest.DigestFilter) (found []stockdigest.Digest, err error) {
	if f.Limit <= 0 || f.Limit > allDeliveries {
		f.Limit = allDeliveries
	}
	err = d.view(ctx, "read digests", func(q *db.Queries) error {
		rows, err := q.Digests(ctx, db.DigestsParams{
			Day: string(f.Day), State: string(f.State), ReaderID: string(f.Reader), Most: int32(f.Limit), //nolint:gosec // bounded above
		})
		if err != nil {
			return err
		}
		found, err = digests(rows)
		return err
	})
	return found, err
}

// OpenDigests returns up to most digests that have not come to their end and
// are due until a moment, the earliest first, without their reports.
func (d *DB) OpenDigests(ctx context.Context, until time.Time, dry bool, most int) (found []stockdigest.Digest, err error) {
	err = d.view(ctx, "read open digests", func(q *db.Queries) error {
		rows, err := q.OpenDigests(ctx, db.OpenDigestsParams{Until: db.At(until), Dry: dry, Most: int32(min(max(most, 1), allDeliveries))})
		if err != nil {
			return err
		}
		all := make([]db.DigestsRow, 0, len(rows))
		for _, row := range rows {
			all = append(all, db.DigestsRow(row))
		}
		found, err = digests(all)
		return err
	})
	return found, err
}

// FillDigest gives an open digest other reports, unless a person approved it
// already: that is an ErrConflict, as is a state past ready or held.
func (d *DB) FillDigest(ctx context.Context, g stockdigest.Digest) error {
	reports, err := json.Marshal(idsOf(g.ReportIDs))
	if err != nil {
		return fmt.Errorf("fill digest %s: %w", g.ID, err)
	}
	return d.update(ctx, "fill digest "+string(g.ID), func(q *db.Queries) error {
		n, err := q.FillDigest(ctx, db.FillDigestParams{
			ID: string(g.ID), Reports: string(reports), AsOf: db.At(g.AsOf), State: string(g.State), Reason: clean(g.Reason),
		})
		if err == nil && n == 0 {
			return movedOn(g.ID)
		}
		return err
	})
}

// MoveDigest moves a digest from one state to another, and notes who approved
// it when somebody did. A digest in any other state is an ErrConflict.
func (d *DB) MoveDigest(ctx context.Context, id stockdigest.DigestID, from, to stockdigest.DigestState, reason, approved string) error {
	return d.update(ctx, "move digest "+string(id), func(q *db.Queries) error {
		n, err := q.MoveDigest(ctx, db.MoveDigestParams{
			State: string(to), Reason: clean(reason), Approved: clean(approved), ID: string(id), FromState: string(from),
		})
		if err == nil && n == 0 {
			return movedOn(id)
		}
		return err
	})
}

func movedOn(id stockdigest.DigestID) error {
	return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "digest " + string(id) + " has moved on"}
}

// SendDigest plans the mail of a ready digest, in the transaction that makes it
// one that is being sent. The mail of an earlier version stands in the way,
// unless it did not go: then the digest has failed.
func (d *DB) SendDigest(ctx context.Context, id stockdigest.DigestID) (planned bool, err error) {
	err = d.together(ctx, "send digest "+string(id), func(q *db.Queries) error {
		planned, err = d.sendDigest(ctx, q, id)
		return err
	})
	return planned, err
}

func (d *DB) sendDigest(ctx context.Context, q *db.Queries, id stockdigest.DigestID) (bool, error) {
	row, err := q.Digest(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return false, stockdigest.NotFound("no digest " + string(id))
	}
	if err != nil {
		return false, err
	}
	g, err := digest(db.DigestsRow(row))
	if err != nil {
		return false, err
	}
	n, err := q.MoveDigest(ctx, db.MoveDigestParams{
		State: string(stockdigest.DigestSending), ID: string(id), FromState: string(stockdigest.DigestReady),
	})
	if err != nil || n == 0 {
		return false, err
	}
	mail := stockdigest.Delivery{
		DeliveryKey: stockdigest.DeliveryKey{
			Period: g.Period(), Kind: stockdigest.MailDigest, Recipient: stockdigest.Recipient(g.Reader), Dry: g.Dry,
		},
		Digest: g.ID, NotBefore: g.Due,
	}
	if n, err = d.addDelivery(ctx, q, mail); err != nil || n > 0 {
		return n > 0, err
	}
	now := d.now()
	n, err = q.ReuseDelivery(ctx, db.ReuseDeliveryParams{
		ID: string(mail.DeliveryKey.ID()), DigestID: null(string(g.ID)), NotBefore: db.At(now), GiveUp: db.At(now.Add(stockdigest.Patience)),
	})
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = q.MoveDigest(ctx, db.MoveDigestParams{
		State: string(stockdigest.DigestFailed), Reason: "the mail of another version went out, or is under way", ID: string(id),
		FromState: string(stockdigest.DigestSending),
	})
	return false, err
}

// ReportByID returns a report by its name, or an ErrNotFound.
func (d *DB) ReportByID(ctx context.Context, id stockdigest.ReportID) (report stockdigest.Report, err error) {
	err = d.view(ctx, "read report "+string(id), func(q *db.Queries) error {
		body, err := q.ReportByID(ctx, string(id))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("no report " + string(id))
		}
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), &report)
	})
	return report, err
}

// ReportsBetween returns the daily and weekly reports as of after since and
// until a moment, by company, time and version.
func (d *DB) ReportsBetween(ctx context.Context, since, until time.Time) (found []stockdigest.Report, err error) {
	err = d.view(ctx, "read the reports of a night", func(q *db.Queries) error {
		rows, err := q.ReportsOfDay(ctx, db.ReportsOfDayParams{Since: db.At(since), Until: db.At(until)})
		if err != nil {
			return err
		}
		found = make([]stockdigest.Report, 0, len(rows))
		for _, row := range rows {
			var report stockdigest.Report
			if err := json.Unmarshal([]byte(row.Body), &report); err != nil {
				return fmt.Errorf("read report %s: %w", row.ID, err)
			}
			found = append(found, report)
		}
		return nil
	})
	return found, err
}

func digests(rows []db.DigestsRow) ([]stockdigest.Digest, error) {
	all := make([]stockdigest.Digest, 0, len(rows))
	for _, row := range rows {
		g, err := digest(row)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

func digest(row db.DigestsRow) (stockdigest.Digest, error) {
	g := stockdigest.Digest{
		ID: stockdigest.DigestID(row.ID), Reader: stockdigest.ReaderID(row.ReaderID), Day: stockdigest.Day(row.Day),
		Ticker: stockdigest.Symbol(row.Ticker), Version: row.Version, Dry: row.Dry, State: stockdigest.DigestState(row.State),
		Reason: row.Reason, Approved: row.Approved, Due: row.Due.Time, AsOf: row.AsOf.Time, TimeZone: row.TimeZone,
	}
	if err := json.Unmarshal([]byte(row.Reports), &g.ReportIDs); err != nil {
		return g, fmt.Errorf("read digest %s: %w", row.ID, err)
	}
	return g, nil
}
