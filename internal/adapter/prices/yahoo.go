package prices

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // sessions are days at their exchange, on every machine

	"stockdigest.app/stockdigest"
)

const (
	maxAnswer = 4 << 20          // bytes; three years of sessions have 100 kB
	maxBars   = 5_000            // of one answer
	maxPrice  = 1e9              // of one share; the dearest costs less than a million
	ahead     = 10 * time.Minute // that the exchange's clock may be ahead of ours
	lookBack  = 10               // days that hold a session before the last one, whatever the holidays

	yahooSource = "Yahoo Finance"
)

// A Getter fetches a document within a size cap, politely and within a deadline.
type Getter interface {
	Data(ctx context.Context, url string, maxBytes int64) (stockdigest.Body, error)
}

// Yahoo is the source that needs no key: the data behind Yahoo Finance's charts.
// Nobody promises it; it may stop to answer on any day. It is safe for
// concurrent use when its Getter is.
type Yahoo struct {
	get Getter
	now func() time.Time
}

// NewYahoo returns the source.
func NewYahoo(get Getter, now func() time.Time) *Yahoo { return &Yahoo{get: get, now: now} }

// Quote returns the latest price of a regular session.
func (y *Yahoo) Quote(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Quote, error) {
	c, err := y.chart(ctx, symbol, lookBack)
	if err != nil {
		return stockdigest.Quote{}, err
	}
	q := stockdigest.Quote{
		Symbol: symbol, Price: cents(c.Meta.Price), Currency: c.currency(), AsOf: time.Unix(c.Meta.Time, 0).UTC(), Source: yahooSource,
	}
	if !isPrice(q.Price) || q.Currency == "" || q.AsOf.Year() < 1990 || q.AsOf.After(y.now().Add(ahead)) {
		return stockdigest.Quote{}, notFound("price of %s with its time and currency", symbol)
	}
	q.PreviousClose = c.previous(stockdigest.DayOf(q.AsOf, c.zone()))
	return q, nil
}

// History returns the closes of the last days, adjusted for splits. The session
// that is under way has no close yet.
func (y *Yahoo) History(ctx context.Context, symbol stockdigest.Symbol, days int) (stockdigest.PriceHistory, error) {
	c, err := y.chart(ctx, symbol, days)
	if err != nil {
		return stockdigest.PriceHistory{}, err
	}
	h := stockdigest.PriceHistory{Symbol: symbol, Currency: c.currency(), Source: yahooSource}
	now := y.now()
	today := stockdigest.DayOf(now, c.zone())
	open := now.Before(time.Unix(c.Meta.Period.Regular.End, 0))
	for _, b := range c.bars() {
		if isPrice(b.Price) && b.Day <= today && (b.Day != today || !open) {
			h.Closes = append(h.Closes, b)
		}
	}
	if len(h.Closes) == 0 {
		return h, notFound("closes of %s", symbol)
	}
	return h, nil
}

func notFound(what string, symbol stockdigest.Symbol) error {
	return stockdigest.NotFound("Yahoo Finance has no " + fmt.Sprintf(what, symbol))
}

// chart asks for the sessions of the last days.
func (y *Yahoo) chart(ctx context.Context, symbol stockdigest.Symbol, days int) (chart, error) {
	to := y.now()
	query := url.Values{
		"interval": {"1d"}, "includePrePost": {"false"},
		"period1": {strconv.FormatInt(to.AddDate(0, 0, -days).Unix(), 10)}, "period2": {strconv.FormatInt(to.Unix(), 10)},
	}
	body, err := y.get.Data(ctx, "https://query1.finance.yahoo.com/v8/finance/chart/"+url.PathEscape(string(symbol))+"?"+query.Encode(), maxAnswer)
	if err != nil {
		return chart{}, fmt.Errorf("ask Yahoo Finance: %w", err)
	}
	return parseChart(body.Bytes, symbol)
}

