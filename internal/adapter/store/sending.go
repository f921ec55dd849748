package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Senders of all processes claim one after the other: on PostgreSQL by a lock
// that is taken in a statement of its own, on SQLite by its one writer.
const takeMailLock = `SELECT set_config('idle_in_transaction_session_timeout', '2s', true), pg_advisory_xact_lock(7364002, hashtext(current_schema()))`

const (
	// The span of the rate, in milliseconds.
	minute = 60_000
	// How long a begun mail is left alone before it is called
	// unknown: longer than any mail takes on a session with a mail server.
	sendLease = 5 * time.Minute
)

func (c Config) sendLease() time.Duration {
	if c.SendLease > 0 {
		return c.SendLease
	}
	return sendLease
}

// deliveryColumns are those of the query Delivery, in its order.
const deliveryColumns = `id, period, kind, recipient, dry, digest_id, matter, state, tries, address, answer, cause, worker,
    token, not_before, give_up, created_at, started_at, ended_at`

func deliveryFields(r *db.DeliveriesRow) []any {
	return []any{
		&r.ID, &r.Period, &r.Kind, &r.Recipient, &r.Dry, &r.DigestID, &r.Matter, &r.State, &r.Tries, &r.Address, &r.Answer,
		&r.Cause, &r.Worker, &r.Token, &r.NotBefore, &r.GiveUp, &r.CreatedAt, &r.StartedAt, &r.EndedAt,
	}
}

// doubtSQL gives up on mails whose process died while it sent them: nobody
// knows what became of them. $1 is the program's time, $2 the cause.
func (d *DB) doubtSQL() string {
	return `UPDATE deliveries SET state = 'unknown', cause = $2, ended_at = $1, dot_until = NULL
WHERE state IN ('pending', 'sending') AND state = 'sending' AND lease_until < ` + d.dialect.now()
}

// rateSQL counts the mails of the last minute, those in hand among them.
func (d *DB) rateSQL() string {
	return `SELECT count(*) FROM deliveries WHERE rate_until IS NOT NULL AND rate_until >= ` + d.dialect.now()
}

// freeMail holds for a mail that waits and is in nobody's hands.
func (d *DB) freeMail() string {
	return `state IN ('pending', 'sending') AND state = 'pending' AND (lease_until IS NULL OR lease_until < ` + d.dialect.now() + `)`
}

// overdueSQL gives up on mails that waited too long for a sender: who gets one
// of the morning at night is not served. $1 is the program's time, $2 the cause.
func (d *DB) overdueSQL() string {
	return `UPDATE deliveries SET state = 'refused', token = token + 1, cause = $2, ended_at = $1, lease_until = NULL
WHERE ` + d.freeMail() + ` AND not_before <= $1 AND give_up < $1
RETURNING ` + deliveryColumns
}

// leftSQL ends the mails to $1 that wait, for the cause $2 at the program's time
// $3. The first condition is that of the index.
const leftSQL = `UPDATE deliveries SET state = 'suppressed', token = token + 1, cause = $2, ended_at = $3, lease_until = NULL
WHERE state IN ('pending', 'sending') AND state = 'pending' AND recipient = $1
RETURNING ` + deliveryColumns

// takeSQL claims up to $6 free mails. $1 is the worker, $2 the lease and $3 the
// time it counts for the rate, in milliseconds, $4 the program's time, $5 dry.
// The condition stands again at the end: on PostgreSQL a sender may begin its
// mail between the look and the update.
func (d *DB) takeSQL() string {
	return `UPDATE deliveries SET token = token + 1, worker = $1, lease_until = ` + d.dialect.until("$2") + `,
    rate_until = ` + d.dialect.until("$3") + `
WHERE id IN (SELECT id FROM deliveries WHERE ` + d.freeMail() + ` AND not_before <= $4 AND give_up >= $4 AND dry = $5
    ORDER BY not_before, id LIMIT $6) AND ` + d.freeMail() + `
RETURNING ` + deliveryColumns
}

