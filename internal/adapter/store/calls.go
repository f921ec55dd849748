package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Answer returns the answer that was paid for under the key, and whether there
// is one.
func (d *DB) Answer(ctx context.Context, key string) (answer stockdigest.Completion, found bool, err error) {
	err = d.view(ctx, "look up a paid answer", func(q *db.Queries) error {
		row, err := q.StandingCall(ctx, key)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		answer, found = completionOf(row), err == nil && row.State == string(stockdigest.CallDone)
		return err
	})
	return answer, found, err
}

func completionOf(r db.StandingCallRow) stockdigest.Completion {
	return stockdigest.Completion{
		Text: r.Answer, Stop: r.Stop, Model: r.AnsweredBy, Cached: true,
		Usage: stockdigest.Usage{In: r.TokensIn, InCached: r.TokensCached, Out: r.TokensOut},
	}
}

// errHeld ends a transaction that must not write: the bid has to wait.
var errHeld = errors.New("held")

// BeginCall gives leave to make a paid call and writes its row, which is the
// permit, the reservation and the line of the ledger. A permit that is held or
// brings an answer writes nothing. An *OverBudget says that no wait helps, a
// *CallError that the provider was stopped. The same bid again, after a
// commit whose outcome nobody heard of, is granted again.
func (d *DB) BeginCall(ctx context.Context, bid stockdigest.Bid) (permit stockdigest.Permit, err error) {
	err = d.update(ctx, "begin a call to "+bid.Ask.Provider, func(q *db.Queries) error {
		permit, err = d.begin(ctx, q, bid)
		if err == nil && (permit.Held != "" || permit.Answer != nil) {
			return errHeld
		}
		return err
	})
	if errors.Is(err, errHeld) {
		err = nil
	}
	return permit, err
}

func (d *DB) begin(ctx context.Context, q *db.Queries, bid stockdigest.Bid) (stockdigest.Permit, error) {
	p, err := d.holdProvider(ctx, q, bid.Ask.Provider)
	if err != nil {
		return stockdigest.Permit{}, err
	}
	changes := spendings{}
	open, err := loseExpired(ctx, q, p, changes)
	if err != nil {
		return stockdigest.Permit{}, err
	}
	if permit, found, err := standingCall(ctx, q, bid, p.now, changes); found || err != nil {
		return permit, err
	}
	if bid.Try > 1 && !p.down() {
		if ok, err := p.mayRetry(ctx, q); !ok || err != nil {
			return stockdigest.Permit{Held: stockdigest.HeldRetry, Wait: time.Second}, err
		}
	}
	permit, err := p.admit(bid, open)
	if err != nil || permit.Held != "" {
		return permit, err
	}
	if held, err := reserve(ctx, q, bid, changes); held != "" || err != nil {
		return stockdigest.Permit{Held: held, Wait: pollEvery}, err
	}
	if err := p.save(ctx, q); err != nil {
		return permit, err
	}
	return permit, addCall(ctx, q, bid, "", p.now, permit.Wait)
}

func addCall(ctx context.Context, q *db.Queries, bid stockdigest.Bid, batch string, now time.Time, wait time.Duration) error {
	a := bid.Ask
	return q.AddCall(ctx, db.AddCallParams{
		ID: bid.ID, Key: bid.Key, Provider: a.Provider, Model: clean(a.Model),
		Prompt: clean(a.Prompt.Name + " " + a.Prompt.Version), RunID: string(a.Run), Step: string(a.Step),
		ReaderID: string(a.Reader), Day: string(bid.Day), Try: bid.Try, Reserved: int(bid.Reserve), Tokens: bid.Tokens,
		StartedAt: db.At(now.Add(wait)), LeaseUntil: db.At(now.Add(wait + bid.Lease)), BatchID: batch,
	})
}

// loseExpired gives up the open calls of p whose time is over, and returns how
// many are under way.
func loseExpired(ctx context.Context, q *db.Queries, p *provider, changes spendings) (open int, err error) {
	rows, err := q.OpenCalls(ctx, p.Name)
	for _, r := range rows {
		if r.LeaseUntil.After(p.now) {
			open++
			continue
		}
		err := q.LoseCall(ctx, db.LoseCallParams{ID: r.ID, Error: "the worker did not come back with the answer"})
		if err != nil {
			return 0, err
		}
		changes.add(scopesOf(p.Name, r.RunID, r.ReaderID, r.Day), r.Reserved, -r.Reserved)
	}
	return open, err
}

