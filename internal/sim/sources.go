package sim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // sessions are New York's on every machine

	"stockdigest.app/stockdigest"
)

// The optional sources of the product. They take the key Key where the real
// ones want one.
const (
	GNews    Provider = "gnews"
	ScrapFly Provider = "scrapfly"
	FMP      Provider = "fmp"
	Quotes   Provider = "quotes" // prices, without a key
)

// Sources lists the optional sources. They have no limits unless they are told.
func Sources() []Provider { return []Provider{GNews, ScrapFly, FMP, Quotes} }

// source answers as an optional source, or says that there is no such host.
func (s *Sim) source(w http.ResponseWriter, r *http.Request, host string) {
	switch host {
	case "news.google.com":
		s.google(w, r)
	case "api.scrapfly.io":
		s.scrapfly(w, r)
	case "financialmodelingprep.com":
		s.fmp(w, r)
	case "query1.finance.yahoo.com":
		s.chart(w, r)
	default:
		http.Error(w, "no such host in the pretend world: "+host, http.StatusNotFound)
	}
}

// GoogleLink wraps the address of a pretend page in a link as Google News makes
// them: a token that only its maker can open.
func GoogleLink(address string) string {
	opaque := "AU_yqL" + base64.RawURLEncoding.EncodeToString([]byte(address))
	token := []byte{0x08, 0x13, 0x22} // two fields: a kind, and the opaque text behind its length
	for n := len(opaque); ; n >>= 7 {
		if n < 0x80 {
			token = append(token, byte(n))
			break
		}
		token = append(token, byte(n&0x7f|0x80)) //nolint:gosec // seven bits and a sign
	}
	return "https://news.google.com/rss/articles/" + base64.RawURLEncoding.EncodeToString(append(token, opaque...)) + "?oc=5"
}

// behind opens a token.
func behind(token string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", false
	}
	_, opaque, ok := strings.Cut(string(raw), "AU_yqL")
	address, err := base64.RawURLEncoding.DecodeString(opaque)
	return string(address), ok && err == nil
}

// google is both steps: the page of a link with its signature, and the call
// that opens the link for who brings the signature.
func (s *Sim) google(w http.ResponseWriter, r *http.Request) {
	signature := func(token string) string { return stockdigest.Hash(fmt.Sprint(s.cfg.Seed, token))[:24] }
	stamp := strconv.FormatInt(s.cfg.AsOf.Unix(), 10)
	if token, ok := strings.CutPrefix(r.URL.Path, "/rss/articles/"); ok {
		s.get(w, r, exchange{provider: GNews, route: "link", key: "link " + token, kind: "text/html; charset=utf-8"}, func() ([]byte, bool) {
			_, ok := behind(token)
			return fmt.Appendf(nil, "<!doctype html><html><body><c-wiz><div jscontroller=\"pretend\" data-n-a-id=%q data-n-a-ts=%q data-n-a-sg=%q></div></c-wiz></body></html>", token, stamp, signature(token)), ok
		})
		return
	}
	token, brought := asked(r)
	x := exchange{provider: GNews, route: "open", key: "open " + token, kind: "application/json; charset=utf-8"}
	x.make = func(FaultKind) (answer, error) {
		address, ok := behind(token)
		if !ok || brought != stamp+" "+signature(token) {
			return answer{http.StatusOK, []byte(")]}'\n\n[[\"wrb.fr\",\"Fbv4je\",null,null,null,[3],\"generic\"]]")}, nil
		}
		inner, err := json.Marshal([]any{"garturlres", address, 1})
		if err != nil {
			return answer{}, err
		}
		outer, err := json.Marshal([]any{[]any{"wrb.fr", "Fbv4je", string(inner), nil, nil, nil, "generic"}, []any{"di", 23}})
		return answer{http.StatusOK, append([]byte(")]}'\n\n"), outer...)}, err
	}
	s.answer(w, r, x)
}

// asked reads the second step's form: a token, and its stamp and signature.
func asked(r *http.Request) (token, brought string) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil || r.Method != http.MethodPost {
		return "", ""
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", ""
	}
	var outer [][][]any
	if json.Unmarshal([]byte(form.Get("f.req")), &outer) != nil || len(outer) != 1 || len(outer[0]) != 1 || len(outer[0][0]) < 2 {
		return "", ""
	}
	text, _ := outer[0][0][1].(string)
	var inner []json.RawMessage
	var signature string
	if json.Unmarshal([]byte(text), &inner) != nil || len(inner) != 5 ||
		json.Unmarshal(inner[2], &token) != nil || json.Unmarshal(inner[4], &signature) != nil {
		return "", ""
	}
	return token, string(inner[3]) + " " + signature
}

