package mail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// A leaf is a part of a mail that holds no others.
type leaf struct {
	kind, id, body string
}

// leaves reads a mail as a reader's program does.
func leaves(tb testing.TB, raw []byte) (netmail.Header, []leaf) {
	tb.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		tb.Fatalf("%v in\n%s", err, raw)
	}
	return m.Header, parts(tb, m.Header.Get("Content-Type"), "", m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

func parts(tb testing.TB, contentType, id, encoding string, body io.Reader) []leaf {
	tb.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, err := io.ReadAll(mail.Decoded(encoding, body))
		if err != nil {
			tb.Fatal(err)
		}
		return []leaf{{kind, id, string(text)}}
	}
	var all []leaf
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, parts(tb, p.Header.Get("Content-Type"), p.Header.Get("Content-Id"), p.Header.Get("Content-Transfer-Encoding"), p)...)
	}
}

func TestADigestHasItsHeadersInOrder(t *testing.T) {
	t.Parallel()
	m := letter()
	m.Subject, m.List = "Größe: 5 × more", "Daily digest"
	raw, err := mail.Message(m, sender)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(raw), "Content-Type:")
	want := strings.ReplaceAll(`From: StockDigest <digest@example.com>
To: ada@example.org
Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe:_5_=C3=97_more?=
Date: Mon, 23 Nov 2026 08:30:00 +0000
Message-ID: <0123456789abcdef0123456789abcdef@example.com>
List-Id: Daily digest <daily-digest.example.com>
List-Unsubscribe: <https://example.com/unsubscribe?t=abc>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Auto-Submitted: auto-generated
MIME-Version: 1.0
`, "\n", "\r\n")
	if diff := cmp.Diff(want, head); diff != "" {
		t.Error(diff)
	}
}

func TestEqualMailsAreEqualBytes(t *testing.T) {
	t.Parallel()
	m := letter()
	m.Pictures = []stockdigest.Picture{{Name: "chart-1", PNG: []byte("png")}}
	first, err := mail.Message(m, sender)
	if err != nil {
		t.Fatal(err)
	}
	again, err := mail.Message(m, sender)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("got other bytes at the second time, %v", err)
	}
	m.ID = "1" + m.ID[1:]
	other, err := mail.Message(m, sender)
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("another mail has the same bytes, %v", err)
	}
}

func TestAMailReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := letter()
		lines := rapid.Custom(func(t *rapid.T) string {
			line := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{".", "..", "--", "--=_", "From me", "a ", "=", strings.Repeat("=é", 900)})).Draw(t, "line")
			return strings.NewReplacer("\r", "", "\n", "").Replace(line)
		})
		m.Text = []byte("-" + strings.Join(rapid.SliceOf(lines).Draw(t, "text"), "\n"))
		m.HTML = []byte("-" + strings.Join(rapid.SliceOf(lines).Draw(t, "html"), "\n"))
		for i := range rapid.IntRange(0, 2).Draw(t, "pictures") {
			m.Pictures = append(m.Pictures, stockdigest.Picture{Name: "p" + string(rune('0'+i)), PNG: rapid.SliceOf(rapid.Byte()).Draw(t, "png")})
		}
		raw, err := mail.Message(m, sender)
		if err != nil {
			t.Fatal(err)
		}
		_, got := leaves(&testing.T{}, raw)
		want := []leaf{{"text/plain", "", string(m.Text)}, {"text/html", "", string(m.HTML)}}
		for _, p := range m.Pictures {
			want = append(want, leaf{"image/png", "<" + p.Name + ">", string(p.PNG)})
		}
		for i := range got {
			if got[i].kind != "image/png" {
				got[i].body = strings.ReplaceAll(got[i].body, "\r\n", "\n")
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(leaf{})); diff != "" {
			t.Fatal(diff)
		}
		if i := slices.IndexFunc(bytes.Split(raw, []byte("\r\n")), func(l []byte) bool { return len(l) > 78 || bytes.ContainsAny(l, "\r\n") }); i >= 0 {
			t.Fatalf("line %d is longer than 78 or has a line break in it", i)
		}
	})
}

func TestALongSubjectIsFolded(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{strings.Repeat("word ", 60) + "end", strings.Repeat("größer ", 40) + "end", "no =?utf-8?q?=0D=0ABcc:_x?= here"} {
		m := letter()
		m.Subject = subject
		raw, err := mail.Message(m, sender)
		if err != nil {
			t.Fatal(err)
		}
		head, _ := leaves(t, raw)
		got, err := new(mime.WordDecoder).DecodeHeader(head.Get("Subject"))
		if err != nil || got != strings.ReplaceAll(subject, "=?", "= ?") {
			t.Errorf("got %q, %v, want %q", got, err, subject)
		}
	}
}

func TestTooMuchHTMLIsRefused(t *testing.T) {
	t.Parallel()
	m := letter()
	m.HTML = bytes.Repeat([]byte("a"), mail.MostHTML)
	if _, err := mail.Message(m, sender); err != nil {
		t.Errorf("just enough: got %v", err)
	}
	m.HTML = append(m.HTML, 'a')
	_, err := mail.Message(m, sender)
	if large, ok := errors.AsType[*mail.TooLargeError](err); !ok || large.Bytes != mail.MostHTML+1 {
		t.Errorf("one byte more: got %v", err)
	}
	in := newInbox(t)
	_, err = in.open(t, in.cfg).Send(t.Context(), m, always)
	var fault *stockdigest.MailError
	if !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverRefused || fault.Address || fault.Broken || len(in.tried) > 0 {
		t.Errorf("got %v, want a refusal of ours, before the server is asked", err)
	}
}

func TestAMailThatLacksSomethingIsRefused(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*stockdigest.Mail){
		"text":      func(m *stockdigest.Mail) { m.Text = nil },
		"subject":   func(m *stockdigest.Mail) { m.Subject = " " },
		"date":      func(m *stockdigest.Mail) { m.Date = time.Time{} },
		"id":        func(m *stockdigest.Mail) { m.ID = "" },
		"domain":    func(m *stockdigest.Mail) { m.ID = "abc" },
		"recipient": func(m *stockdigest.Mail) { m.To = "" },
		"html":      func(m *stockdigest.Mail) { m.HTML, m.Pictures = nil, []stockdigest.Picture{{Name: "a"}} },
		"https":     func(m *stockdigest.Mail) { m.Unsubscribe = "http://example.com/leave" },
	} {
		m := letter()
		lose(&m)
		if _, err := mail.Message(m, sender); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("without %s: got %v, want an invalid input", name, err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	m := digestOf43KB()
	b.SetBytes(int64(len(m.HTML)))
	for b.Loop() {
		if _, err := mail.Message(m, sender); err != nil {
			b.Fatal(err)
		}
	}
}

// digestOf43KB is as large as a digest of a few companies.
func digestOf43KB() stockdigest.Mail {
	const row = `<tr><td style="padding:4px 0;font:15px/1.5 Georgia,serif;color:#222222">Revenue rose 12 % to $4.1 billion in the quarter (<a href="https://example.com/a/1">source</a>)</td></tr>` + "\n"
	m := letter()
	m.HTML = []byte(strings.Repeat(row, 43<<10/len(row)+1)[:43<<10])
	m.Text = []byte(strings.Repeat("Revenue rose 12 % to $4.1 billion in the quarter.\n", 100))
	return m
}
