package app_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

func TestFaultsOfMailsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	for want, lines := range map[string][]string{
		"SMTP_FROM is empty":         {"SMTP_HOST=mail.example.com"},
		"SMTP_FROM:":                 {"SMTP_FROM=StockDigest"},
		"SMTP_HOST":                  {"SMTP_HOST=mail.example.com", "SMTP_PORT=70000", "SMTP_FROM=a@example.com"},
		"SMTP_USERNAME":              {"SMTP_PASSWORD=hunter2"},
		"ADMIN_EMAIL":                {"ADMIN_EMAIL=me@example.com, you@example.com"},
		"STOCKDIGEST_MAIL_ALLOW":     {"STOCKDIGEST_MAIL_ALLOW=@example.com,example.org"},
		"STOCKDIGEST_MAIL_RATE":      {"STOCKDIGEST_MAIL_RATE=0"},
		"DRY_RUN":                    {"DRY_RUN=perhaps"},
		"STOCKDIGEST_BASE_URL":       {"STOCKDIGEST_BASE_URL=http://example.com"},
		"the DKIM key":               {"SMTP_HOST=mail.example.com", "SMTP_FROM=a@example.com", "STOCKDIGEST_DKIM_SELECTOR=s", "STOCKDIGEST_DKIM_KEY=hunter2"},
		"is not PEM":                 {"SMTP_HOST=mail.example.com", "SMTP_FROM=a@example.com", "STOCKDIGEST_DKIM_SELECTOR=s", "STOCKDIGEST_DKIM_KEY=-----BEGIN hunter2"},
		"STOCKDIGEST_POSTAL_ADDRESS": {"ENVIRONMENT=production", "SMTP_HOST=mail.example.com", "SMTP_FROM=a@example.com"},
	} {
		_, err := app.ReadOptions(lines)
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an invalid input that names %s and no secret", lines, err, want)
		}
	}
}

// TestMailsToPeopleHaveAWayOut tries each environment with and without the public
// address. One that looks at production alone lets staging mail its allow-list
// links to nowhere.
func TestMailsToPeopleHaveAWayOut(t *testing.T) {
	t.Parallel()
	const server, from, postal = "SMTP_HOST=mail.example.com", "SMTP_FROM=a@example.com", "STOCKDIGEST_POSTAL_ADDRESS=1 Main St"
	const missing, plain = "STOCKDIGEST_BASE_URL is empty", "does not start with https://"
	for _, c := range []struct{ environment, base, want string }{
		{"production", "", missing},
		{"staging", "", missing},
		{"stagging", "", missing}, // is staging
		{"development", "", ""},
		{"production", "http://digest.example.com", plain},
		{"staging", "http://digest.example.com", plain},
		{"staging", "http://127.0.0.1.example.com", plain},
		{"production", "https://digest.example.com", ""},
		{"staging", "https://digest.example.com", ""},
		{"staging", "http://127.0.0.1:8080", ""},
		{"staging", "http://[::1]:8080", ""},
	} {
		_, err := app.ReadOptions([]string{"ENVIRONMENT=" + c.environment, server, from, postal, "STOCKDIGEST_BASE_URL=" + c.base})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s with %q: got %v, want it taken", c.environment, c.base, err)
		case c.want != "" && (!errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "http://127.0.0.1:8080")):
			t.Errorf("%s with %q: got %v, want %s and a way out", c.environment, c.base, err, c.want)
		}
	}
	if _, err := app.ReadOptions([]string{"ENVIRONMENT=staging"}); err != nil {
		t.Errorf("without a mail server: got %v", err)
	}
}

func TestDoctorSaysWhereLinksInMailsLead(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"http://127.0.0.1:8080": "warn", "https://digest.example.com": "ok"} {
		opts, err := app.ReadOptions([]string{"SMTP_HOST=mail.example.com", "SMTP_FROM=a@example.com", "STOCKDIGEST_BASE_URL=" + base, "STOCKDIGEST_DIR=" + t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		checks := app.Doctor(t.Context(), opts, true, silent())
		i := slices.IndexFunc(checks, func(c app.Check) bool { return c.Name == "links in mails" })
		if i < 0 || checks[i].State != want || !strings.Contains(checks[i].Detail, base) {
			t.Errorf("%s: got %+v, want %s", base, checks, want)
		}
	}
}

func TestWithoutAMailServerMailsGoToTheOutbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts, err := app.ReadOptions([]string{"STOCKDIGEST_DIR=" + dir, "STOCKDIGEST_MAIL_ALLOW=@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	post, err := app.Post(opts)
	if err != nil {
		t.Fatal(err)
	}
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := stockdigest.Mail{ID: "0123@example.com", To: "ada@example.org", Subject: "Hello", Text: []byte("hello"), Date: time.Now()}
	if _, err := session.Send(t.Context(), m, anyway); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "outbox", "*.eml"))
	if err != nil || len(found) != 1 {
		t.Fatalf("got %q, %v, want one mail", found, err)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil || !strings.Contains(string(raw), "To: ada@example.org\r\n") {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestDoctorLooksAtTheMailServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	opts, err := app.ReadOptions([]string{"SMTP_HOST=127.0.0.1", "SMTP_PORT=" + port, "SMTP_FROM=a@example.com", "STOCKDIGEST_BASE_URL=http://127.0.0.1:8080", "STOCKDIGEST_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got := app.CheckMail(t.Context(), opts, false); got.State != "fail" || !strings.Contains(got.Detail, "no connection") || !strings.Contains(got.Detail, "SMTP_PORT") {
		t.Errorf("got %+v, want the missing connection and a way out", got)
	}
	if got := app.CheckMail(t.Context(), opts, true); got.State != "ok" {
		t.Errorf("offline: got %+v", got)
	}
	opts.SMTPHost = ""
	if got := app.CheckMail(t.Context(), opts, false); got.State != "ok" || !strings.Contains(got.Detail, "outbox") {
		t.Errorf("got %+v, want where mails go", got)
	}
}

func anyway(context.Context) error { return nil }
