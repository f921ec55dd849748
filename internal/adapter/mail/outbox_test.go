package mail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

func newOutbox(t *testing.T, dir string, cfg mail.Config) *mail.Outbox {
	t.Helper()
	box, err := mail.NewOutbox(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTheOutboxHoldsAMailAndItsHTML(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	m := letter()
	m.HTML = []byte(`<img src="cid:chart-1">`)
	m.Pictures = []stockdigest.Picture{{Name: "chart-1", PNG: []byte("png")}}
	answer, err := newOutbox(t, dir, config()).Send(t.Context(), m, always)
	name := "20261123T083000Z-0123456789abcdef0123456789abcdef@example.com"
	if err != nil || !strings.Contains(answer, name) {
		t.Fatalf("got %q, %v", answer, err)
	}
	want, err := mail.Message(m, sender)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, name+".eml"))
	if err != nil || string(raw) != string(want) {
		t.Errorf("got another mail, %v", err)
	}
	html, err := os.ReadFile(filepath.Join(dir, name+".html"))
	if err != nil || string(html) != `<img src="data:image/png;base64,cG5n">` {
		t.Errorf("got %q, %v, want the picture in it", html, err)
	}
}

func TestAMailWrittenTwiceIsOneFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := letter()
	box := newOutbox(t, dir, config())
	for _, b := range []*mail.Outbox{box, box, nil} {
		if b == nil {
			b = newOutbox(t, dir, config()) // after a restart
		}
		if _, err := b.Send(t.Context(), m, always); err != nil {
			t.Fatal(err)
		}
		m.Date = m.Date.Add(time.Minute)
	}
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("got %q, want one mail and its HTML", got)
	}
}

func TestAMailThatStaysLeavesNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := errors.New("the reader left")
	m := letter()
	m.HTML = nil
	_, err := newOutbox(t, dir, config()).Send(t.Context(), m, func(context.Context) error { return left })
	var fault *stockdigest.MailError
	if !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverUnsent || !errors.Is(err, left) || len(files(t, dir)) != 0 {
		t.Errorf("got %v and %q, want an unsent mail and no file", err, files(t, dir))
	}
}

// TestTheOutboxKeepsMailsToAnybody shows that nobody has to be listed for a
// mail that stays on this machine.
func TestTheOutboxKeepsMailsToAnybody(t *testing.T) {
	t.Parallel()
	dir, cfg := t.TempDir(), config()
	cfg.Guard = mail.Guard{Environment: "staging"}
	if _, err := newOutbox(t, dir, cfg).Send(t.Context(), letter(), always); err != nil || len(files(t, dir)) == 0 {
		t.Errorf("got %v and %q, want a mail in the folder", err, files(t, dir))
	}
	m := letter()
	m.To = "reader@example.com\r\nRCPT TO:<other@example.com>"
	var fault *stockdigest.MailError
	if _, err := newOutbox(t, dir, cfg).Send(t.Context(), m, always); !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverRefused {
		t.Errorf("got %v, want an address that is none refused", err)
	}
}

func TestAMailThatCannotBeWrittenIsUnsent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	box := newOutbox(t, dir, config())
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err := box.Send(t.Context(), letter(), always)
	var fault *stockdigest.MailError
	if !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverUnsent {
		t.Errorf("got %v, want an unsent mail", err)
	}
}
