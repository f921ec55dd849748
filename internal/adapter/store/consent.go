package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// AddConsent adds to a reader's history and makes it count from then on: without
// a scope it is for all mails. Withdrawn for one company, the reader follows it
// no longer; given for one, the reader follows it again. While a mail to the reader
// may be handed over at this very moment, consent cannot be withdrawn: that is
// an ErrUnavailable with RetryAfter, at most stockdigest.DotTime long. So no
// mail is handed over after the commit. What is withdrawn already stays so and
// is noted again.
func (d *DB) AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a consent event: %w", err)
	}
	return d.update(ctx, "note consent of "+string(e.Reader), func(q *db.Queries) error {
		return d.addConsent(ctx, q, id.String(), e)
	})
}

func (d *DB) addConsent(ctx context.Context, q *db.Queries, id string, e stockdigest.ConsentEvent) error {
	n, err := q.HoldReader(ctx, string(e.Reader))
	if err != nil {
		return err
	}
	if n == 0 {
		return noReader(string(e.Reader))
	}
	switch {
	case e.Act == stockdigest.ConsentGiven && e.Scope == "":
		_, err = q.SetAgreed(ctx, db.SetAgreedParams{ID: string(e.Reader), Agreed: true})
	case e.Act == stockdigest.ConsentGiven:
		err = followAgain(ctx, q, e)
	case e.Act == stockdigest.ConsentWithdrawn:
		err = d.withdraw(ctx, q, e)
	}
	if err != nil {
		return err
	}
	return d.noteConsent(ctx, q, id, e)
}

// noteConsent adds a line to a reader's history.
func (d *DB) noteConsent(ctx context.Context, q *db.Queries, id string, e stockdigest.ConsentEvent) error {
	if e.Text == "" {
		e.Text = stockdigest.ConsentText
	}
	if e.At.IsZero() {
		e.At = d.now()
	}
	return q.AddConsentEvent(ctx, db.AddConsentEventParams{
		ID: id, ReaderID: string(e.Reader), Act: string(e.Act), Scope: string(e.Scope), Wording: e.Text, How: clean(e.How), At: db.At(e.At),
	})
}

func (d *DB) withdraw(ctx context.Context, q *db.Queries, e stockdigest.ConsentEvent) error {
	if err := d.beforeDots(ctx, q, e.Reader); err != nil {
		return err
	}
	if e.Scope == "" {
		_, err := q.SetAgreed(ctx, db.SetAgreedParams{ID: string(e.Reader), Agreed: false})
		return err
	}
	_, err := q.DropReaderTicker(ctx, db.DropReaderTickerParams{ReaderID: string(e.Reader), Symbol: string(e.Scope)})
	return err
}

// beforeDots refuses to go on while a mail to a reader may be handed over.
func (d *DB) beforeDots(ctx context.Context, q *db.Queries, id stockdigest.ReaderID) error {
	var dots int
	err := q.Raw().QueryRowContext(ctx, d.dotSQL(), string(id)).Scan(&dots)
	if err == nil && dots > 0 {
		return busy("a mail is being handed over to your mail server at this moment: try again in a few seconds", 100*time.Millisecond)
	}
	return err
}

// leaveAddress ends what the address of a reader agreed to, and what was on its
// way there: the reader has another one from now on. The ways out that were
// mailed to it stay good. The line in the history, which is there for who had
// left before, too, keeps them from taking a departure back.
func (d *DB) leaveAddress(ctx context.Context, q *db.Queries, r db.Reader) error {
	id := stockdigest.ReaderID(r.ID)
	if err := d.beforeDots(ctx, q, id); err != nil {
		return err
	}
	if err := q.DropConfirmations(ctx, r.ID); err != nil {
		return err
	}
	waiting, err := d.mails(ctx, q, leftSQL, r.ID, "the reader has another address", db.At(d.now()))
	if err != nil {
		return err
	}
	for _, mail := range waiting {
		if err := endDigest(ctx, q, mail); err != nil {
			return err
		}
	}
	if _, err := q.SetAgreed(ctx, db.SetAgreedParams{ID: r.ID, Agreed: false}); err != nil {
		return err
	}
	event, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a consent event: %w", err)
	}
	return d.noteConsent(ctx, q, event.String(), stockdigest.ConsentEvent{
		Reader: id, Act: stockdigest.ConsentWithdrawn, How: stockdigest.HowMoved,
	})
}