// beginSQL makes a claimed mail one that is being sent. $3 is the address, $4
// the program's time, $5 the lease, $6 the time to the dot and $7 that of the
// rate.
func (d *DB) beginSQL() string {
	return `UPDATE deliveries SET state = 'sending', tries = tries + 1, address = $3, started_at = $4, ended_at = NULL,
    answer = '', cause = '', lease_until = ` + d.dialect.until("$5") + `, dot_until = ` + d.dialect.until("$6") + `,
    rate_until = ` + d.dialect.until("$7") + `
WHERE id = $1 AND token = $2 AND state = 'pending' AND lease_until >= ` + d.dialect.now()
}

// againSQL gives a mail that is being sent a new time to the dot.
func (d *DB) againSQL() string {
	return `UPDATE deliveries SET lease_until = ` + d.dialect.until("$3") + `, dot_until = ` + d.dialect.until("$4") + `,
    rate_until = ` + d.dialect.until("$5") + `
WHERE id = $1 AND token = $2 AND state = 'sending' AND lease_until >= ` + d.dialect.now()
}

// endSQL ends a try. $7 are the milliseconds it counts for the rate; $8 is
// taken from the tries, unless the mail was never begun.
func (d *DB) endSQL() string {
	return `UPDATE deliveries SET state = $3, answer = $4, cause = $5, ended_at = $6, lease_until = NULL, dot_until = NULL,
    rate_until = CASE WHEN CAST($7 AS bigint) > 0 THEN ` + d.dialect.until("$7") + ` END, tries = tries - CASE WHEN state = 'pending' THEN 0 ELSE CAST($8 AS bigint) END,
    not_before = coalesce($9, not_before)
WHERE id = $1 AND token = $2 AND state IN ('pending', 'sending', 'unknown')
RETURNING ` + deliveryColumns
}

// dotSQL counts the mails to $1 that may be handed over at this moment.
func (d *DB) dotSQL() string {
	return `SELECT count(*) FROM deliveries WHERE recipient = $1 AND state = 'sending' AND dot_until >= ` + d.dialect.now()
}

// ClaimDeliveries takes up to c.Most mails whose time has come, oldest first,
// for a lease. Nobody else begins them while it lasts; begun they are by
// BeginDelivery, each for itself. No more are given than the rate allows. While
// mails are held (see Held) there are none.
func (d *DB) ClaimDeliveries(ctx context.Context, c stockdigest.DeliveryClaim) (taken []stockdigest.Delivery, err error) {
	d.mailing.Lock() // the senders of one process wait here, not in the database
	defer d.mailing.Unlock()
	err = d.together(ctx, "claim mails", func(q *db.Queries) error {
		taken, err = d.claimDeliveries(ctx, q, c)
		return err
	})
	return taken, err
}

