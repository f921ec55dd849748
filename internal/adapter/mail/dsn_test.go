package mail_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

const delivery = stockdigest.DeliveryID("0123456789abcdef0123456789abcdef")

var bouncedAt = time.Date(2026, 11, 23, 8, 31, 2, 0, time.UTC)

// bounced is a report as most of the files of testdata/bounces give it.
func bounced(address, detail string, permanent bool) stockdigest.MailReport {
	return stockdigest.MailReport{
		Address: address, Delivery: delivery, Cause: stockdigest.SuppressedBounced, Permanent: permanent, Detail: detail, At: bouncedAt,
	}
}

func TestBouncesOfManyServersAreRead(t *testing.T) {
	t.Parallel()
	complaint := bounced("ada@example.org", "abuse, says ReportMaker/1.0", true)
	complaint.Cause = stockdigest.SuppressedComplaint
	for name, want := range map[string][]stockdigest.MailReport{
		"postfix.eml":    {bounced("ada@example.org", "failed 5.1.1 550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown", true)},
		"delayed.eml":    {bounced("ada@example.org", "delayed 4.4.1 connect to mx.example.org[192.0.2.1]:25: Connection timed out", false)},
		"expired.eml":    {bounced("ada@example.org", "failed 4.4.7 delivery time expired", false)},
		"exchange.eml":   {bounced("ada@example.org", "failed 5.1.10 550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", true)},
		"several.eml":    {bounced("ada@example.org", "failed 5.2.2 552 5.2.2 full", true), bounced("bob+news@example.org", "failed 5.1.1 550 who?", true)},
		"qmail.eml":      {bounced("ada@example.org", "192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 who? Giving up on 192.0.2.1.", true)},
		"exim.eml":       {bounced("ada@example.org", "A message that you sent could not be delivered. ada@example.org host mx.example.org: 550 No such user here", true)},
		"complaint.eml":  {complaint},
		"forwarded.eml":  {bounced("ada@example.org", "failed 5.0.0 gone", true)},
		"in-a-mail.eml":  {bounced("ada@example.org", "failed 5.1.1", true)},
		"qp-encoded.eml": {bounced("ada@example.org", "failed 5.7.1 550 5.7.1 naïve = blocked", true)},
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "bounces", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mail.ParseBounce(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOtherMailsAreNoBounces(t *testing.T) {
	t.Parallel()
	own, err := mail.Message(letter(), sender)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"nothing": "", "no mail": "hello", "one of ours": string(own),
		"an answer by a person":      "From: ada@example.org\r\nSubject: Re: digest\r\n\r\nHi. This is the best digest.\r\n\r\n<ada@example.org>:\r\n550 times thank you\r\n",
		"a receipt":                  strings.ReplaceAll(read(t, "postfix.eml"), "Action: failed", "Action: delivered"),
		"no address in it":           strings.ReplaceAll(read(t, "postfix.eml"), "rfc822; ada@example.org", "rfc822; ada"),
		"a complaint of other kinds": strings.ReplaceAll(read(t, "complaint.eml"), "Feedback-Type: abuse", "Feedback-Type: not-spam"),
	} {
		got, err := mail.ParseBounce([]byte(raw))
		if !errors.Is(err, stockdigest.ErrInvalid) || got != nil {
			t.Errorf("%s: got %+v, %v, want an invalid input", name, got, err)
		}
	}
}

func read(tb testing.TB, name string) string {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "bounces", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func FuzzParseBounce(f *testing.F) {
	entries, err := os.ReadDir(filepath.Join("testdata", "bounces"))
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		f.Add([]byte(read(f, e.Name())))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := mail.ParseBounce(raw)
		if (err == nil) != (len(got) > 0) || len(got) > 100 {
			t.Fatalf("got %d reports, %v", len(got), err)
		}
		for _, r := range got {
			if mail.CheckAddress(r.Address) != nil || len(r.Detail) > 300 || strings.ContainsAny(r.Detail, "\r\n\x00\x1b") {
				t.Errorf("got %+v", r)
			}
			if r.Delivery != "" && len(r.Delivery) != 32 {
				t.Errorf("got delivery %q", r.Delivery)
			}
		}
	})
}

func TestHostileBouncesAreReadInBounds(t *testing.T) {
	t.Parallel()
	groups := strings.Repeat("Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n", 20_000)
	nested := strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 10_000)
	for name, raw := range map[string]string{
		"groups":  "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n" + groups,
		"nesting": nested + groups,
		"parts":   "Content-Type: multipart/report; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\na\r\n", 50_000),
		"a line":  "Content-Type: message/delivery-status\r\n\r\n" + strings.Repeat("a", 4<<20),
		"qmail":   "Subject: x\r\n\r\nHi. This is the qmail-send program at x\r\n" + strings.Repeat("<a@example.org>:\r\n", 50_000),
	} {
		if got, _ := mail.ParseBounce([]byte(raw)); len(got) > 1 {
			t.Errorf("%s: got %d reports about one address", name, len(got))
		}
	}
}