// Agree notes that a reader agrees to mails by the secret of the mail that asked,
// and that the secret was used: both, or neither. A secret that was used changes
// nothing any more, as its reader may have left since. One that is unknown, too
// old or for something else is an ErrNotFound.
func (d *DB) Agree(ctx context.Context, secret, how string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a consent event: %w", err)
	}
	return d.update(ctx, "agree by a mailed token", func(q *db.Queries) error {
		now, hash := db.At(d.now()), hashOf(secret)
		row, err := q.MailToken(ctx, db.MailTokenParams{Hash: hash, AskedAt: now})
		if errors.Is(err, sql.ErrNoRows) || err == nil && row.Purpose != string(stockdigest.MayConfirm) {
			return stockdigest.NotFound("this link is not good any more")
		}
		if err != nil {
			return err
		}
		if _, err := q.HoldReader(ctx, row.ReaderID); err != nil { // the reader before the token, as a change of address does
			return err
		}
		n, err := q.UseMailToken(ctx, db.UseMailTokenParams{Hash: hash, UsedAt: now})
		if err != nil || n == 0 {
			return err
		}
		return d.addConsent(ctx, q, id.String(), stockdigest.ConsentEvent{
			Reader: stockdigest.ReaderID(row.ReaderID), Act: stockdigest.ConsentGiven, How: how,
		})
	})
}

// followAgain lets a reader follow a company, within the limit of the plan.
func followAgain(ctx context.Context, q *db.Queries, e stockdigest.ConsentEvent) error {
	r, err := readerOf(ctx, q, string(e.Reader))
	if err != nil || slices.Contains(r.Tickers, e.Scope) {
		return err
	}
	if limit := r.Plan.MaxTickers(); len(r.Tickers) >= limit {
		return stockdigest.Invalid(fmt.Sprintf("you follow %d companies already, as many as the plan %s has", limit, r.Plan))
	}
	if _, err := tickerOf(ctx, q, e.Scope); err != nil {
		return err
	}
	return q.AddReaderTicker(ctx, db.AddReaderTickerParams{ReaderID: string(e.Reader), Symbol: string(e.Scope)})
}

// Consents returns a reader's history, oldest first.
func (d *DB) Consents(ctx context.Context, id stockdigest.ReaderID) (events []stockdigest.ConsentEvent, err error) {
	err = d.view(ctx, "read the consents of "+string(id), func(q *db.Queries) error {
		rows, err := q.ConsentEvents(ctx, string(id))
		events = make([]stockdigest.ConsentEvent, 0, len(rows))
		for _, row := range rows {
			events = append(events, stockdigest.ConsentEvent{
				Reader: stockdigest.ReaderID(row.ReaderID), Act: stockdigest.ConsentAct(row.Act), Scope: stockdigest.Symbol(row.Scope),
				Text: row.Wording, How: row.How, At: row.At.Time,
			})
		}
		return err
	})
	return events, err
}

// MailedToken returns what a secret from a mail stands for. One that is unknown
// or too old is an ErrNotFound. It is found by its hash, so the time of the
// look-up tells nothing about it.
func (d *DB) MailedToken(ctx context.Context, secret string) (found stockdigest.MailedToken, err error) {
	err = d.view(ctx, "look up a mailed token", func(q *db.Queries) error {
		row, err := q.MailToken(ctx, db.MailTokenParams{Hash: hashOf(secret), AskedAt: db.At(d.now())})
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("this link is not good any more")
		}
		found = stockdigest.MailedToken{
			Purpose: stockdigest.MailPurpose(row.Purpose), Reader: stockdigest.ReaderID(row.ReaderID), Scope: stockdigest.Symbol(row.Scope),
			Delivery: stockdigest.DeliveryID(row.DeliveryID), MadeAt: row.MadeAt.Time, UsedAt: row.UsedAt.Time,
		}
		return err
	})
	return found, err
}

// UseMailedToken notes that a secret was used.
func (d *DB) UseMailedToken(ctx context.Context, secret string) error {
	return d.update(ctx, "use a mailed token", func(q *db.Queries) error {
		_, err := q.UseMailToken(ctx, db.UseMailTokenParams{Hash: hashOf(secret), UsedAt: db.At(d.now())})
		return err
	})
}

