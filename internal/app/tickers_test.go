package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
	"stockdigest.app/stockdigest/internal/app"
)

// secList is one company in the form of the SEC's list.
const secList = `{"0":{"cik_str":9990001,"ticker":"ZQLA-B","title":"ZANDERQUILL OPTICS INC"}}`

// sec answers the SEC's list and nothing else.
type sec struct{ agent string }

func (s *sec) RoundTrip(r *http.Request) (*http.Response, error) {
	s.agent = r.UserAgent()
	code, body := http.StatusNotFound, ""
	if r.URL.String() == tickers.SECURL {
		code, body = http.StatusOK, secList
	}
	return &http.Response{
		StatusCode: code, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func TestSyncReadsTheSECsListAndNamesAContact(t *testing.T) {
	t.Parallel()
	opts := options(t)
	opts.Contact = "desk@reader.example"
	world, server := app.Live(opts), &sec{}
	world.Transport = server
	a, err := app.New(t.Context(), opts, world, silent())
	if err != nil {
		t.Fatal(err)
	}
	n, err := a.SyncTickers(t.Context())
	if err != nil || n != 1 || !strings.Contains(server.agent, "desk@reader.example") {
		t.Errorf("got %d tickers, %v, as %q; want one, asked with the contact", n, err, server.agent)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := lookup(t, opts, "zqla/b"); got.Symbol != "ZQLA-B" || got.CIK != "0009990001" {
		t.Errorf("got %+v, want ZQLA-B with its CIK", got)
	}
}

func TestImportReadsAFile(t *testing.T) {
	t.Parallel()
	opts, path := options(t), filepath.Join(t.TempDir(), "company_tickers.json")
	if err := os.WriteFile(path, []byte(secList), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.ImportTickers(t.Context(), path); err != nil || n != 1 {
		t.Errorf("got %d tickers, %v, want one", n, err)
	}
	if _, err := a.ImportTickers(t.Context(), path+".none"); err == nil || !strings.Contains(err.Error(), ".none") {
		t.Errorf("got %v, want the missing file named", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	lookup(t, opts, "ZQLA.B")
}

// lookup finds a symbol in a freshly opened table.
func lookup(t *testing.T, opts app.Options, symbol string) stockdigest.Ticker {
	t.Helper()
	a, err := app.New(t.Context(), opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	found, err := a.Tickers([]string{symbol})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return found[0]
}

func TestErrorsAreOneLineForPeople(t *testing.T) {
	t.Parallel()
	inner := &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "the file\nis broken", Err: io.ErrUnexpectedEOF}
	for want, err := range map[string]error{
		"the file is broken":         inner,
		"the file is broken; second": errors.Join(inner, stockdigest.Invalid("second")),
		"read x: unexpected EOF":     fmt.Errorf("read x: %w", io.ErrUnexpectedEOF),
	} {
		if got := app.OneLine(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: io.Discard, JSON: true}
	console.Print("not data")
	if out.Len() > 0 {
		t.Errorf("a line for people went where JSON goes: %q", out.String())
	}
}
