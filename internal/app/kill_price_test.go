package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// What childPrices has the child do: the step as it is, or one that forgets the
// price that a run was begun with.
const (
	asItIs    = "as it is"
	forgetful = "forgetful"
)

// pricedReport makes the report of one company, whose price is asked for. An event
// is a feed or a price that arrived, and each commit of the step, before and after.
func pricedReport(ctx context.Context, opts app.Options, dir string, bomb *bomb, forget bool) (answer app.Answer, err error) {
	world, err := app.OpenWorld(ctx, opts, dir, time.Time{})
	if err != nil {
		return answer, err
	}
	world = app.Asking(world)
	world.Transport = exchange{next: world.Transport, bomb: bomb, now: world.Now}
	a, err := app.New(ctx, opts, world, &app.Console{Out: io.Discard, Err: os.Stderr, JSON: true})
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	app.IngestOver(a, func(s ingest.Store) ingest.Store { return mortal{s, bomb, forget} })
	list, err := a.Tickers([]string{"ZQLA"})
	if err != nil {
		return answer, err
	}
	return a.Report(ctx, list, stockdigest.Daily)
}

// An exchange is the network with a source of prices, which moves with every
// question.
type exchange struct {
	next http.RoundTripper
	bomb *bomb
	now  func() time.Time
}

const chartPath = "/v8/finance/chart/"

func (e exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	priced := strings.HasPrefix(r.URL.Path, chartPath)
	if !priced && r.URL.Host != "feeds.example" || strings.HasSuffix(r.URL.Path, "/robots.txt") {
		return e.next.RoundTrip(r)
	}
	if err := appendLine(os.Getenv(childLog), "https://"+r.URL.Host+r.URL.Path); err != nil {
		return nil, err
	}
	defer e.bomb.event()
	if !priced {
		return e.next.RoundTrip(r)
	}
	log, err := os.ReadFile(os.Getenv(childLog))
	if err != nil {
		return nil, err
	}
	price := 100 + float64(bytes.Count(log, []byte(chartPath)))
	body, err := chartOf(strings.TrimPrefix(r.URL.Path, chartPath), price, e.now())
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, err
}

// chartOf is an answer with three sessions, the last of them at price.
func chartOf(symbol string, price float64, now time.Time) ([]byte, error) {
	var begins []int64
	for day := 3; day >= 1; day-- {
		begins = append(begins, now.AddDate(0, 0, -day).Unix())
	}
	return json.Marshal(map[string]any{"chart": map[string]any{"error": nil, "result": []any{map[string]any{
		"meta": map[string]any{
			"symbol": symbol, "currency": "USD", "regularMarketPrice": price, "regularMarketTime": now.AddDate(0, 0, -1).Unix(),
			"exchangeTimezoneName": "America/New_York", "currentTradingPeriod": map[string]any{"regular": map[string]any{"end": now.Unix() - 1}},
		},
		"timestamp":  begins,
		"indicators": map[string]any{"quote": []any{map[string]any{"close": []float64{90, 95, price}}}},
	}}}})
}

// A mortal store is the step's, with an event on both sides of every commit. What
// is committed is noted in the log, where nothing kills in between.
type mortal struct {
	ingest.Store
	bomb   *bomb
	forget bool
}

const storedMark = "stored:"

func (m mortal) commit(what string, do func() error) error {
	m.bomb.event()
	if err := do(); err != nil {
		return err
	}
	if err := appendLine(os.Getenv(childLog), storedMark+what); err != nil {
		return err
	}
	m.bomb.event()
	return nil
}

func (m mortal) Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error) {
	got, err := m.Store.Material(ctx, run)
	if m.forget {
		got.Price = nil
	}
	return got, err
}

func (m mortal) SavePrice(ctx context.Context, run stockdigest.Run, card stockdigest.PriceCard) error {
	return m.commit(priceMark(&card), func() error { return m.Store.SavePrice(ctx, run, card) })
}

func (m mortal) SavePoll(ctx context.Context, run stockdigest.Run, poll stockdigest.Poll, found []stockdigest.Found) error {
	return m.commit(poll.FeedURL, func() error { return m.Store.SavePoll(ctx, run, poll, found) })
}

