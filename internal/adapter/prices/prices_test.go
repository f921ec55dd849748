package prices_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/prices"
	"stockdigest.app/stockdigest/internal/datatest"
)

// answers is a Getter with one answer.
type answers struct {
	body  string
	err   error
	asked []string
}

func (a *answers) Data(_ context.Context, url string, _ int64) (stockdigest.Body, error) {
	a.asked = append(a.asked, url)
	return stockdigest.Body{Bytes: []byte(a.body), Status: 200}, a.err
}

// recorded is what Yahoo answered once.
func recorded(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(datatest.Dir(t, "api_samples", "yahoo_recorded", "tests", "fixtures", "http"), file))
	if err != nil {
		t.Fatal(err)
	}
	var exchange struct {
		Response struct{ BodyJSON json.RawMessage }
	}
	if err := json.Unmarshal(raw, &exchange); err != nil || len(exchange.Response.BodyJSON) == 0 {
		t.Fatalf("read %s: %v", file, err)
	}
	return string(exchange.Response.BodyJSON)
}

func at(value string) func() time.Time {
	return func() time.Time {
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return time.Time{}
		}
		return t
	}
}

func TestRecordedHistoryIsSplitAdjusted(t *testing.T) {
	t.Parallel()
	// Apple split 4:1 on 31 August 2020; on 2 January 2020 a share cost $300.35.
	h, err := prices.NewYahoo(&answers{body: recorded(t, "chart-AAPL-2020-01-01-to-2020-01-03.json")}, at("2025-02-20T11:47:40Z")).History(t.Context(), "AAPL", 400)
	want := stockdigest.PriceHistory{Symbol: "AAPL", Currency: "USD", Source: "Yahoo Finance", Closes: []stockdigest.Close{{Day: "2020-01-02", Price: 75.0875}}}
	if err != nil || cmp.Diff(want, h) != "" {
		t.Errorf("got %v: %s", err, cmp.Diff(want, h))
	}
}

func TestRecordedHistoryHasOneCloseADay(t *testing.T) {
	t.Parallel()
	a := &answers{body: recorded(t, "chart-AAPL-2020-08-31-to-2020-11-07.json")}
	h, err := prices.NewYahoo(a, at("2025-02-20T11:47:40Z")).History(t.Context(), "AAPL", 90)
	if err != nil || len(h.Closes) != 49 {
		t.Fatalf("got %d closes, %v, want 49", len(h.Closes), err)
	}
	first, last := stockdigest.Close{Day: "2020-08-31", Price: 129.04}, stockdigest.Close{Day: "2020-11-06", Price: 118.69}
	if h.Closes[0] != first || h.Closes[48] != last {
		t.Errorf("got %v to %v, want %v to %v", h.Closes[0], h.Closes[48], first, last)
	}
	if want := "https://query1.finance.yahoo.com/v8/finance/chart/AAPL?includePrePost=false&interval=1d&period1=1732276060&period2=1740052060"; a.asked[0] != want {
		t.Errorf("asked %s, want %s", a.asked[0], want)
	}
}

func TestRecordedQuote(t *testing.T) {
	t.Parallel()
	q, err := prices.NewYahoo(&answers{body: recorded(t, "chart-AAPL.json")}, at("2025-03-24T13:51:33Z")).Quote(t.Context(), "AAPL")
	want := stockdigest.Quote{
		Symbol: "AAPL", Price: 220.003, PreviousClose: 164.32, // the only earlier session of this recording
		Currency: "USD", AsOf: time.Date(2025, 3, 24, 13, 51, 33, 0, time.UTC), Source: "Yahoo Finance",
	}
	if err != nil || cmp.Diff(want, q) != "" {
		t.Errorf("got %v: %s", err, cmp.Diff(want, q))
	}
}

func TestRecordedAnswersWithoutTimesHaveNoCloses(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"chart-notimestamp-quotes-length.fake.json", "chart-notimestamp-weird-quote.fake.json"} {
		y := prices.NewYahoo(&answers{body: recorded(t, file)}, at("2025-02-20T11:47:40Z"))
		if h, err := y.History(t.Context(), "AAPL", 30); !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("%s: got %+v, %v, want ErrNotFound", file, h, err)
		}
		if q, err := y.Quote(t.Context(), "AAPL"); err != nil || q.PreviousClose != 0 {
			t.Errorf("%s: got %+v, %v, want a quote without previous close", file, q, err)
		}
	}
}