func (d *DB) claimDeliveries(ctx context.Context, q *db.Queries, c stockdigest.DeliveryClaim) ([]stockdigest.Delivery, error) {
	if held, err := heldSince(ctx, q); err != nil || held != "" {
		return nil, err
	}
	if _, pg := d.dialect.(postgresDialect); pg {
		if _, err := q.Raw().ExecContext(ctx, takeMailLock); err != nil {
			return nil, err
		}
	}
	room, err := d.mailRoom(ctx, q, c)
	if err != nil {
		return nil, err
	}
	var taken []stockdigest.Delivery
	if room > 0 {
		lease := c.Lease.Milliseconds()
		taken, err = d.mails(ctx, q, d.takeSQL(), clean(c.Worker), lease, lease+minute, db.At(d.now()), c.Dry, room)
	}
	if err == nil && len(taken) < c.Most { // who is busy leaves what is over to later
		err = d.giveUp(ctx, q)
	}
	slices.SortFunc(taken, func(a, b stockdigest.Delivery) int {
		if c := a.NotBefore.Compare(b.NotBefore); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return taken, err
}

// giveUp ends mails whose sender died, and those that waited too long.
func (d *DB) giveUp(ctx context.Context, q *db.Queries) error {
	now := db.At(d.now())
	const died = "the process died while it handed the mail over: nobody knows whether the server took it"
	if _, err := q.Raw().ExecContext(ctx, d.doubtSQL(), now, died); err != nil {
		return err
	}
	late, err := d.mails(ctx, q, d.overdueSQL(), now, "it waited too long to be sent")
	if err != nil {
		return err
	}
	for _, mail := range late {
		if err := endDigest(ctx, q, mail); err != nil {
			return err
		}
	}
	return nil
}

// mails reads the rows that a statement gives.
func (d *DB) mails(ctx context.Context, q *db.Queries, statement string, args ...any) ([]stockdigest.Delivery, error) {
	rows, err := d.raw(q).QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []stockdigest.Delivery
	for rows.Next() {
		var row db.DeliveriesRow
		if err := rows.Scan(deliveryFields(&row)...); err != nil {
			return nil, err
		}
		found = append(found, delivery(row))
	}
	return found, rows.Err()
}

// mailRoom is how many mails may be claimed now.
func (d *DB) mailRoom(ctx context.Context, q *db.Queries, c stockdigest.DeliveryClaim) (int, error) {
	if c.PerMinute <= 0 {
		return c.Most, nil
	}
	var last int
	err := q.Raw().QueryRowContext(ctx, d.rateSQL()).Scan(&last)
	return min(c.Most, c.PerMinute-last), err
}

// BeginDelivery ends tries that are over and begins the next one: from its
// commit the mail counts as on its way until EndDeliveries says what became of
// it, and it may be handed over for stockdigest.DotTime. What must hold of the
// recipient is read in the same transaction: a reader who left, a cancelled
// digest or an address that was refused makes the delivery suppressed, and ok
// is false. So it is when the claim is lost, and while mails are held: then the
// mail waits as it is. The address of the operator is given. The tokens are those that the mail will carry.
func (d *DB) BeginDelivery(
	ctx context.Context, claimed stockdigest.Delivery, operator string, tokens []stockdigest.MailToken, over []stockdigest.MailOutcome,
) (departs stockdigest.Departure, ok bool, err error) {
	key, err := d.addressKey(ctx)
	if err != nil {
		return departs, false, err
	}
	err = d.together(ctx, "begin mail "+string(claimed.ID), func(q *db.Queries) error {
		ok = false
		if err := d.endAll(ctx, q, key, over); err != nil {
			return err
		}
		departs, ok, err = d.beginMail(ctx, q, key, claimed, operator)
		if err != nil || !ok {
			return err
		}
		return d.addTokens(ctx, q, departs, tokens)
	})
	return departs, ok, err
}

func (d *DB) beginMail(
	ctx context.Context, q *db.Queries, key []byte, claimed stockdigest.Delivery, operator string,
) (departs stockdigest.Departure, ok bool, err error) {
	held, err := heldSince(ctx, q)
	if err != nil || held != "" {
		return departs, false, errors.Join(err, release(ctx, q, claimed))
	}
	departs, address, cause, err := d.depart(ctx, q, key, claimed, operator)
	if err != nil {
		return departs, false, err
	}
	if cause != "" {
		return departs, false, d.endAll(ctx, q, key, []stockdigest.MailOutcome{{
			ID: claimed.ID, Token: claimed.Token, State: stockdigest.DeliverySuppressed, Cause: cause, Untried: true,
		}})
	}
	now := d.now()
	done, err := d.raw(q).ExecContext(ctx, d.beginSQL(), string(claimed.ID), claimed.Token, address, db.At(now),
		d.sendLease.Milliseconds(), stockdigest.DotTime.Milliseconds(), d.sendLease.Milliseconds()+minute)
	if err != nil {
		return departs, false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return departs, false, err // n is 0 when somebody else has it
	}
	departs.Delivery.State, departs.Delivery.Address = stockdigest.DeliverySending, address
	departs.Delivery.Tries, departs.Delivery.StartedAt = claimed.Tries+1, db.At(now).Time
	return departs, true, nil
}

// depart reads what must hold of a recipient, and holds it until the end of
// the transaction. The cause says why the mail must not go.
func (d *DB) depart(
	ctx context.Context, q *db.Queries, key []byte, claimed stockdigest.Delivery, operator string,
) (departs stockdigest.Departure, address, cause string, err error) {
	departs.Delivery = claimed
	id := claimed.Recipient.Reader()
	if claimed.Digest != "" {
		row, err := q.Digest(ctx, string(claimed.Digest))
		if errors.Is(err, sql.ErrNoRows) {
			return departs, "", "the digest is gone", nil
		}
		if err != nil {
			return departs, "", "", err
		}
		if departs.Digest, err = digest(db.DigestsRow(row)); err != nil {
			return departs, "", "", err
		}
	}
	if id == "" {
		if operator == "" {
			return departs, "", "no address of the operator is set: ADMIN_EMAIL", nil
		}
		return departs, operator, "", nil
	}
	if err := d.holdReader(ctx, q, id); err != nil {
		return departs, "", "", err
	}
	departs.Reader, err = readerOf(ctx, q, string(id))
	if errors.Is(err, stockdigest.ErrNotFound) {
		return departs, "", "the reader is gone", nil
	}
	if err != nil {
		return departs, "", "", err
	}
	_, err = q.Suppression(ctx, addressHash(key, departs.Reader.Email))
	switch {
	case err == nil:
		return departs, "", "nothing goes to this address any more", nil
	case !errors.Is(err, sql.ErrNoRows):
		return departs, "", "", err
	}
	return departs, departs.Reader.Email, unwanted(departs), nil
}

// holdReader holds the reader until the end of the transaction: beginning a
// mail and leaving take turns. SQLite has one writer, and so they do.
func (d *DB) holdReader(ctx context.Context, q *db.Queries, id stockdigest.ReaderID) error {
	if _, lite := d.dialect.(sqliteDialect); lite {
		return nil
	}
	_, err := q.Raw().ExecContext(ctx, `SELECT 1 FROM readers WHERE id = $1 FOR NO KEY UPDATE`, string(id))
	return err
}

// unwanted says why a reader must not get a mail, and nothing when it may go.
func unwanted(d stockdigest.Departure) string {
	r, kind := d.Reader, d.Delivery.Kind
	follows := func(s stockdigest.Symbol) bool { return slices.Contains(r.Tickers, s) }
	switch {
	case kind == stockdigest.MailConfirm:
		return ""
	case r.State != stockdigest.ReaderActive:
		return "the reader is " + string(r.State)
	case !kind.Subscribed():
		return ""
	case !r.Mails.Agreed:
		return "the reader takes no mails"
	case kind == stockdigest.MailAlert && !r.Mails.Alerts:
		return "the reader takes no alerts"
	case kind == stockdigest.MailDigest && d.Digest.State != stockdigest.DigestSending:
		return "the digest is " + string(d.Digest.State)
	case kind == stockdigest.MailDigest && d.Digest.Ticker != "" && !follows(d.Digest.Ticker):
		return fmt.Sprintf("the reader follows %s no longer", d.Digest.Ticker)
	case kind == stockdigest.MailDigest && len(r.Tickers) == 0:
		return "the reader follows nothing"
	}
	return ""
}

// StillWanted is asked when the time to the dot is over and the mail is not
// handed over yet: it reads again what BeginDelivery read, gives the mail a new
// time, and reports whether it may still go. One that may not is suppressed.
func (d *DB) StillWanted(ctx context.Context, departs stockdigest.Departure, operator string) (ok bool, err error) {
	key, err := d.addressKey(ctx)
	if err != nil {
		return false, err
	}
	claimed := departs.Delivery
	err = d.update(ctx, "look again at mail "+string(claimed.ID), func(q *db.Queries) error {
		_, _, cause, err := d.depart(ctx, q, key, claimed, operator)
		if err != nil {
			return err
		}
		if cause != "" {
			ok = false
			return d.endAll(ctx, q, key, []stockdigest.MailOutcome{{
				ID: claimed.ID, Token: claimed.Token, State: stockdigest.DeliverySuppressed, Cause: cause,
			}})
		}
		n, err := changed(ctx, q, d.againSQL(), string(claimed.ID), claimed.Token, d.sendLease.Milliseconds(),
			stockdigest.DotTime.Milliseconds(), d.sendLease.Milliseconds()+minute)
		ok = n > 0
		return err
	})
	return ok, err
}

// EndDeliveries says what became of begun mails. One that was called unknown
// in the meantime is so no longer: who handed it over knows better. One that a
// person settled stays as it is.
func (d *DB) EndDeliveries(ctx context.Context, over []stockdigest.MailOutcome) error {
	key, err := d.addressKey(ctx)
	if err != nil {
		return err
	}
	return d.together(ctx, "end mails", func(q *db.Queries) error { return d.endAll(ctx, q, key, over) })
}

func (d *DB) endAll(ctx context.Context, q *db.Queries, key []byte, over []stockdigest.MailOutcome) error {
	for _, o := range over {
		if err := d.endOne(ctx, q, key, o); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) endOne(ctx context.Context, q *db.Queries, key []byte, o stockdigest.MailOutcome) error {
	now := d.now()
	counts, untried, ended := minute, 0, db.At(now)
	if o.Untried {
		counts, untried = 0, 1
	}
	var next db.Time
	if o.State == stockdigest.DeliveryPending {
		next, ended = db.At(now.Add(o.Retry)), db.Time{}
	}
	var row db.DeliveriesRow
	err := d.raw(q).QueryRowContext(ctx, d.endSQL(), string(o.ID), o.Token, string(o.State), clean(o.Answer), clean(o.Cause),
		ended, counts, untried, next).Scan(deliveryFields(&row)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // settled, or in other hands
	}
	if err != nil {
		return err
	}
	if o.Block {
		if err := d.suppress(ctx, q, key, row.Address, stockdigest.SuppressedRefused, o.Answer); err != nil {
			return err
		}
	}
	return endDigest(ctx, q, delivery(row))
}

// endDigest ends the digest of a reader's mail with it.
func endDigest(ctx context.Context, q *db.Queries, sent stockdigest.Delivery) error {
	if sent.Kind != stockdigest.MailDigest || sent.Digest == "" {
		return nil
	}
	to := stockdigest.DigestFailed
	switch sent.State {
	case stockdigest.DeliveryAccepted:
		to = stockdigest.DigestSent
	case stockdigest.DeliveryRefused, stockdigest.DeliverySuppressed:
	default:
		return nil
	}
	_, err := q.MoveDigest(ctx, db.MoveDigestParams{
		State: string(to), Reason: sent.Cause, ID: string(sent.Digest), FromState: string(stockdigest.DigestSending),
	})
	return err
}

// ReleaseDeliveries gives claimed mails back that were not begun.
func (d *DB) ReleaseDeliveries(ctx context.Context, claimed []stockdigest.Delivery) error {
	return d.update(ctx, "give mails back", func(q *db.Queries) error {
		for _, c := range claimed {
			if err := release(ctx, q, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func release(ctx context.Context, q *db.Queries, claimed stockdigest.Delivery) error {
	_, err := q.ReleaseDelivery(ctx, db.ReleaseDeliveryParams{ID: string(claimed.ID), Token: int(claimed.Token)})
	return err
}