func (m mortal) FinishStep(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error {
	return m.commit(string(step), func() error { return m.Store.FinishStep(ctx, run, step, note) })
}

// priceMark names a price in the log.
func priceMark(card *stockdigest.PriceCard) string {
	return fmt.Sprintf("https://query1.finance.yahoo.com%s%s=%g", chartPath, card.Quote.Symbol, card.Quote.Price)
}

// TestAKillInTheStepThatAsksForPricesChangesNoReport kills the program at every
// event of the step, on both engines: the next run ends with the same report, at
// the price that was stored, and asks for nothing again that is.
func TestAKillInTheStepThatAsksForPricesChangesNoReport(t *testing.T) {
	t.Parallel()
	dir := newFixture(t).save(t)
	want := priceRun(t, killer{night: dir, prices: asItIs}, 0)
	if len(want.complaints) > 0 || want.price == nil || len(want.price.History.Closes) != 3 {
		t.Fatalf("the run without a kill: %v, price %+v", want.complaints, want.price)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for ; ; kills++ {
				k := killer{night: dir, prices: asItIs}
				if engine == "postgres" {
					k.url = storetest.EmptyPostgresURL(t)
				}
				got := priceRun(t, k, kills+1)
				if !got.killed {
					break
				}
				for _, c := range append(got.complaints, got.unlike(want)...) {
					t.Errorf("killed at event %d: %s", kills+1, c)
				}
			}
			if measured(t, "%s: killed at each of %d events of the step that asks for prices", engine, kills); kills < 9 {
				t.Errorf("%d events, want two prices, a feed, and both sides of three commits", kills)
			}
		})
	}
}

// TestTheHarnessSeesAStepThatForgetsItsPrice kills one that does, after its price is
// stored and before its mark is.
func TestTheHarnessSeesAStepThatForgetsItsPrice(t *testing.T) {
	t.Parallel()
	dir := newFixture(t).save(t)
	seen := 0
	for at := 5; at <= 8; at++ {
		if got := priceRun(t, killer{night: dir, prices: forgetful}, at); got.killed && len(got.complaints) > 0 {
			seen++
		}
	}
	if seen != 4 {
		t.Errorf("seen after %d of 4 kills", seen)
	}
}

// A priced run is what came of one that was killed once, or never, and then ran to
// its end.
type priced struct {
	killed     bool
	price      *stockdigest.PriceCard
	rest       string // of the report, as JSON
	complaints []string
}

// priceRun kills a child at an event, and has another finish the work.
func priceRun(t *testing.T, k killer, at int) (got priced) {
	t.Helper()
	k.dir, k.log = t.TempDir(), filepath.Join(t.TempDir(), "log")
	out, killed := k.run(t, at, 0)
	got.killed = killed
	if !killed {
		got.read(t, out)
		return got
	}
	before := lines(t, k.log)
	out, _ = k.run(t, 0, 0)
	got.read(t, out)
	stored := got.stored(before)
	for _, line := range lines(t, k.log)[len(before):] {
		if !strings.HasPrefix(line, storedMark) && slices.ContainsFunc(stored, func(s string) bool { return strings.HasPrefix(s, line) }) {
			got.complaints = append(got.complaints, line+" was asked for again, and is stored")
		}
	}
	return got
}

// stored is what a log says is in the database. It complains of a report with
// another price than that.
func (p *priced) stored(log []string) (all []string) {
	for _, line := range log {
		what, found := strings.CutPrefix(line, storedMark)
		if !found {
			continue
		}
		all = append(all, what)
		if strings.Contains(what, chartPath) && (p.price == nil || priceMark(p.price) != what) {
			p.complaints = append(p.complaints, fmt.Sprintf("the report tells the price %+v, the run was begun with %s", p.price, what))
		}
	}
	return all
}

// read takes a child's answer apart.
func (p *priced) read(t *testing.T, out []byte) {
	t.Helper()
	var answer app.Answer
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if len(answer.Reports) != 1 || answer.Reports[0].Status != stockdigest.ReportReady {
		p.complaints = append(p.complaints, fmt.Sprintf("got %s, want one ready report", out))
		return
	}
	p.price, answer.Reports[0].Price = answer.Reports[0].Price, nil
	rest, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	p.rest = string(rest)
}

// unlike is how the outcome differs from another, beside the price of the moment.
func (p *priced) unlike(want priced) []string {
	if p.rest != want.rest {
		return []string{fmt.Sprintf("got\n%s\nwant\n%s", p.rest, want.rest)}
	}
	if p.price == nil || len(p.price.History.Closes) != len(want.price.History.Closes) {
		return []string{fmt.Sprintf("got the price %+v, want one with %d closes", p.price, len(want.price.History.Closes))}
	}
	return nil
}
