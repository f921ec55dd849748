package sim

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A MailEntry is what the mail server did with a mail, or with its recipient's
// address.
type MailEntry struct {
	At        time.Time // of the dot, or of the refusal
	ID        string    // Message-ID; empty when the address was refused
	Recipient string
	Answer    string // the code; empty: the mail was taken, and no answer given
}

// Taken reports whether the server has the mail.
func (e MailEntry) Taken() bool { return e.Answer == "250" || e.Answer == "" }

// Refused reports whether the server refused the mail for good.
func (e MailEntry) Refused() bool { return strings.HasPrefix(e.Answer, "5") }

// A mailLog is a file that only grows: a line is there before the answer is.
type mailLog struct {
	mu   sync.Mutex
	file *os.File // nil: none is kept
	err  error
}

func openMailLog(path string) (*mailLog, error) {
	if path == "" {
		return &mailLog{}, nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // named by who starts the server
	if err != nil {
		return nil, fmt.Errorf("open the log of mails: %w", err)
	}
	return &mailLog{file: file}, nil
}

func (l *mailLog) add(e MailEntry) {
	answer := e.Answer
	if answer == "" {
		answer = "none"
	}
	line := strings.Join([]string{strconv.FormatInt(e.At.UnixMicro(), 10), field(e.ID), field(e.Recipient), answer}, "\t") + "\n"
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || l.err != nil {
		return
	}
	_, l.err = l.file.WriteString(line)
}

// field keeps what a client said from being read as something else.
func field(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return '?'
		}
		return r
	}, s)
}

// close tells when a line could not be written.
func (l *mailLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	if err := l.file.Close(); l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return fmt.Errorf("write the log of mails: %w", l.err)
	}
	return nil
}

// ReadMailLog reads the log of a mail server, also while it is written.
func ReadMailLog(path string) ([]MailEntry, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // named by who started the server
	if err != nil {
		return nil, fmt.Errorf("read the log of mails: %w", err)
	}
	var all []MailEntry
	for line := range strings.Lines(string(raw)) {
		if !strings.HasSuffix(line, "\n") {
			break // not whole yet
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("read the log of mails: %q is no line of it", line)
		}
		at, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the log of mails: %w", err)
		}
		e := MailEntry{At: time.UnixMicro(at), ID: f[1], Recipient: f[2], Answer: f[3]}
		if e.Answer == "none" {
			e.Answer = ""
		}
		all = append(all, e)
	}
	return all, nil
}