// addTokens keeps the hashes of the secrets that a mail carries.
func (d *DB) addTokens(ctx context.Context, q *db.Queries, departs stockdigest.Departure, tokens []stockdigest.MailToken) error {
	if departs.Reader.ID == "" {
		return nil
	}
	for _, t := range tokens {
		life := stockdigest.UnsubscribeLife
		if t.Purpose == stockdigest.MayConfirm {
			life = stockdigest.ConfirmLife
		}
		now := d.now()
		err := q.AddMailToken(ctx, db.AddMailTokenParams{
			Hash: hashOf(t.Secret), Purpose: string(t.Purpose), ReaderID: string(departs.Reader.ID), Scope: string(t.Scope),
			DeliveryID: string(departs.Delivery.ID), MadeAt: db.At(now), ExpiresAt: db.At(now.Add(life)),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Suppress keeps that nothing goes to an address any more. The first cause
// stays.
func (d *DB) Suppress(ctx context.Context, address string, cause stockdigest.SuppressionCause, detail string) error {
	key, err := d.addressKey(ctx)
	if err != nil {
		return err
	}
	return d.update(ctx, "suppress an address", func(q *db.Queries) error {
		return d.suppress(ctx, q, key, address, cause, detail)
	})
}

func (d *DB) suppress(
	ctx context.Context, q *db.Queries, key []byte, address string, cause stockdigest.SuppressionCause, detail string,
) error {
	detail = withoutAddress(detail, address)
	return q.AddSuppression(ctx, db.AddSuppressionParams{
		AddressHash: addressHash(key, address), Cause: string(cause), Detail: clean(detail), At: db.At(d.now()),
	})
}

// withoutAddress takes an address out of a server's words: a suppression tells
// nobody whose it is.
func withoutAddress(detail, address string) string {
	address = emailOf(address)
	if address == "" {
		return detail
	}
	named := regexp.MustCompile("(?i)" + regexp.QuoteMeta(strings.ToValidUTF8(address, "")))
	return named.ReplaceAllLiteralString(detail, "the address")
}

// Suppressed returns why nothing goes to an address, or an ErrNotFound.
func (d *DB) Suppressed(ctx context.Context, address string) (found stockdigest.Suppression, err error) {
	key, err := d.addressKey(ctx)
	if err != nil {
		return found, err
	}
	err = d.view(ctx, "look up a suppression", func(q *db.Queries) error {
		row, err := q.Suppression(ctx, addressHash(key, address))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("nothing is held back from this address")
		}
		found = stockdigest.Suppression{Cause: stockdigest.SuppressionCause(row.Cause), Detail: row.Detail, At: row.At.Time}
		return err
	})
	return found, err
}

// CountSuppressions counts, by cause, the addresses to which nothing goes.
func (d *DB) CountSuppressions(ctx context.Context) (counts map[stockdigest.SuppressionCause]int, err error) {
	err = d.view(ctx, "count suppressions", func(q *db.Queries) error {
		rows, err := q.CountSuppressions(ctx)
		counts = map[stockdigest.SuppressionCause]int{}
		for _, row := range rows {
			counts[stockdigest.SuppressionCause(row.Cause)] = int(row.N)
		}
		return err
	})
	return counts, err
}

// Unsuppress lets mails go to an address again. Without a suppression it is an
// ErrNotFound.
func (d *DB) Unsuppress(ctx context.Context, address string) error {
	key, err := d.addressKey(ctx)
	if err != nil {
		return err
	}
	return d.update(ctx, "lift a suppression", func(q *db.Queries) error {
		n, err := q.DropSuppression(ctx, addressHash(key, address))
		if err == nil && n == 0 {
			return stockdigest.NotFound("nothing is held back from this address")
		}
		return err
	})
}

// addressHash tells addresses apart without telling them.
func addressHash(key []byte, address string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(emailOf(address)))
	return hex.EncodeToString(mac.Sum(nil))
}

// addressKey returns the key of the hashes of addresses, which this database
// made for itself when it was first asked for.
func (d *DB) addressKey(ctx context.Context) ([]byte, error) {
	if key := d.hashKey.Load(); key != nil {
		return *key, nil
	}
	var fresh [32]byte
	_, _ = rand.Read(fresh[:]) // never fails
	var value string
	err := d.update(ctx, "read the key of addresses", func(q *db.Queries) error {
		err := q.AddOwnKey(ctx, db.AddOwnKeyParams{Name: "addresses", Value: hex.EncodeToString(fresh[:])})
		if err != nil {
			return err
		}
		value, err = q.OwnKey(ctx, "addresses")
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("read the key of addresses: %w", err)
	}
	d.hashKey.Store(&key)
	return key, nil
}
