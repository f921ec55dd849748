package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// AddDeliveries plans mails, each for as long as stockdigest.Patience. One that
// is planned already stays as it is. It returns how many were added.
func (d *DB) AddDeliveries(ctx context.Context, planned []stockdigest.Delivery) (added int, err error) {
	err = d.update(ctx, "plan mails", func(q *db.Queries) error {
		added = 0
		for _, delivery := range planned {
			n, err := d.addDelivery(ctx, q, delivery)
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	return added, err
}

func (d *DB) addDelivery(ctx context.Context, q *db.Queries, delivery stockdigest.Delivery) (int64, error) {
	if err := delivery.Validate(); err != nil {
		return 0, err
	}
	now := d.now()
	if delivery.NotBefore.IsZero() {
		delivery.NotBefore = now
	}
	if delivery.GiveUp.IsZero() {
		delivery.GiveUp = later(now, delivery.NotBefore).Add(stockdigest.Patience)
	}
	matter := string(delivery.Matter)
	if matter == "" {
		matter = "{}"
	}
	key := delivery.DeliveryKey
	return q.AddDelivery(ctx, db.AddDeliveryParams{
		ID: string(key.ID()), Period: clean(key.Period), Kind: string(key.Kind), Recipient: string(key.Recipient), Dry: key.Dry,
		DigestID: null(string(delivery.Digest)), Matter: matter, NotBefore: db.At(delivery.NotBefore),
		GiveUp: db.At(delivery.GiveUp), CreatedAt: db.At(now),
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Delivery returns one delivery, or an ErrNotFound.
func (d *DB) Delivery(ctx context.Context, id stockdigest.DeliveryID) (found stockdigest.Delivery, err error) {
	err = d.view(ctx, "read delivery "+string(id), func(q *db.Queries) error {
		row, err := q.Delivery(ctx, string(id))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("no delivery " + string(id))
		}
		found = delivery(db.DeliveriesRow(row))
		return err
	})
	return found, err
}

// allDeliveries is how many are listed when nobody says otherwise.
const allDeliveries = 100_000

// Deliveries returns the deliveries of a filter in the order of planning.
func (d *DB) Deliveries(ctx context.Context, f stockdigest.DeliveryFilter) ([]stockdigest.Delivery, error) {
	since, before := daySpan(f.Day, f.Zone)
	if f.Limit <= 0 || f.Limit > allDeliveries {
		f.Limit = allDeliveries
	}
	var found []stockdigest.Delivery
	err := d.view(ctx, "read deliveries", func(q *db.Queries) error {
		rows, err := q.Deliveries(ctx, db.DeliveriesParams{
			Since: db.At(since), Before: db.At(before), Kind: string(f.Kind), State: string(f.State),
			Recipient: string(f.Recipient), Most: int32(f.Limit), //nolint:gosec // bounded above
		})
		found = make([]stockdigest.Delivery, 0, len(rows))
		for _, row := range rows {
			found = append(found, delivery(row))
		}
		return err
	})
	return found, err
}

// CountDeliveries counts what was planned on a day, by kind and state; dry runs
// apart.
func (d *DB) CountDeliveries(
	ctx context.Context, day stockdigest.Day, zone *time.Location, dry bool,
) (map[stockdigest.MailKind]stockdigest.DeliveryCounts, error) {
	since, before := daySpan(day, zone)
	counts := map[stockdigest.MailKind]stockdigest.DeliveryCounts{}
	err := d.view(ctx, "count deliveries", func(q *db.Queries) error {
		rows, err := q.CountDeliveries(ctx, db.CountDeliveriesParams{Since: db.At(since), Before: db.At(before), Dry: dry})
		clear(counts)
		for _, row := range rows {
			kind := stockdigest.MailKind(row.Kind)
			if counts[kind] == nil {
				counts[kind] = stockdigest.DeliveryCounts{}
			}
			counts[kind][stockdigest.DeliveryState(row.State)] = int(row.N)
		}
		return err
	})
	return counts, err
}

// daySpan is a day in a zone, or all time.
func daySpan(day stockdigest.Day, zone *time.Location) (since, before time.Time) {
	if day == "" {
		return time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if zone == nil {
		zone = time.UTC
	}
	return day.At(0, zone), day.Add(1).At(0, zone)
}

func delivery(row db.DeliveriesRow) stockdigest.Delivery {
	found := stockdigest.Delivery{
		DeliveryKey: stockdigest.DeliveryKey{
			Period: row.Period, Kind: stockdigest.MailKind(row.Kind), Recipient: stockdigest.Recipient(row.Recipient), Dry: row.Dry,
		},
		ID: stockdigest.DeliveryID(row.ID), Digest: stockdigest.DigestID(row.DigestID.String), Matter: json.RawMessage(row.Matter),
		State: stockdigest.DeliveryState(row.State), Tries: row.Tries, Address: row.Address, Answer: row.Answer, Cause: row.Cause,
		NotBefore: row.NotBefore.Time, GiveUp: row.GiveUp.Time, CreatedAt: row.CreatedAt.Time,
		StartedAt: row.StartedAt.Time, EndedAt: row.EndedAt.Time, Worker: row.Worker, Token: int64(row.Token),
	}
	if row.Matter == "{}" {
		found.Matter = nil
	}
	return found
}

// SettleDelivery keeps what a person found out about a mail in doubt: it was
// accepted, or refused. Any other state is an ErrConflict.
func (d *DB) SettleDelivery(ctx context.Context, id stockdigest.DeliveryID, state stockdigest.DeliveryState, by string) error {
	if state != stockdigest.DeliveryAccepted && state != stockdigest.DeliveryRefused {
		return stockdigest.Invalid("a mail in doubt is settled as accepted or refused")
	}
	return d.update(ctx, "settle delivery "+string(id), func(q *db.Queries) error {
		n, err := q.SettleDelivery(ctx, db.SettleDeliveryParams{
			State: string(state), Cause: "settled by " + clean(by), EndedAt: db.At(d.now()), ID: string(id),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return wrongState(ctx, q, id, "only a mail in doubt can be settled")
		}
		row, err := q.Delivery(ctx, string(id))
		if err != nil {
			return err
		}
		return endDigest(ctx, q, delivery(db.DeliveriesRow(row)))
	})
}

// ResendDelivery makes a mail that is in doubt, or did not go, pending again,
// because a person says so. Any other state is an ErrConflict, and so is a
// digest that did not go: it gets a new version.
func (d *DB) ResendDelivery(ctx context.Context, id stockdigest.DeliveryID, by string) error {
	return d.update(ctx, "resend delivery "+string(id), func(q *db.Queries) error {
		now := d.now()
		n, err := q.ResendDelivery(ctx, db.ResendDeliveryParams{
			Cause: "sent again by " + clean(by), NotBefore: db.At(now), GiveUp: db.At(now.Add(stockdigest.Patience)), ID: string(id),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return wrongState(ctx, q, id, "only a mail in doubt can be sent again, or one that did not go and is no digest; a digest gets a new version")
		}
		return nil
	})
}

func wrongState(ctx context.Context, q *db.Queries, id stockdigest.DeliveryID, rule string) error {
	row, err := q.Delivery(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.NotFound("no delivery " + string(id))
	}
	if err != nil {
		return err
	}
	return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("delivery %s is %s: %s", id, row.State, rule)}
}