// standingCall looks for a call with the key of bid that is answered or under
// way. One in a batch is given up for a bid that is not patient, and once it is
// late.
func standingCall(
	ctx context.Context, q *db.Queries, bid stockdigest.Bid, now time.Time, changes spendings,
) (permit stockdigest.Permit, found bool, err error) {
	row, err := q.StandingCall(ctx, bid.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return permit, false, nil
	case err != nil:
		return permit, false, err
	case row.State == string(stockdigest.CallDone):
		answer := completionOf(row)
		return stockdigest.Permit{Answer: &answer}, true, nil
	case row.ID == bid.ID:
		return permit, true, nil
	case row.BatchID != "" && bid.Patient && row.LeaseUntil.After(now):
		return stockdigest.Permit{Held: stockdigest.HeldSame, Wait: batchEvery, Batch: row.BatchID}, true, nil
	case row.BatchID != "":
		return permit, false, overtake(ctx, q, bid.Ask.Provider, row, changes)
	}
	return stockdigest.Permit{Held: stockdigest.HeldSame, Wait: 2 * pollEvery}, true, nil
}

// RenewCall has a call count as under way for lease from now on. One that has
// ended, or was given up, stays as it is.
func (d *DB) RenewCall(ctx context.Context, id string, lease time.Duration) error {
	return d.update(ctx, "renew a paid call", func(q *db.Queries) error {
		_, err := q.Raw().ExecContext(ctx,
			`UPDATE calls SET lease_until = `+d.dialect.until("$2")+` WHERE id = $1 AND state = 'open'`, id, lease.Milliseconds())
		return err
	})
}

// SettleCall ends a call: it stores the answer and what it cost, or why there
// is none. Settling again changes nothing. An answer that comes after its call
// was given up is kept, and what it did not cost is free again.
func (d *DB) SettleCall(ctx context.Context, o stockdigest.Outcome) error {
	return d.update(ctx, "settle a call to "+o.Provider, func(q *db.Queries) error {
		p, err := d.holdProvider(ctx, q, o.Provider)
		if err != nil {
			return err
		}
		c, err := q.CallToSettle(ctx, o.ID)
		if err != nil || !c.SettledAt.IsZero() {
			return err
		}
		state, err := endOf(ctx, q, c, o)
		if err != nil {
			return err
		}
		if err := settleSpending(ctx, q, c, costOf(c, o)); err != nil {
			return err
		}
		if c.State == string(stockdigest.CallOpen) && c.BatchID == "" {
			p.learn(o, c.Tokens)
		}
		if most := stockdigest.Micros(c.Reserved); o.Cost > most {
			p.trip(o.Cost, most)
		}
		if err := p.save(ctx, q); err != nil {
			return err
		}
		return settleCall(ctx, q, o, state, costOf(c, o), p.now)
	})
}

// endOf is the state in which the call ends. One that was given up and made
// again by somebody else stays lost, whatever comes back: there is one answer
// per key.
func endOf(ctx context.Context, q *db.Queries, c db.CallToSettleRow, o stockdigest.Outcome) (stockdigest.CallState, error) {
	if c.State == string(stockdigest.CallOpen) || o.State != stockdigest.CallDone {
		return o.State, nil
	}
	_, err := q.StandingCall(ctx, c.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.CallDone, nil
	}
	return stockdigest.CallLost, err
}

// costOf is what the call counts with from now on.
func costOf(c db.CallToSettleRow, o stockdigest.Outcome) int {
	switch o.State {
	case stockdigest.CallDone:
		return int(max(0, o.Cost))
	case stockdigest.CallFailed:
		return 0
	default:
		return c.Reserved
	}
}

func settleSpending(ctx context.Context, q *db.Queries, c db.CallToSettleRow, cost int) error {
	changes := spendings{}
	scopes := scopesOf(c.Provider, c.RunID, c.ReaderID, c.Day)
	if c.State == string(stockdigest.CallOpen) {
		changes.add(scopes, cost, -c.Reserved)
	} else { // given up before: it counted in full
		changes.add(scopes, cost-c.Reserved, 0)
	}
	_, err := changes.apply(ctx, q)
	return err
}

