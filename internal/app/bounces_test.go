package app_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// bounceOf is a delivery status notification as Postfix writes it.
func bounceOf(address, messageID, status string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.example
To: digest@stockdigest.invalid
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; %s
Action: failed
Status: %s

--b
Content-Type: message/rfc822

Message-ID: <%s>
Subject: Digest

--b--
`, address, status, messageID), "\n", "\r\n"))
}

// TestOnlyBouncesOfOurOwnMailsSuppress sends a mail, and then lets it come
// back, with others that somebody made up.
func TestOnlyBouncesOfOurOwnMailsSuppress(t *testing.T) {
	t.Parallel()
	opts := options(t)
	quiet := &app.Console{Out: io.Discard, Err: io.Discard}
	a, err := app.New(t.Context(), opts, app.Live(opts), quiet)
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	reader, err := a.AddReader(t.Context(), app.ReaderChange{Email: "ada@example.com"})
	must(t, err)
	_, err = app.StoreOf(a).AddDeliveries(t.Context(), []stockdigest.Delivery{stockdigest.Welcome(reader, 8*60+30)})
	must(t, err)
	sent, err := a.Send(t.Context(), nil)
	must(t, err)
	if len(sent.Deliveries) != 1 || sent.Deliveries[0].State != stockdigest.DeliveryAccepted {
		t.Fatalf("got %+v, want one accepted mail", sent.Deliveries)
	}
	id := sent.Deliveries[0].MessageID
	for _, tt := range []struct {
		name, address, id, status string
		suppressed                bool
	}{
		{"of a mail that we never sent", "ada@example.com", "ffffffffffffffffffffffffffffffff@stockdigest.invalid", "5.1.1", false},
		{"of another address", "bob@example.com", id, "5.1.1", false},
		{"for a while", "ada@example.com", id, "4.2.2", false},
		{"for good", "ada@example.com", id, "5.1.1", true},
	} {
		if _, err := a.Bounces(t.Context(), bounceOf(tt.address, tt.id, tt.status)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		_, err := app.StoreOf(a).Suppressed(t.Context(), tt.address)
		if got := err == nil; got != tt.suppressed {
			t.Errorf("%s: suppressed %v, want %v", tt.name, got, tt.suppressed)
		}
	}
	if _, err := a.Bounces(t.Context(), []byte("no bounce")); err == nil {
		t.Error("a text that is no mail passed")
	}
	if left, err := filepath.Glob(filepath.Join(opts.Dir, "outbox", "*.eml")); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v in the outbox, want one mail", left, err)
	}
}