// answer is one of Yahoo's with the parts that a test is about.
func answer(meta, timestamps, closes string) string {
	return fmt.Sprintf(`{"chart":{"result":[{"meta":{"symbol":"ABC",%s},"timestamp":[%s],"indicators":{"quote":[{"close":[%s]}],"adjclose":[{"adjclose":[1]}]}}],"error":null}}`, meta, timestamps, closes)
}

const (
	// 2026-11-20 21:00 UTC is the Friday's close in New York.
	friday  = `"currency":"USD","regularMarketPrice":12.5,"regularMarketTime":1795208400,"exchangeTimezoneName":"America/New_York","gmtoffset":-18000`
	session = "1795012200,1795098600,1795185000" // 18, 19 and 20 November, 9:30
)

func TestPreviousCloseIsThatOfTheSessionBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes string
		want   float64
	}{
		"told":    {"11,12,12.5", 12},
		"missing": {"11,null,12.5", 0}, // not Wednesday's
		"zero":    {"11,0,12.5", 0},
	} {
		q, err := prices.NewYahoo(&answers{body: answer(friday, session, c.closes)}, at("2026-11-23T13:30:00Z")).Quote(t.Context(), "ABC")
		if err != nil || q.PreviousClose != c.want || q.Price != 12.5 {
			t.Errorf("%s: got %+v, %v, want previous close %g", name, q, err, c.want)
		}
	}
}

func TestMissingSessionsAreLeftOut(t *testing.T) {
	t.Parallel()
	h, err := prices.NewYahoo(&answers{body: answer(friday, session, "11,null,12.5")}, at("2026-11-23T13:30:00Z")).History(t.Context(), "ABC", 30)
	want := []stockdigest.Close{{Day: "2026-11-18", Price: 11}, {Day: "2026-11-20", Price: 12.5}}
	if err != nil || cmp.Diff(want, h.Closes) != "" {
		t.Errorf("got %v: %s", err, cmp.Diff(want, h.Closes))
	}
}

func TestSessionUnderWayHasNoClose(t *testing.T) {
	t.Parallel()
	meta := friday + `,"currentTradingPeriod":{"regular":{"start":1795185000,"end":1795208400}}`
	during, err := prices.NewYahoo(&answers{body: answer(meta, session, "11,12,12.4")}, at("2026-11-20T20:00:00Z")).History(t.Context(), "ABC", 30)
	if err != nil || len(during.Closes) != 2 {
		t.Errorf("during the session: got %+v, %v, want two closes", during, err)
	}
	after, err := prices.NewYahoo(&answers{body: answer(meta, session, "11,12,12.5")}, at("2026-11-20T21:00:00Z")).History(t.Context(), "ABC", 30)
	if err != nil || len(after.Closes) != 3 {
		t.Errorf("after it: got %+v, %v, want three closes", after, err)
	}
}

func TestDaysAreTheExchanges(t *testing.T) {
	t.Parallel()
	// A session in Sydney begins at 23:00 UTC of the day before.
	meta := strings.Replace(friday, "America/New_York", "Australia/Sydney", 1)
	h, err := prices.NewYahoo(&answers{body: answer(meta, "1795042800", "11")}, at("2026-11-23T13:30:00Z")).History(t.Context(), "ABC", 30)
	if err != nil || h.Closes[0].Day != "2026-11-19" {
		t.Errorf("got %+v, %v, want 2026-11-19", h, err)
	}
}

