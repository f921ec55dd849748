package app_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/app"
)

// TestDigestNamesTheCompaniesWithoutAReport has a reader of one company with a
// report, one whose report is held, and one whose run came to nothing. The reader
// and the operator, who gets the preview, read of all three.
func TestDigestNamesTheCompaniesWithoutAReport(t *testing.T) {
	t.Parallel()
	ctx, opts := t.Context(), options(t)
	opts.AdminEmail, opts.MailAllow = "ops@example.com", []string{"@example.com"}
	a, err := app.New(ctx, opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if _, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com", Follow: []string{"AAPL", "MSFT", "NVDA"}}); err != nil {
		t.Fatal(err)
	}
	for symbol, status := range map[stockdigest.Symbol]stockdigest.ReportStatus{"AAPL": stockdigest.ReportQuiet, "MSFT": stockdigest.ReportHeld} {
		if err := keepReport(ctx, app.StoreOf(a), symbol, status, time.Now().Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Send(ctx, nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(opts.Dir, "outbox", "*.eml"))
	if err != nil || len(files) != 2 {
		t.Fatalf("got %v, %v in the outbox, want the digest and its preview", files, err)
	}
	for _, file := range files {
		mail, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		said := string(bytes.ReplaceAll(mail, []byte("=\r\n"), nil))
		if n := strings.Count(said, "No report today: none was ready"); n != 4 { // two companies, in two parts
			t.Errorf("%s: got %d lines, want 4", file, n)
		}
		for _, name := range []string{"MSFT", "Microsoft", "NVDA", "NVIDIA", "The report of AAPL."} {
			if !strings.Contains(said, name) {
				t.Errorf("%s does not name %s", file, name)
			}
		}
	}
}

// keepReport keeps a report as if a run had made it.
func keepReport(ctx context.Context, db *store.DB, symbol stockdigest.Symbol, status stockdigest.ReportStatus, asOf time.Time) error {
	run, err := db.OpenRun(ctx, stockdigest.Run{Ticker: symbol, Kind: stockdigest.Daily, AsOf: asOf, TimeZone: "UTC", CreatedBy: "test"})
	if err != nil {
		return err
	}
	if run, err = db.ClaimRun(ctx, run.ID, stockdigest.Claim{Worker: "test", Lease: time.Minute, Caps: stockdigest.DefaultCaps()}); err != nil {
		return err
	}
	return db.SaveReport(ctx, run, stockdigest.Report{
		ID: stockdigest.ReportID("report of " + string(symbol)), Ticker: symbol, Name: string(symbol), Kind: run.Kind, AsOf: asOf, TimeZone: "UTC",
		Version: 1, Status: status, BottomLine: "The report of " + string(symbol) + ".",
	}, "")
}

// TestLetterAboutDigestsThatWereNotSent writes what the watchdog finds a quarter
// of an hour after the time, as it comes.
func TestLetterAboutDigestsThatWereNotSent(t *testing.T) {
	t.Parallel()
	ctx, eight := t.Context(), time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC) // in New York
	p := playMornings(t, eight.Add(-12*time.Hour))
	saved := p.db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: "ACME", Name: "Acme Inc.", Exchange: "NYSE"}})
	reader := p.reader("ada", "America/New_York", "ACME")
	p.now = eight.Add(5 * time.Minute)
	kept := keepReport(ctx, p.db, "ACME", stockdigest.ReportHeld, eight.Add(-6*time.Hour))
	_, made := p.digester.Tick(ctx)
	p.now = eight.Add(46 * time.Minute)
	n, watched := p.digester.Watch(ctx, p.db)
	mails, err := p.db.Deliveries(ctx, stockdigest.DeliveryFilter{Kind: stockdigest.MailMissing})
	if err = errors.Join(saved, kept, made, watched, err); err != nil || n != 1 || len(mails) != 1 {
		t.Fatalf("got %d mails planned, %v and %v, want one", n, mails, err)
	}
	letter, err := app.Letter(ctx, deskOf(t), mails[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Expected, but not sent", "1 digest due Nov 24, 2026, 8:30 AM EST", "Reader " + string(reader.ID), "held", "every report in it is held",
	}
	for part, text := range map[string]string{"subject": letter.Subject, "text": strings.Join(strings.Fields(string(letter.Text)), " "), "HTML": string(letter.HTML)} {
		for _, words := range want {
			if part != "subject" && !strings.Contains(text, words) {
				t.Errorf("the %s does not say %q:\n%s", part, words, text)
			}
		}
		if strings.Contains(text, reader.Email) {
			t.Errorf("the %s tells the address", part)
		}
	}
	if !strings.HasPrefix(letter.Subject, "Not sent: 1 digest due") {
		t.Errorf("got subject %q", letter.Subject)
	}
}
