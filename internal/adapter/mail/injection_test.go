package mail_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
	"stockdigest.app/stockdigest/internal/datatest"
)

// ownPayloads are strings against headers and envelopes that the collections
// lack.
func ownPayloads() []string {
	var all []string
	for _, brk := range []string{"\r\n", "\n", "\r", "\n\r", "\r\r\n", "\u0085", "\u2028", "\v", "\f", "\x00", "\r\n ", "\r\n\t", "%0d%0a", "嘊嘍"} {
		for _, rest := range []string{"Bcc: eve@example.net", "RCPT TO:<eve@example.net>", "\r\n<script>", ".\r\nMAIL FROM:<eve@example.net>"} {
			all = append(all, "a"+brk+rest, "ada@example.org"+brk+rest, "https://example.com/"+brk+rest)
		}
	}
	return append(all,
		`ada@example.org> ORCPT=rfc822;eve@example.net`, `ada@example.org>,<eve@example.net`, `ada@example.org, eve@example.net`,
		`<ada@example.org> NOTIFY=SUCCESS`, `"ada@example.org> ORCPT=x <eve"@example.net`, `"a\"b"@example.org`, `@example.net:ada@example.org`,
		`ada@example.org (eve@example.net)`, `ada@example.org;eve@example.net`, `ada@example.org eve@example.net`, `eve@example.net\0@example.org`,
		`ada%example.net@example.org `, `"@example.org eve@example.net`, `ada@[127.0.0.1]`, `ada@exam_ple.org`, `ada@example.org.`, `.ada@example.org`,
		`ada@@example.org`, `ad\a@example.org`, `ада@example.org`, `ada@exаmple.org`, `""`, `"`, `<`, `>`, `,`, `;`, `=?utf-8?q?=0D=0ABcc:_eve=40example.net?=`,
		`" <eve@example.net>`, `a" <eve@example.net>, "b`, `--=_`, "\u202eevil", strings.Repeat("a", 2000), strings.Repeat("é", 2000), strings.Repeat("a ", 2000))
}

func payloads(t *testing.T) []string {
	t.Helper()
	all := ownPayloads()
	for _, path := range []string{
		datatest.Dir(t, "attacks", "payloads", "CRLF Injection", "Files", "crlfinjection.txt"),
		datatest.Dir(t, "attacks", "blns", "blns.txt"),
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			all = append(all, strings.TrimRight(line, "\n"))
		}
	}
	return all
}

// inlets are the places through which words of others reach a mail.
func inlets() map[string]func(*stockdigest.Mail, string) {
	return map[string]func(*stockdigest.Mail, string){
		"subject":     func(m *stockdigest.Mail, s string) { m.Subject = s },
		"sender":      func(m *stockdigest.Mail, s string) { m.From = s },
		"sender name": func(m *stockdigest.Mail, s string) { m.From = s + " <digest@example.com>" },
		"quoted name": func(m *stockdigest.Mail, s string) { m.From = `"` + s + `" <digest@example.com>` },
		"recipient":   func(m *stockdigest.Mail, s string) { m.To = s },
		"list":        func(m *stockdigest.Mail, s string) { m.List = s },
		"way out":     func(m *stockdigest.Mail, s string) { m.Unsubscribe = s },
		"link":        func(m *stockdigest.Mail, s string) { m.Unsubscribe = "https://example.com/u?t=" + s },
		"id":          func(m *stockdigest.Mail, s string) { m.ID = s },
		"id's left":   func(m *stockdigest.Mail, s string) { m.ID = s + "@example.com" },
		"picture": func(m *stockdigest.Mail, s string) {
			m.Pictures = []stockdigest.Picture{{Name: s, PNG: []byte("png")}}
		},
		"text": func(m *stockdigest.Mail, s string) { m.Text = []byte("a\n" + s) },
		"html": func(m *stockdigest.Mail, s string) { m.HTML = []byte("a\n" + s) },
	}
}

// injected says which header fields a message has that no mail of ours has, and
// fields that it has twice.
func injected(raw []byte) []string {
	known := map[string]bool{
		"From": true, "To": true, "Subject": true, "Date": true, "Message-Id": true, "List-Id": true, "List-Unsubscribe": true,
		"List-Unsubscribe-Post": true, "Auto-Submitted": true, "Mime-Version": true, "Content-Type": true,
	}
	m, err := netmail.ReadMessage(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return []string{"no mail: " + err.Error()}
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		if !known[name] || len(m.Header[name]) != 1 {
			found = append(found, name)
		}
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if strings.ContainsAny(line, "\r\n\x00\v\f") || len(line) > 998 {
			found = append(found, "a raw control character or an endless line")
		}
	}
	return found
}

// TestNoWordsOfOthersBecomeHeadersOrRecipients puts every payload into every
// inlet of a mail, through a real session with a real server.
func TestNoWordsOfOthersBecomeHeadersOrRecipients(t *testing.T) {
	t.Parallel()
	all := payloads(t)
	in := newInbox(t)
	session := in.open(t, in.cfg)
	sent, turned := 0, 0
	for name, put := range inlets() {
		for _, payload := range all {
			m := letter()
			put(&m, payload)
			_, err := session.Send(t.Context(), m, always)
			if err == nil {
				sent++
				continue
			}
			turned++
			var fault *stockdigest.MailError
			if !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverRefused || !errors.Is(err, stockdigest.ErrInvalid) {
				t.Errorf("%s %q: got %v, want a mail or an invalid input", name, payload, err)
			}
		}
	}
	for _, got := range in.got() {
		if found := injected(got.data); len(found) > 0 || len(got.to) != 1 {
			t.Errorf("%q to %q in\n%.600s", found, got.to, got.data)
		}
	}
	for _, to := range in.tried {
		if strings.Contains(to, "eve") || strings.ContainsAny(to, " <>,;\"") {
			t.Errorf("a mail was offered for %q", to)
		}
	}
	if len(all) < 100 || len(in.got()) != sent || len(in.tried) != sent {
		t.Errorf("%d payloads: %d mails sent, %d arrived, %d recipients named", len(all), sent, len(in.got()), len(in.tried))
	}
	t.Logf("measured: %d payloads in %d inlets: %d mails sent, %d refused, 0 new headers, 0 extra recipients", len(all), len(inlets()), sent, turned)
}

// TestAWriterThatTrustsIsFound is the same rig with a writer that puts words
// into headers as they are.
func TestAWriterThatTrustsIsFound(t *testing.T) {
	t.Parallel()
	found := 0
	for _, payload := range ownPayloads() {
		raw := fmt.Sprintf("From: digest@example.com\r\nTo: ada@example.org\r\nSubject: %s\r\n\r\nhello\r\n", payload)
		if len(injected([]byte(raw))) > 0 {
			found++
		}
	}
	if found < 50 {
		t.Errorf("a writer that trusts is found with %d payloads, want at least 50", found)
	}
}

func TestAddressesThatServersReadDifferentlyAreNone(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ada@example.org", "a.b+c@sub.example.co.uk", "o'neil_x-1@example-2.org", "1@2.example"} {
		if err := mail.CheckAddress(good); err != nil {
			t.Errorf("got %v", err)
		}
	}
	for _, bad := range []string{"", "ada", "@example.org", "ada@", "a b@example.org", "a..b@example.org", "a.@example.org", "ada@-example.org", "ada@example..org", strings.Repeat("a", 65) + "@example.org"} {
		if err := mail.CheckAddress(bad); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%q: got %v, want an invalid input", bad, err)
		}
	}
}
