package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

func TestAskedReaderIsServedOnlyAfterSayingYes(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	ask := app.ReaderChange{Email: "ada@example.com", Follow: []string{"AAPL"}}
	for range 2 { // no answer came: asked again
		r, err := a.AskReader(ctx, ask)
		if err != nil || r.State != stockdigest.ReaderWaiting || r.Mails.Agreed {
			t.Fatalf("got %+v, %v, want a reader who waits and did not agree", r, err)
		}
	}
	r, err := a.Reader(ctx, "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	kinds := func() (kinds []stockdigest.MailKind) {
		all, err := app.DeliveriesOf(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			kinds = append(kinds, d.Kind)
		}
		return kinds
	}
	if diff := cmp.Diff([]stockdigest.MailKind{stockdigest.MailConfirm}, kinds()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if r, err := a.ApproveReader(ctx, "ada@example.com"); err != nil || r.State != stockdigest.ReaderActive || len(kinds()) != 1 {
		t.Errorf("got %+v, %v and %v, want nobody welcomed who did not agree", r, err, kinds())
	}
	if _, err := a.ChangeReader(ctx, "ada@example.com", app.ReaderChange{State: stockdigest.ReaderWaiting}); err != nil {
		t.Fatal(err)
	}
	if err := app.Say(ctx, a, stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentGiven, How: "mail link"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.AskReader(ctx, ask); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("got %v for a reader who agrees, want a conflict", err)
	}
	if _, err := a.ApproveReader(ctx, "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]stockdigest.MailKind{stockdigest.MailConfirm, stockdigest.MailWelcome}, kinds()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if r, err := a.Unsubscribe(ctx, "ada@example.com", []string{"AAPL"}); err != nil || len(r.Tickers) > 0 || !r.Mails.Agreed {
		t.Errorf("got %+v, %v, want one company less", r, err)
	}
	if r, err := a.Unsubscribe(ctx, "ada@example.com", nil); err != nil || r.Mails.Agreed {
		t.Errorf("got %+v, %v, want no mails", r, err)
	}
	events, err := a.Consents(ctx, "ada@example.com")
	var acts []string
	for _, e := range events {
		acts = append(acts, string(e.Act)+string(e.Scope))
	}
	if got := strings.Join(acts, " "); got != "asked asked given withdrawnAAPL withdrawn" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := a.AskReader(ctx, ask); err != nil {
		t.Errorf("got %v, want one who left asked again", err)
	}
}

// TestReaderSaysYesAndLeavesByTheLinksOfMails goes the whole way with the mails
// as they lie in the outbox.
func TestReaderSaysYesAndLeavesByTheLinksOfMails(t *testing.T) {
	t.Parallel()
	ctx, opts := t.Context(), options(t)
	opts.BaseURL, opts.MailAllow = "https://digest.example", []string{"@example.com"}
	a, err := app.New(ctx, opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	pages, err := app.MailPages(a)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https://digest\.example(/[uc]/[A-Za-z0-9_-]{43})`)
	// sent sends what is due and returns the path of the link in the one mail.
	sent := func() string {
		if _, err := a.Send(ctx, nil); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(opts.Dir, "outbox", "*.eml"))
		if err != nil || len(files) != 1 {
			t.Fatalf("got %v, %v in the outbox, want one mail", files, err)
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		found := link.FindSubmatch(bytes.ReplaceAll(text, []byte("=\r\n"), nil))
		if found == nil || os.Remove(files[0]) != nil {
			t.Fatalf("got a mail without a link: %s", text)
		}
		return string(found[1])
	}
	post := func(path, body string) int {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w.Code
	}
	is := func() string {
		r, err := a.Reader(ctx, "ada@example.com")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %t", r.State, r.Mails.Agreed)
	}
	if _, err := a.AskReader(ctx, app.ReaderChange{Email: "ada@example.com", Follow: []string{"AAPL"}}); err != nil {
		t.Fatal(err)
	}
	yes := sent()
	if code := post(yes, "agree=yes"); code != http.StatusOK || is() != "waiting true" {
		t.Errorf("%.3s: got %d and a reader who is %s", yes, code, is())
	}
	if _, err := a.ApproveReader(ctx, "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	out := sent()
	if code := post(out, "List-Unsubscribe=One-Click"); code != http.StatusOK || is() != "active false" {
		t.Errorf("%.3s: got %d and a reader who is %s", out, code, is())
	}
	if yes[:3] != "/c/" || out[:3] != "/u/" {
		t.Errorf("got links that begin with %s and %s", yes[:3], out[:3])
	}
}

// TestNewAddressIsAskedBeforeAnythingGoesThere changes the address of a reader who
// agrees, twice on one day, and of one who left.
func TestNewAddressIsAskedBeforeAnythingGoesThere(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	if _, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com", Follow: []string{"AAPL"}}); err != nil {
		t.Fatal(err)
	}
	before := "ada@example.com"
	for i, address := range []string{"ada@new.example", "ada@newer.example"} {
		r, err := a.ChangeReader(ctx, before, app.ReaderChange{Email: address})
		if err != nil || r.Email != address || r.Mails.Agreed {
			t.Fatalf("got %+v, %v, want a reader who has not agreed there", r, err)
		}
		before = address
		waits, err := app.DeliveriesOf(ctx, a)
		if err != nil || len(waits) != i+1 || waits[i].Kind != stockdigest.MailConfirm || waits[i].State != stockdigest.DeliveryPending {
			t.Fatalf("got %+v, %v, want the new address asked, once", waits, err)
		}
		if i > 0 && waits[0].State != stockdigest.DeliverySuppressed {
			t.Errorf("got %+v, want the question to the address before gone", waits[0])
		}
	}
	if r, err := a.ChangeReader(ctx, before, app.ReaderChange{TimeZone: "Asia/Tokyo"}); err != nil || r.TimeZone != "Asia/Tokyo" {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := a.Unsubscribe(ctx, before, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ChangeReader(ctx, before, app.ReaderChange{Email: "ada@newest.example"}); err != nil {
		t.Fatal(err)
	}
	events, err := a.Consents(ctx, "ada@newest.example")
	var acts []string
	for _, e := range events {
		acts = append(acts, string(e.Act))
	}
	if got := strings.Join(acts, " "); got != "given withdrawn asked withdrawn asked withdrawn withdrawn" || err != nil {
		t.Errorf("got %s, %v, want who left not asked", got, err)
	}
}

func TestWishesAreSet(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	if _, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for _, step := range []struct {
		change app.WishChange
		want   stockdigest.MailWishes
	}{
		{app.WishChange{Alerts: &yes, Quiet: "21:00-07:30"}, stockdigest.MailWishes{Agreed: true, Alerts: true, QuietFrom: 21 * 60, QuietTo: 7*60 + 30}},
		{app.WishChange{PerTicker: &yes}, stockdigest.MailWishes{Agreed: true, PerTicker: true, Alerts: true, QuietFrom: 21 * 60, QuietTo: 7*60 + 30}},
		{app.WishChange{Alerts: &no, Quiet: "off"}, stockdigest.MailWishes{Agreed: true, PerTicker: true}},
	} {
		r, err := a.ChangeReader(ctx, "ada@example.com", app.ReaderChange{Wishes: step.change})
		if diff := cmp.Diff(step.want, r.Mails); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	for _, quiet := range []string{"21-07", "21:00", "21:00-21:00", "25:00-07:00", "-"} {
		if _, err := a.ChangeReader(ctx, "ada@example.com", app.ReaderChange{Wishes: app.WishChange{Quiet: quiet}}); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%s: got %v, want it refused", quiet, err)
		}
	}
}

func TestSettingsOfWebhooksAreChecked(t *testing.T) {
	t.Parallel()
	good := []string{
		"STOCKDIGEST_WEBHOOK_SECRET=0123456789abcdef", "STOCKDIGEST_POSTMARK_CREDENTIALS=mailman:secret:with:colons",
		"STOCKDIGEST_SES_TOPIC=arn:aws:sns:us-east-1:123456789012:bounces,arn:aws:sns:ap-southeast-2:123456789012:other_one",
	}
	if o, err := app.ReadOptions(good); err != nil || len(o.SESTopics) != 2 || o.Postmark.String() != "[hidden]" {
		t.Errorf("got %v, %v", o.SESTopics, err)
	}
	for _, bad := range []string{
		"STOCKDIGEST_WEBHOOK_SECRET=short", "STOCKDIGEST_POSTMARK_CREDENTIALS=hunter2", "STOCKDIGEST_POSTMARK_CREDENTIALS=:hunter2",
		"STOCKDIGEST_SES_TOPIC=bounces", "STOCKDIGEST_SES_TOPIC=arn:aws:sns:evil.example/:123456789012:x", "STOCKDIGEST_SES_TOPIC=arn:aws:sns:us-east-1:123456789012:a b",
	} {
		name, _, _ := strings.Cut(bad, "=")
		_, err := app.ReadOptions([]string{bad})
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want it refused by name", bad, err)
		}
	}
}

// TestServiceHasThePagesOfMails lists what serve adds for mails.
func TestServiceHasThePagesOfMails(t *testing.T) {
	t.Parallel()
	routes, err := app.MailRoutes(deskOf(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /site.css", "GET /u/{token}", "POST /u/{token}", "GET /c/{token}", "POST /c/{token}",
		"POST /webhooks/mail/generic", "POST /webhooks/mail/postmark", "POST /webhooks/mail/ses",
	}
	if diff := cmp.Diff(want, routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}
