package site_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib" // looks at the rows behind the store's back

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/site"
)

// place is the pages on a real store, and a reader of three companies with a
// mail of each kind.
type place struct {
	db             *store.DB
	config         store.Config
	handler        http.Handler
	log            *safeBuffer
	consents       *patient
	clock          *clock
	tickers        []stockdigest.Ticker
	reader         stockdigest.ReaderID
	leave, confirm string // secrets
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// patient is the store with consents that wait.
type patient struct {
	*store.DB
	desk   *deliver.Desk
	begins func() // told when somebody begins to wait; may be nil
}

func (p *patient) AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error {
	if p.begins != nil {
		p.begins()
	}
	return p.desk.AddConsent(ctx, e)
}

func newPlace(t *testing.T, config store.Config) *place {
	t.Helper()
	p := &place{log: &safeBuffer{}, clock: &clock{t: storetest.Now()}, config: config}
	p.config.Now = p.clock.now
	p.db = storetest.Open(t, p.config)
	p.tickers = []stockdigest.Ticker{{Symbol: "ACME", Name: "Acme Inc."}, {Symbol: "ZULU", Name: "Zulu & Sons"}, {Symbol: "MIKE", Name: "Mike Corp."}}
	check(t, p.db.SaveTickers(t.Context(), p.tickers))
	r, err := p.db.SaveReader(t.Context(), stockdigest.Reader{
		Email: "ada@example.com", TimeZone: "UTC", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
		Tickers: []stockdigest.Symbol{"ACME", "MIKE", "ZULU"}, Mails: stockdigest.MailWishes{Agreed: true},
	})
	check(t, err)
	p.reader = r.ID
	p.leave = p.mailed(t, stockdigest.MailWelcome, stockdigest.MayUnsubscribe, "")
	p.confirm = p.mailed(t, stockdigest.MailConfirm, stockdigest.MayConfirm, "")
	p.serve(t, p.log, web.NewGuesses(0, p.clock.now))
	return p
}

// serve has the pages log to a place and limit guesses.
func (p *place) serve(t *testing.T, out io.Writer, guesses site.Guesses) {
	t.Helper()
	log := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.consents = &patient{DB: p.db, desk: deliver.NewDesk(p.db, log)}
	pages, err := site.New(site.Deps{
		Tokens: p.db, Consents: p.consents, Readers: p.db, Greeter: p,
		Tickers: stockdigest.NewDirectory(p.tickers), Guesses: guesses, Now: p.clock.now,
	})
	check(t, err)
	p.handler = web.New(web.Config{}, web.Deps{
		Accounts: p.db, Sites: pages.Sites(), Health: web.NewHealth(nil, p.clock.now, func(string, error) {}), Now: p.clock.now, Log: log,
	}).Routes()
}

// Greet plans the welcome mail.
func (p *place) Greet(ctx context.Context, r stockdigest.Reader) error {
	_, err := p.db.AddDeliveries(ctx, []stockdigest.Delivery{stockdigest.Welcome(r, 510)})
	return err
}

// mailed sends a mail with a secret in it and returns the secret.
func (p *place) mailed(t *testing.T, kind stockdigest.MailKind, purpose stockdigest.MailPurpose, scope stockdigest.Symbol) string {
	t.Helper()
	claimed, departs, secret := p.begin(t, kind, purpose, scope)
	check(t, p.db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{{ID: claimed.ID, Token: departs.Delivery.Token, State: stockdigest.DeliveryAccepted}}))
	return secret
}

// begin begins a mail, which may be handed over from then on.
func (p *place) begin(
	t *testing.T, kind stockdigest.MailKind, purpose stockdigest.MailPurpose, scope stockdigest.Symbol,
) (stockdigest.Delivery, stockdigest.Departure, string) {
	t.Helper()
	secret := newSecret()
	key := stockdigest.DeliveryKey{Period: secret, Kind: kind, Recipient: stockdigest.Recipient(p.reader)}
	_, err := p.db.AddDeliveries(t.Context(), []stockdigest.Delivery{{DeliveryKey: key}})
	check(t, err)
	claimed, err := p.db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 10})
	check(t, err)
	i := slices.IndexFunc(claimed, func(d stockdigest.Delivery) bool { return d.ID == key.ID() })
	departs, ok, err := p.db.BeginDelivery(t.Context(), claimed[i], "", []stockdigest.MailToken{{Secret: secret, Purpose: purpose, Scope: scope}}, nil)
	check(t, err)
	if !ok {
		t.Fatal("the mail did not go")
	}
	return claimed[i], departs, secret
}

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *place) send(t *testing.T, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "digest.example"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w
}

// is tells what the reader gets, in one line.
func (p *place) is(t *testing.T) string {
	t.Helper()
	r, err := p.db.Reader(t.Context(), string(p.reader))
	check(t, err)
	return fmt.Sprintf("%s %t %v", r.State, r.Mails.Agreed, r.Tickers)
}

func each(t *testing.T, do func(t *testing.T, p *place)) {
	t.Helper()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			do(t, newPlace(t, config(t)))
		})
	}
}

const one = "List-Unsubscribe=One-Click"

func TestOneClickLeavesAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		// As a mail service sends it, or a browser for a page of another site.
		abroad := map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}
		for range 3 {
			w := p.send(t, http.MethodPost, "/u/"+p.leave, one, abroad)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "You get no more mails from us.") || len(w.Result().Cookies()) > 0 {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		}
		events, err := p.db.Consents(t.Context(), p.reader)
		check(t, err)
		if len(events) != 1 || events[0].How != "one-click" || p.is(t) != "active false [ACME MIKE ZULU]" {
			t.Errorf("got %+v and a reader who is %s", events, p.is(t))
		}
	})
}

func TestOneClickOfAMailAboutOneCompanyLeavesThatOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		secret := p.mailed(t, stockdigest.MailWelcome, stockdigest.MayUnsubscribe, "ZULU")
		body := "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
		w := p.send(t, http.MethodPost, "/u/"+secret, body, map[string]string{"Content-Type": "multipart/form-data; boundary=x"})
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Mails about Zulu &amp; Sons have ended.") || p.is(t) != "active true [ACME MIKE]" {
			t.Errorf("got %d %s and a reader who is %s", w.Code, w.Body, p.is(t))
		}
	})
}

func TestReaderLeavesCompaniesAndTakesTheLastOneBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		for _, step := range []struct {
			body string
			wait time.Duration
			code int
			want string
		}{
			{"undo=ACME", 0, 200, "active true [ACME MIKE ZULU]"}, // as it is
			{"scope=ACME", 0, 200, "active true [MIKE ZULU]"},
			{"scope=NONE", 0, 200, "active true [MIKE ZULU]"},
			{"undo=ACME", 59 * time.Minute, 200, "active true [ACME MIKE ZULU]"},
			{"undo=ACME", 0, 200, "active true [ACME MIKE ZULU]"}, // pressed twice
			{"scope=ACME", 0, 200, "active true [MIKE ZULU]"},
			{"scope=all", 0, 200, "active false [MIKE ZULU]"},
			{"undo=ACME", 0, 409, "active false [MIKE ZULU]"}, // not the last one
			{"undo=all", 0, 200, "active true [MIKE ZULU]"},
			{"scope=all", 0, 200, "active false [MIKE ZULU]"},
			{"undo=all", 61 * time.Minute, 409, "active false [MIKE ZULU]"},
		} {
			p.clock.pass(step.wait)
			w := p.send(t, http.MethodPost, "/u/"+p.leave, step.body, nil)
			if w.Code != step.code || p.is(t) != step.want {
				t.Errorf("%s: got %d and a reader who is %s, want %d and %s", step.body, w.Code, p.is(t), step.code, step.want)
			}
		}
		page := p.send(t, http.MethodGet, "/u/"+p.leave, "", nil).Body.String()
		if strings.Contains(page, "Undo") || !strings.Contains(page, "You get no mails from us.") {
			t.Errorf("got %s", page)
		}
	})
}

// TestLeavingWaitsForTheDot has a mail that may be handed over at this moment:
// the answer comes when it may no longer, and not before.
func TestLeavingWaitsForTheDot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		begun := time.Now()
		_, departs, secret := p.begin(t, stockdigest.MailWelcome, stockdigest.MayUnsubscribe, "")
		w := p.send(t, http.MethodPost, "/u/"+secret, one, nil)
		if took := time.Since(begun); w.Code != http.StatusOK || took < stockdigest.DotTime || p.is(t) != "active false [ACME MIKE ZULU]" {
			t.Errorf("got %d after %s and a reader who is %s, want 200 after %s", w.Code, took, p.is(t), stockdigest.DotTime)
		}
		if ok, err := p.db.StillWanted(t.Context(), departs, ""); ok || err != nil {
			t.Errorf("got %t and %v, want the mail that was not handed over stopped", ok, err)
		}
	})
}

// TestWhoHangsUpHasLeft has a mail service that does not wait for the answer.
func TestWhoHangsUpHasLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		_, _, secret := p.begin(t, stockdigest.MailWelcome, stockdigest.MayUnsubscribe, "")
		ctx, cancel := context.WithCancel(t.Context())
		p.consents.begins = cancel
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/u/"+secret, strings.NewReader(one))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		p.handler.ServeHTTP(httptest.NewRecorder(), r)
		if p.is(t) != "active false [ACME MIKE ZULU]" {
			t.Errorf("got a reader who is %s", p.is(t))
		}
		if token, err := p.db.MailedToken(t.Context(), secret); err != nil || token.UsedAt.IsZero() {
			t.Errorf("got %+v and %v, want a link that was used", token, err)
		}
	})
}

func TestLinksThatAreNotGoodLookAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		old := p.leave
		p.clock.pass(stockdigest.UnsubscribeLife + time.Hour)
		pages := map[string][]string{}
		for name, path := range map[string]string{
			"never given": "/u/" + newSecret(), "too old": "/u/" + old, "for something else": "/u/" + p.confirm,
			"for leaving": "/c/" + p.leave, "none": "/u/x", "encoded": "/u/%00%0d%0a",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				body := ""
				if method == http.MethodPost {
					body = one
				}
				w := p.send(t, method, path, body, nil)
				key := fmt.Sprint(w.Code, w.Body)
				pages[key] = append(pages[key], name)
			}
		}
		if len(pages) != 1 {
			t.Errorf("got %d different pages: %v", len(pages), pages)
		}
		for key := range pages {
			if !strings.HasPrefix(key, "404") || !strings.Contains(key, "This link does not work") {
				t.Errorf("got %s", key)
			}
		}
	})
}