// scrapfly reads pages of the pretend web. A page costs one credit, six in a
// browser, and 25 more past a wall; what is no page costs nothing.
func (s *Sim) scrapfly(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("key") != Key {
		w.Header().Set("X-Scrapfly-Reject-Code", "ERR::AUTH::WRONG_KEY")
		sendJSON(w, http.StatusUnauthorized, map[string]any{"status": "error", "http_code": http.StatusUnauthorized, "message": "Invalid API key"})
		return
	}
	if r.URL.Path == "/account" {
		sendJSON(w, http.StatusOK, map[string]any{"subscription": map[string]any{"usage": map[string]any{"scrape": map[string]any{"remaining": 1_000}}}})
		return
	}
	target := query.Get("url")
	_, place, _ := strings.Cut(target, "://")
	place, _, _ = strings.Cut(place, "?")
	at, found := s.byPath[place]
	cost := 1
	if query.Get("render_js") == "true" {
		cost += 5
	}
	if query.Get("asp") == "true" {
		cost += 25
	}
	x := exchange{provider: ScrapFly, route: "scrape", key: "scrape " + target, kind: "application/json"}
	if found {
		x.tickers = s.articles[at].tickers
	}
	x.make = func(FaultKind) (answer, error) {
		result := map[string]any{"status": "DONE", "success": found, "url": target, "status_code": http.StatusNotFound, "format": "text", "content_type": "text/html; charset=utf-8", "content": "", "error": nil}
		status := http.StatusOK
		if found {
			result["status_code"], result["content"] = http.StatusOK, string(s.page(s.articles[at]))
		} else {
			cost, status = 0, http.StatusUnprocessableEntity
			result["error"] = map[string]any{"code": "ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", "retryable": false, "http_code": status}
			w.Header().Set("X-Scrapfly-Reject-Code", "ERR::SCRAPE::BAD_UPSTREAM_RESPONSE")
		}
		w.Header().Set("X-Scrapfly-Api-Cost", strconv.Itoa(cost))
		raw, err := json.Marshal(map[string]any{"result": result, "context": map[string]any{"cost": map[string]any{"total": cost}}})
		return answer{status, raw}, err
	}
	s.answer(w, r, x)
}

func sendJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		raw = []byte("{}") // cannot be: all of it is text
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// fmp answers questions about the world's companies, and like the real one an
// empty list to what it does not understand.
func (s *Sim) fmp(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("apikey") != Key {
		sendJSON(w, http.StatusUnauthorized, map[string]string{"Error Message": "Invalid API KEY."})
		return
	}
	what := strings.TrimPrefix(r.URL.Path, "/stable/")
	query := r.URL.Query()
	symbol := query.Get("symbol")
	if strings.HasPrefix(what, "news/") {
		symbol = query.Get("symbols") // it ignores symbol= there
	}
	x := exchange{provider: FMP, route: what, key: what + "?" + query.Encode(), kind: "application/json"}
	if symbol != "" {
		x.tickers = []string{symbol}
	}
	x.make = func(FaultKind) (answer, error) {
		rows := []any{}
		if c, ok := s.companyOf(symbol); ok {
			rows = append(rows, s.fmpRows(what, query, c)...)
		}
		raw, err := json.Marshal(rows)
		return answer{http.StatusOK, raw}, err
	}
	s.answer(w, r, x)
}

func (s *Sim) companyOf(symbol string) (company, bool) {
	for _, c := range s.companies {
		if c.symbol == symbol {
			return c, true
		}
	}
	return company{}, false
}