func TestWhatIsNoQuote(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no time":                           answer(strings.Replace(friday, `"regularMarketTime"`, `"time"`, 1), session, "1,2,3"),
		"price zero":                        answer(strings.Replace(friday, "12.5", "0", 1), session, "1,2,3"),
		"price negative":                    answer(strings.Replace(friday, "12.5", "-12.5", 1), session, "1,2,3"),
		"price below a hundredth of a cent": answer(strings.Replace(friday, "12.5", "0.00001", 1), session, "1,2,3"),
		"no currency":                       answer(strings.Replace(friday, "USD", "", 1), session, "1,2,3"),
		"odd currency":                      answer(strings.Replace(friday, "USD", "<b>", 1), session, "1,2,3"),
		"future":                            answer(strings.Replace(friday, "1795208400", "1895208400", 1), session, "1,2,3"),
		"other symbol":                      strings.Replace(answer(friday, session, "1,2,3"), `"ABC"`, `"XYZ"`, 1),
		"not found":                         `{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}`,
	} {
		if q, err := prices.NewYahoo(&answers{body: body}, at("2026-11-23T13:30:00Z")).Quote(t.Context(), "ABC"); !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("%s: got %+v, %v, want ErrNotFound", name, q, err)
		}
	}
	for _, body := range []string{"", "<html>", `[]`, `{}`, `{"chart":{"result":[]}}`, `{"chart":{"result":["x"]}}`, answer(friday, `"x"`, "1")} {
		if q, err := prices.NewYahoo(&answers{body: body}, at("2026-11-23T13:30:00Z")).Quote(t.Context(), "ABC"); !errors.Is(err, stockdigest.ErrUnavailable) {
			t.Errorf("%s: got %+v, %v, want ErrUnavailable", body, q, err)
		}
	}
}

func TestHostileZonesAreNotOpened(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"../../etc/passwd", "/etc/localtime", "Local", strings.Repeat("A/", 40), "No/Such", "\\u0000"} {
		meta := strings.Replace(friday, "America/New_York", zone, 1)
		h, err := prices.NewYahoo(&answers{body: answer(meta, session, "11,12,12.5")}, at("2026-11-23T13:30:00Z")).History(t.Context(), "ABC", 30)
		if err != nil || len(h.Closes) != 3 || h.Closes[2].Day != "2026-11-20" {
			t.Errorf("%s: got %+v, %v, want days by the offset", zone, h, err)
		}
	}
}

// one is a Source.
type one struct {
	price float64
	err   error
	asked int
}

func (o *one) Quote(context.Context, stockdigest.Symbol) (stockdigest.Quote, error) {
	o.asked++
	return stockdigest.Quote{Price: o.price}, o.err
}

func (o *one) History(context.Context, stockdigest.Symbol, int) (stockdigest.PriceHistory, error) {
	o.asked++
	return stockdigest.PriceHistory{Closes: []stockdigest.Close{{Price: o.price}}}, o.err
}

func TestTheFirstSourceWithAnAnswerWins(t *testing.T) {
	t.Parallel()
	paid, free, last := &one{err: stockdigest.NotFound("no")}, &one{price: 7}, &one{price: 8}
	q, err := prices.First{paid, free, last}.Quote(t.Context(), "ABC")
	if err != nil || q.Price != 7 || paid.asked != 1 || last.asked != 0 {
		t.Errorf("got %+v, %v, asked %d and %d times, want 7 of the second", q, err, paid.asked, last.asked)
	}
	h, err := prices.First{paid, free}.History(t.Context(), "ABC", 30)
	if err != nil || h.Closes[0].Price != 7 {
		t.Errorf("got %+v, %v, want 7", h, err)
	}
	_, err = prices.First{paid, &one{err: &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "busy"}}}.Quote(t.Context(), "ABC")
	if !errors.Is(err, stockdigest.ErrNotFound) || !errors.Is(err, stockdigest.ErrUnavailable) {
		t.Errorf("got %v, want both errors", err)
	}
	if _, err := (prices.First{}).Quote(t.Context(), "ABC"); !errors.Is(err, stockdigest.ErrUnavailable) {
		t.Errorf("no source: got %v, want ErrUnavailable", err)
	}
	if _, err := (prices.First{free}).History(t.Context(), "ABC", 0); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("no days: got %v, want ErrInvalid", err)
	}
}