// rows is everything that the database holds, as text.
func (p *place) rows(t *testing.T) string {
	t.Helper()
	driver, address, tables := "sqlite", p.config.Path, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if p.config.URL != "" {
		driver, address, tables = "pgx", p.config.URL, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`
	}
	db, err := sql.Open(driver, address)
	check(t, err)
	defer db.Close()
	var all strings.Builder
	for _, table := range column(t, db, tables) {
		row := "*"
		if driver == "pgx" {
			row = "CAST(x AS text)"
		}
		fmt.Fprintln(&all, table, strings.Join(column(t, db, "SELECT "+row+" FROM "+table+" x ORDER BY 1"), "\n"))
	}
	return all.String()
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	check(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	check(t, err)
	var all []string
	for rows.Next() {
		cells, at := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			at[i] = &cells[i]
		}
		check(t, rows.Scan(at...))
		all = append(all, strings.Trim(fmt.Sprint(cells...), "[]"))
	}
	check(t, rows.Err())
	return all
}

// TestScannersChangeNothing looks at the links as scanners of mails do: 1,000
// times, with GET and HEAD, as a prefetch, and with POSTs that say nothing. The
// way out that acts on being looked at is caught by the same comparison.
func TestScannersChangeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		before := p.rows(t)
		if !strings.Contains(before, "ada@example.com") || !strings.Contains(before, "mail_tokens") {
			t.Fatalf("the comparison sees nothing: %s", before)
		}
		headers := []map[string]string{
			nil,
			{"Purpose": "prefetch"},
			{"Sec-Purpose": "prefetch;prerender"},
			{"User-Agent": "Mozilla/5.0 (compatible; LinkScan/1.0)"},
			{"X-Moz": "prefetch"},
			{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
		}
		for i := range 1000 {
			path := []string{"/u/" + p.leave, "/c/" + p.confirm}[i%2]
			method := []string{http.MethodGet, http.MethodHead}[i/2%2]
			if w := p.send(t, method, path, "", headers[i%len(headers)]); w.Code != http.StatusOK {
				t.Fatalf("%s: got %d", method, w.Code)
			}
		}
		for _, body := range []string{"", "x=1", "List-Unsubscribe=", "List-Unsubscribe=1", "agree=", "agree=on", "scope", "=all"} {
			for _, path := range []string{"/u/" + p.leave, "/c/" + p.confirm, "/u/" + p.leave + "?List-Unsubscribe=One-Click&agree=yes"} {
				if strings.HasPrefix(path, "/u/") && strings.HasPrefix(body, "scope") {
					continue // says something: it names no company
				}
				if w := p.send(t, http.MethodPost, path, body, nil); w.Code != http.StatusBadRequest {
					t.Errorf("%s with %q: got %d, want 400", path[:3], body, w.Code)
				}
			}
		}
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
			if w := p.send(t, method, "/u/"+p.leave, one, nil); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s: got %d, want 405", method, w.Code)
			}
		}
		if diff := cmp.Diff(before, p.rows(t)); diff != "" {
			t.Errorf("rows changed (-before +after):\n%s", diff)
		}
		p.send(t, http.MethodPost, "/u/"+p.leave, one, nil)
		if p.rows(t) == before {
			t.Error("the comparison does not see that a reader left")
		}
	})
}

func TestSecretsAreInNoLineOfTheLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t, storetest.SQLiteConfig(t))
	canary := newSecret()
	for _, secret := range []string{p.leave, p.confirm, canary} {
		for _, path := range []string{"/u/", "/c/"} {
			for _, body := range []string{"", one, "scope=all", "agree=yes", "undo=all", "x=%zz"} {
				p.send(t, http.MethodPost, path+secret, body, nil)
			}
			p.send(t, http.MethodGet, path+secret, "", nil)
			p.send(t, http.MethodGet, path+secret+"/more", "", nil)
			p.send(t, http.MethodTrace, path+secret, "", nil)
		}
	}
	check(t, p.db.Close()) // from here on everything fails, and is logged
	w := p.send(t, http.MethodPost, "/u/"+p.leave, one, nil)
	log := p.log.buf.String()
	if w.Code < 500 || !strings.Contains(log, "request failed") || !strings.Contains(log, `"route":"/u/{token}"`) {
		t.Errorf("got %d and a log of %d bytes that cannot prove anything", w.Code, len(log))
	}
	for _, secret := range []string{p.leave, p.confirm, canary} {
		if strings.Contains(log, secret[:12]) {
			t.Errorf("the log has a secret")
		}
	}
	if body, _ := io.ReadAll(w.Body); strings.Contains(string(body), p.leave) {
		t.Error("the page has the secret")
	}
}