// A chart is the part of an answer that is read.
type chart struct {
	Meta struct {
		Symbol   string  `json:"symbol"`
		Currency string  `json:"currency"`
		Price    float64 `json:"regularMarketPrice"`
		Time     int64   `json:"regularMarketTime"` // seconds since 1970
		Zone     string  `json:"exchangeTimezoneName"`
		Offset   int     `json:"gmtoffset"` // seconds
		Period   struct {
			Regular struct {
				End int64 `json:"end"`
			} `json:"regular"`
		} `json:"currentTradingPeriod"`
	} `json:"meta"`
	Timestamps []int64 `json:"timestamp"` // beginnings of the sessions
	Indicators struct {
		Quote []struct {
			Close []*float64 `json:"close"` // adjusted for splits, not for dividends
		} `json:"quote"`
	} `json:"indicators"`
}

// parseChart reads an answer about symbol.
func parseChart(raw []byte, symbol stockdigest.Symbol) (chart, error) {
	var told struct {
		Chart struct {
			Result []json.RawMessage `json:"result"`
			Error  *struct {
				Code string `json:"code"`
			} `json:"error"`
		} `json:"chart"`
	}
	unreadable := &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "the answer of Yahoo Finance cannot be read", RetryAfter: time.Hour}
	if json.Unmarshal(raw, &told) != nil {
		return chart{}, unreadable
	}
	if told.Chart.Error != nil {
		return chart{}, notFound("data of %s", symbol)
	}
	var c chart
	if len(told.Chart.Result) != 1 || json.Unmarshal(told.Chart.Result[0], &c) != nil {
		return chart{}, unreadable
	}
	if !strings.EqualFold(c.Meta.Symbol, string(symbol)) {
		return chart{}, notFound("data of %s", symbol)
	}
	return c, nil
}

// bars are the sessions, oldest first, one a day. A session without a price is
// there with zero, so that nobody takes the one before it for it.
func (c chart) bars() []stockdigest.Close {
	if len(c.Indicators.Quote) != 1 || len(c.Indicators.Quote[0].Close) != len(c.Timestamps) || len(c.Timestamps) > maxBars {
		return nil
	}
	zone := c.zone()
	var bars []stockdigest.Close
	for i, at := range c.Timestamps {
		if began := time.Unix(at, 0).UTC(); began.Year() < 1900 || began.Year() > 2100 {
			continue
		}
		b := stockdigest.Close{Day: stockdigest.DayOf(time.Unix(at, 0), zone)}
		if told := c.Indicators.Quote[0].Close[i]; told != nil && isPrice(cents(*told)) {
			b.Price = cents(*told)
		}
		bars = append(bars, b)
	}
	// Of two bars of a day the later one counts: the first is the session, the
	// second what happened since.
	slices.Reverse(bars)
	slices.SortStableFunc(bars, func(a, b stockdigest.Close) int { return cmp.Compare(a.Day, b.Day) })
	return slices.CompactFunc(bars, func(a, b stockdigest.Close) bool { return a.Day == b.Day })
}

// previous is the close of the last session before day, zero when not told. The
// answer's own chartPreviousClose is that of the session before its range.
func (c chart) previous(day stockdigest.Day) float64 {
	bars := c.bars()
	for _, b := range slices.Backward(bars) {
		if b.Day < day {
			return b.Price
		}
	}
	return 0
}

// zone is where the exchange is.
func (c chart) zone() *time.Location {
	name := c.Meta.Zone
	if strings.Contains(name, "/") && len(name) <= 40 && strings.Trim(name, letters+"/_") == "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	const most = 14 * 60 * 60
	return time.FixedZone("exchange", max(-most, min(most, c.Meta.Offset)))
}

// currency is the answer's, when it looks like one: USD, or GBp for pence.
func (c chart) currency() string {
	told := c.Meta.Currency
	if len(told) != 3 || strings.Trim(told, letters) != "" {
		return ""
	}
	return told
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// cents undoes what 32 bits do to a price: 129.0399932861328 was 129.04. Four
// places are what splits leave of cents.
func cents(p float64) float64 { return math.Round(p*1e4) / 1e4 }

func isPrice(p float64) bool { return p > 0 && p < maxPrice }