func TestChartIsSmallAndTheSameEveryTime(t *testing.T) {
	t.Parallel()
	h := wave(63, 180, 9)
	want, err := prices.PNG(h)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got, err := prices.PNG(h); err != nil || !bytes.Equal(got, want) {
				t.Errorf("drawn again: got %d bytes, %v, want the same %d", len(got), err, len(want))
			}
		})
	}
	group.Wait()
	img, err := png.Decode(bytes.NewReader(want))
	if err != nil || img.Bounds().Dx() != 600 || img.Bounds().Dy() != 240 {
		t.Errorf("got %v, want 600 by 240", err)
	}
	if _, _, _, alpha := img.At(0, 0).RGBA(); alpha != 0xffff {
		t.Errorf("the ground is not solid: alpha %x", alpha)
	}
}

func TestChartsAreSmall(t *testing.T) {
	t.Parallel()
	saw := wave(250, 100, 1) // as restless as a line can be
	for i := range saw.Closes {
		saw.Closes[i].Price = 100 + 50*float64(i%2)
	}
	for _, h := range []stockdigest.PriceHistory{saw, wave(2, 1, 0.5), wave(20, 0.004, 0.002), wave(63, 180, 40), wave(250, 700_000, 90_000), wave(1000, 35, 20), {Closes: []stockdigest.Close{{Day: "2026-11-19", Price: 7}, {Day: "2026-11-20", Price: 7}}}} {
		got, err := prices.PNG(h)
		if err != nil || len(got) > 20<<10 {
			t.Errorf("%d closes: got %d bytes, %v, want at most 20 kB", len(h.Closes), len(got), err)
		}
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	for _, closes := range [][]stockdigest.Close{
		nil,
		{{Day: "2026-11-20", Price: 7}},
		{{Day: "2026-11-19", Price: 7}, {Day: "2026-11-20"}},
		{{Day: "2026-11-19", Price: 7}, {Day: "x", Price: 7}},
		{{Day: "2026-11-19", Price: 7}, {Day: "2026-11-20", Price: math.NaN()}},
		{{Day: "2026-11-19", Price: 7}, {Day: "2026-11-20", Price: math.Inf(1)}},
	} {
		if _, err := prices.PNG(stockdigest.PriceHistory{Closes: closes}); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%v: got %v, want ErrInvalid", closes, err)
		}
	}
}

// wave is a history that goes up and down.
func wave(n int, around, by float64) stockdigest.PriceHistory {
	h := stockdigest.PriceHistory{Symbol: "ABC", Currency: "USD"}
	day := stockdigest.Day("2026-11-20").Add(-n + 1)
	for i := range n {
		h.Closes = append(h.Closes, stockdigest.Close{Day: day.Add(i), Price: around + by*math.Sin(float64(i)/7)*math.Cos(float64(i)/3)*0.9})
	}
	return h
}

func FuzzYahoo(f *testing.F) {
	f.Add(answer(friday, session, "11,null,12.5"))
	f.Add(answer(`"exchangeTimezoneName":"../x","gmtoffset":9223372036854775807,"regularMarketTime":-62135596800,"regularMarketPrice":1e308,"currency":"USD"`, "-9223372036854775808,9223372036854775807", "5e-324,1e300"))
	f.Fuzz(func(t *testing.T, body string) {
		now := at("2026-11-23T13:30:00Z")
		y := prices.NewYahoo(&answers{body: body}, now)
		if q, err := y.Quote(t.Context(), "ABC"); err == nil && (q.Price <= 0 || q.PreviousClose < 0 || len(q.Currency) != 3 || q.AsOf.After(now().Add(time.Hour)) || q.AsOf.Year() < 1990) {
			t.Errorf("body %q: got %+v", body, q)
		}
		h, err := y.History(t.Context(), "ABC", 30)
		if err != nil {
			return
		}
		for i, c := range h.Closes {
			if c.Price <= 0 || i > 0 && c.Day <= h.Closes[i-1].Day {
				t.Errorf("body %q: got %+v", body, h)
			}
		}
	})
}

func BenchmarkPNG(b *testing.B) {
	h := wave(63, 180, 9)
	for b.Loop() {
		if _, err := prices.PNG(h); err != nil {
			b.Fatal(err)
		}
	}
}
