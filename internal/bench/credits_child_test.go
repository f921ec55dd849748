package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
)

// A child does random operations on credits.
type child struct {
	db      *store.DB
	clock   *atomic.Int64 // minutes since the epoch
	readers []stockdigest.Reader
}

func (c *child) now() time.Time { return time.Unix(60*c.clock.Load(), 0).UTC() }

// A childWorker is one of the child's goroutines.
type childWorker struct {
	*child
	random *rand.Rand
	name   string // unique among all workers of all children
	orders int
	last   stockdigest.Order
	answer string
}

// work does one operation and tells of it. What must not happen is told, too,
// and fails the test.
func (w *childWorker) work(ctx context.Context) {
	w.clock.Add(w.random.Int64N(2*tortureStep + 1))
	var err error
	told := "other"
	switch n := w.random.IntN(100); {
	case n < 45:
		told, err = w.order(ctx)
	case n < 55:
		err = w.orderAgain(ctx)
	case n < 85:
		err = w.endRun(ctx)
	case n < 90:
		amount := 1 - 2*w.random.IntN(2)
		_, err = w.db.Adjust(ctx, w.reader(), amount, "torture", "at random")
	case n < 95:
		_, err = w.db.Account(ctx, w.reader(), w.now())
	case n < 98:
		_, err = w.db.GrantAll(ctx, w.now())
	default:
		err = w.sweep(ctx)
	}
	if err != nil && !errors.Is(err, stockdigest.ErrConflict) {
		told = "error " + err.Error()
	}
	if _, err := fmt.Println(told); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

func (w *childWorker) reader() stockdigest.ReaderID {
	return w.readers[w.random.IntN(len(w.readers))].ID
}

// order orders with a new key.
func (w *childWorker) order(ctx context.Context) (string, error) {
	w.orders++
	ticker := w.random.IntN(tortureTickers)
	if w.random.IntN(3) == 0 {
		ticker %= 10 // these are asked for all the time, and shared
	}
	w.last = stockdigest.Order{
		Reader: w.reader(), Ticker: tickerAt(ticker), Key: fmt.Sprintf("%s-%d", w.name, w.orders), At: w.now(),
	}
	ordered, err := w.db.OrderReport(ctx, w.last)
	if _, none := errors.AsType[*stockdigest.NoCredits](err); err != nil && !none {
		return "", err
	}
	w.answer = answerLine(ordered, err)
	return orderLine(w.last, w.answer), nil
}

// orderAgain sends the last order again, and another one under its key.
func (w *childWorker) orderAgain(ctx context.Context) error {
	if w.last.Key == "" {
		return nil
	}
	again := w.last
	again.At = w.now()
	if again.At.Sub(w.last.At) >= 24*time.Hour {
		return nil
	}
	if got, err := w.db.OrderReport(ctx, again); answerLine(got, err) != w.answer {
		return fmt.Errorf("order %+v got %q first and then %q", w.last, w.answer, answerLine(got, err))
	}
	again.Ticker = "K-other"
	if _, err := w.db.OrderReport(ctx, again); !errors.Is(err, stockdigest.ErrConflict) {
		return fmt.Errorf("another order under the key %s got %w", again.Key, err)
	}
	return nil
}

// endRun takes a run and ends it in one of the ways that there are.
func (w *childWorker) endRun(ctx context.Context) error {
	run, ok, err := w.db.ClaimNext(ctx, stockdigest.Claim{
		Worker: w.name, Lease: 200 * time.Millisecond, Caps: stockdigest.Caps{Scheduled: 1000, AdHoc: 1000, Total: 1000},
	})
	if err != nil || !ok {
		return err
	}
	report := stockdigest.Report{
		ID: stockdigest.ReportID("r-" + run.ID), Ticker: run.Ticker, Kind: run.Kind, AsOf: run.AsOf, Version: 1,
		Status: stockdigest.ReportReady,
	}
	switch n := w.random.IntN(20); {
	case n == 0: // waits before it is tried again, and so holds its ticker for long
		return w.db.FailRun(ctx, run, "at random")
	case n < 4:
		return w.db.QuarantineRun(ctx, run, "at random")
	case n < 7:
		return w.db.CancelRun(ctx, run.ID, "torture")
	case n < 10:
		report.Status = stockdigest.ReportHeld
	}
	return w.db.SaveReport(ctx, run, report, "")
}

// sweep looks for credits that are held although the run has ended.
func (w *childWorker) sweep(ctx context.Context) error {
	n, err := w.db.SettleStale(ctx, w.now().AddDate(1, 0, 0))
	if err == nil && n > 0 {
		return fmt.Errorf("%d holds were forgotten", n)
	}
	return err
}

// answerLine tells one answer to an order from another.
func answerLine(ordered stockdigest.Ordered, err error) string {
	if none, ok := errors.AsType[*stockdigest.NoCredits](err); ok {
		return fmt.Sprintf("none until %s, %d held", none.Account.Resets, none.Account.Held)
	}
	if err != nil {
		return err.Error()
	}
	body, err := json.Marshal(ordered)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func orderLine(o stockdigest.Order, answer string) string {
	return fmt.Sprintf("order %s %s %s %d %s", o.Reader, o.Ticker, o.Key, o.At.Unix(), answer)
}

// parseOrder reads what orderLine wrote, without its first word.
func parseOrder(line string) (o stockdigest.Order, answer string, err error) {
	f := strings.SplitN(line, " ", 5)
	if len(f) < 5 {
		return o, "", fmt.Errorf("%q is no order", line)
	}
	at, err := strconv.ParseInt(f[3], 10, 64)
	o = stockdigest.Order{
		Reader: stockdigest.ReaderID(f[0]), Ticker: stockdigest.Symbol(f[1]), Key: f[2], At: time.Unix(at, 0).UTC(),
	}
	return o, f[4], err
}