func settleCall(
	ctx context.Context, q *db.Queries, o stockdigest.Outcome, state stockdigest.CallState, cost int, now time.Time,
) error {
	u := o.Completion.Usage
	return q.SettleCall(ctx, db.SettleCallParams{
		ID: o.ID, State: string(state), Cost: cost, SettledAt: db.At(now), TookMs: int(o.Took.Milliseconds()),
		TokensIn: u.In, TokensCached: u.InCached, TokensOut: u.Out,
		Answer: clean(o.Completion.Text), Stop: clean(o.Completion.Stop), AnsweredBy: clean(o.Completion.Model), Error: note(o.Err),
	})
}

// note is the error of a call in a line of bounded length.
func note(err *stockdigest.CallError) string {
	if err == nil {
		return ""
	}
	line := oneLine(clean(err.Error()))
	return strings.ToValidUTF8(line[:min(len(line), 300)], "")
}

// A scope is what a cap counts: one day, month, reader's month or run, and the
// pages of a day.
type scope struct{ kind, name string }

// stored is the scope that the table knows: pages are counted beside the days.
func (s scope) stored() string {
	if s.kind == "pages" {
		return "day"
	}
	return s.kind
}

func scopesOf(provider, run, reader, day string) []scope {
	month := day[:min(len(day), len("2026-11"))]
	all := []scope{{"day", day}, {"month", month}, {"run", run}}
	if reader != "" {
		all = append(all, scope{"reader", reader + " " + month})
	}
	if provider == stockdigest.PageReader {
		all = append(all, scope{"pages", day + " pages"})
	}
	return all
}

// spendings are changes to what paid calls took out of each cap.
type spendings map[scope]db.AddSpendingRow

func (s spendings) add(scopes []scope, settled, reserved int) {
	for _, at := range scopes {
		c := s[at]
		s[at] = db.AddSpendingRow{Settled: c.Settled + settled, Reserved: c.Reserved + reserved}
	}
}

// apply writes the changes, always in the same order, so that transactions of
// two providers cannot wait for each other, and returns what stands then.
func (s spendings) apply(ctx context.Context, q *db.Queries) (spendings, error) {
	after := spendings{}
	for _, at := range slices.SortedFunc(maps.Keys(s), func(a, b scope) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	}) {
		change := db.AddSpendingParams{Scope: at.stored(), Name: at.name, Settled: s[at].Settled, Reserved: s[at].Reserved}
		row, err := q.AddSpending(ctx, change)
		if errors.Is(err, sql.ErrNoRows) {
			if err := q.OpenSpending(ctx, db.OpenSpendingParams{Scope: at.stored(), Name: at.name}); err != nil {
				return nil, err
			}
			row, err = q.AddSpending(ctx, change)
		}
		if err != nil {
			return nil, err
		}
		after[at] = row
	}
	return after, nil
}

// reserve adds what the call may cost at worst to every scope, or says which
// cap is in the way: for good, as an *OverBudget, or until calls under way
// have ended. The transaction must not be committed then.
func reserve(ctx context.Context, q *db.Queries, bid stockdigest.Bid, changes spendings) (stockdigest.Hold, error) {
	scopes := scopesOf(bid.Ask.Provider, string(bid.Ask.Run), string(bid.Ask.Reader), string(bid.Day))
	changes.add(scopes, 0, int(bid.Reserve))
	after, err := changes.apply(ctx, q)
	if err != nil || bid.Reserve == 0 {
		return "", err
	}
	var held stockdigest.Hold
	for _, at := range scopes {
		limit, spent := capOf(bid.Budget, at.kind), after[at]
		settled := stockdigest.Micros(spent.Settled)
		switch {
		case settled+bid.Reserve > limit:
			return "", &stockdigest.OverBudget{Scope: at.kind, Cap: limit, Spent: settled, Want: bid.Reserve}
		case settled+stockdigest.Micros(spent.Reserved) <= limit || held == stockdigest.HeldHouse:
		case at.kind == "day" || at.kind == "month" || at.kind == "pages":
			held = stockdigest.HeldHouse
		default:
			held = stockdigest.HeldOwn
		}
	}
	return held, nil
}

func capOf(b stockdigest.Budget, kind string) stockdigest.Micros {
	switch kind {
	case "day":
		return b.Day
	case "month":
		return b.Month
	case "reader":
		return b.Reader
	case "pages":
		return b.Pages
	}
	return b.Run
}
