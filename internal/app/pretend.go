package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/night"
	"stockdigest.app/stockdigest/internal/sim"
)

// Pretend is the world that the pretend world at STOCKDIGEST_PRETEND stands
// for. Every request goes there and nowhere else; the clock is the real one,
// and the database is the pretend world's own. The query of the address is for
// rigs: name=x gives the world another, fresh database.
func Pretend(ctx context.Context, opts Options) (World, error) {
	at, err := pretendAddress(opts)
	if err != nil {
		return World{}, err
	}
	told, err := askPretend(ctx, at.base)
	if err != nil {
		return World{}, err
	}
	w := Live(opts)
	w.TimeZone = told.Zone
	w.Transport = newPretendTransport(at.base)
	w.Hosts = map[string]fetch.Limit{}
	for domain, l := range told.Limits {
		w.Hosts[domain] = fetch.Limit{Parallel: l.Parallel, Rate: l.Rate}
	}
	w.own = &holdings{name: "pretend_" + told.Fingerprint + at.name, what: "the pretend world", tickers: pretendTickers(told)}
	return w, nil
}

// A pretendAt is what the setting says.
type pretendAt struct {
	base *url.URL
	name string // empty, or begins with a line
}

// pretendAddress reads the setting. Nothing but this machine may play the world,
// and never for real readers.
func pretendAddress(opts Options) (at pretendAt, err error) {
	u, err := url.Parse(opts.Pretend)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return at, stockdigest.Invalid("STOCKDIGEST_PRETEND is no address such as http://127.0.0.1:8090")
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return at, stockdigest.Invalid("STOCKDIGEST_PRETEND must be an address of this machine such as http://127.0.0.1:8090")
	}
	if opts.Environment == "production" {
		return at, stockdigest.Invalid("STOCKDIGEST_PRETEND is refused in production: nobody may be sent invented news")
	}
	at = pretendAt{base: &url.URL{Scheme: u.Scheme, Host: u.Host}}
	if name := u.Query().Get("name"); name != "" {
		if len(name) > 20 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return at, stockdigest.Invalid("STOCKDIGEST_PRETEND: name has at most 20 small letters and digits")
		}
		at.name = "_" + name
	}
	return at, nil
}

// maxWorld is far above what a world of thousands of companies has.
const maxWorld = 64 << 20

func askPretend(ctx context.Context, at *url.URL) (sim.World, error) {
	var told sim.World
	err := pretendJSON(ctx, at.String()+"/_pretend/world.json", &told)
	if err == nil && len(told.Tickers) == 0 {
		err = errors.New("it has no companies")
	}
	if err != nil {
		return told, &stockdigest.Error{
			Kind: stockdigest.ErrUnavailable, Err: err,
			Message: "no pretend world answers at " + at.String() + ": start one with stockdigest sim, or leave STOCKDIGEST_PRETEND empty",
		}
	}
	return told, nil
}

// pretendJSON asks the pretend world something about itself.
func pretendJSON(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("no answer within 30 s"))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := pretendNetwork().RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d", resp.StatusCode)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxWorld)).Decode(into)
}

func pretendTickers(told sim.World) []night.Ticker {
	all := make([]night.Ticker, 0, len(told.Tickers))
	for _, t := range told.Tickers {
		n := night.Ticker{Ticker: stockdigest.Ticker{
			Symbol: stockdigest.Symbol(t.Symbol), Name: t.Name, Exchange: t.Exchange, CIK: t.CIK, Source: "night",
		}}
		for _, name := range t.Names {
			n.Names = append(n.Names, stockdigest.Name{Text: name.Text, Kind: stockdigest.NameKind(name.Kind)})
		}
		for _, f := range t.Feeds {
			n.Feeds = append(n.Feeds, stockdigest.TickerFeed{
				Feed: stockdigest.Feed{URL: f.URL, Source: f.Source}, Role: stockdigest.Role(f.Role), Subject: f.Subject,
			})
		}
		all = append(all, n)
	}
	return all
}

// A pretendTransport sends every request to the pretend world, with the host it
// was meant for in a header.
type pretendTransport struct {
	at   *url.URL
	next http.RoundTripper
}

func newPretendTransport(at *url.URL) *pretendTransport {
	return &pretendTransport{at: at, next: pretendNetwork()}
}

// pretendNetwork keeps a connection for every request that may be under way, or
// a big night would run out of ports.
func pretendNetwork() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
	}
}

// RoundTrip asks the pretend world.
func (t *pretendTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header.Set(sim.HostHeader, strings.ToLower(req.URL.Hostname()))
	out.Header.Set(sim.SchemeHeader, req.URL.Scheme)
	out.URL.Scheme, out.URL.Host, out.Host = t.at.Scheme, t.at.Host, t.at.Host
	return t.next.RoundTrip(out)
}