func (s *Sim) fmpRows(what string, query url.Values, c company) (rows []any) {
	switch what {
	case "news/stock", "news/press-releases":
		for i, a := range s.articles {
			if a.topic == "" && s.companies[a.about].symbol == c.symbol && (i%4 == 0) == (what == "news/press-releases") {
				rows = append(rows, map[string]any{
					"symbol": c.symbol, "publishedDate": a.at.In(newYork()).Format(time.DateTime), "publisher": a.publisher, "title": a.title,
					"site": a.host, "text": s.body(a)[0], "url": "https://" + a.host + a.path,
				})
			}
		}
	case "quote":
		all := s.sessions(c.symbol)
		last, before := all[len(all)-1], all[len(all)-2]
		rows = append(rows, map[string]any{
			"symbol": c.symbol, "name": c.full, "price": last.price, "previousClose": before.price, "change": last.price - before.price,
			"exchange": "NASDAQ", "timestamp": last.end.Unix(),
		})
	case "historical-price-eod/full":
		for _, day := range s.sessions(c.symbol) {
			date := day.end.Format(time.DateOnly)
			if date >= query.Get("from") && date <= query.Get("to") {
				rows = append([]any{map[string]any{"symbol": c.symbol, "date": date, "close": day.price}}, rows...) // newest first
			}
		}
	case "earning-call-transcript-dates":
		day := s.callDay(c)
		rows = append(rows, map[string]any{"quarter": 3, "fiscalYear": day.Year(), "date": day.Format(time.DateOnly)})
	case "earning-call-transcript":
		day := s.callDay(c)
		if query.Get("year") == strconv.Itoa(day.Year()) && query.Get("quarter") == "3" {
			rows = append(rows, map[string]any{
				"symbol": c.symbol, "period": "Q3", "year": day.Year(), "date": day.Format(time.DateOnly), "content": s.call(c),
			})
		}
	}
	return rows
}

// chart is the source of prices without a key.
func (s *Sim) chart(w http.ResponseWriter, r *http.Request) {
	symbol := strings.TrimPrefix(r.URL.Path, "/v8/finance/chart/")
	from, _ := strconv.ParseInt(r.URL.Query().Get("period1"), 10, 64) // zero is all
	x := exchange{provider: Quotes, route: "chart", key: "chart " + symbol, tickers: []string{symbol}, kind: "application/json"}
	x.make = func(FaultKind) (answer, error) {
		c, ok := s.companyOf(symbol)
		if !ok {
			return answer{http.StatusNotFound, []byte(`{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}`)}, nil
		}
		all := s.sessions(c.symbol)
		last := all[len(all)-1]
		var begins []int64
		var closes []float64
		for _, day := range all {
			if day.end.Unix() >= from {
				begins, closes = append(begins, day.end.Add(-390*time.Minute).Unix()), append(closes, day.price)
			}
		}
		raw, err := json.Marshal(map[string]any{"chart": map[string]any{"error": nil, "result": []any{map[string]any{
			"meta": map[string]any{
				"symbol": c.symbol, "currency": "USD", "regularMarketPrice": last.price, "regularMarketTime": last.end.Unix(),
				"exchangeTimezoneName": "America/New_York", "gmtoffset": -5 * 60 * 60,
				"currentTradingPeriod": map[string]any{"regular": map[string]any{"end": last.end.Unix()}},
			},
			"timestamp":  begins,
			"indicators": map[string]any{"quote": []any{map[string]any{"close": closes}}},
		}}}})
		return answer{http.StatusOK, raw}, err
	}
	s.answer(w, r, x)
}

// A sessionDay is a day at the exchange.
type sessionDay struct {
	end   time.Time // in New York
	price float64
}

// sessions are the working days of the last half-year that ended before the
// world's moment, oldest first. Prices wander around that of the company.
func (s *Sim) sessions(symbol string) []sessionDay {
	around := float64(newDice(s.cfg.Seed, "price", symbol).between(800, 40_000)) // cents
	var all []sessionDay
	y, m, n := s.cfg.AsOf.In(newYork()).Date()
	for back := 182; back >= 0; back-- {
		end := time.Date(y, m, n-back, 16, 0, 0, 0, newYork())
		if end.After(s.cfg.AsOf) || end.Weekday() == time.Saturday || end.Weekday() == time.Sunday {
			continue
		}
		d := newDice(s.cfg.Seed, "session", symbol, end.Format(time.DateOnly))
		around *= 0.98 + 0.04*d.share()
		all = append(all, sessionDay{end, float64(int(max(around, 1))) / 100})
	}
	return all
}

func newYork() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil { // cannot happen with the embedded zone data
		return time.UTC
	}
	return zone
}
