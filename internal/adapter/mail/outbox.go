package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"stockdigest.app/stockdigest"
)

// An Outbox is a folder in place of a mail server: each mail is a file ready to
// be opened, with its HTML beside it. It takes mails to anybody, because nothing
// leaves the machine: the safety net stands where a mail server is told the
// recipient. It is safe for concurrent use, and serves as its own session.
type Outbox struct {
	dir  string
	post *Post

	mu    sync.Mutex
	names map[string]string // by Message-ID, of the mails in the folder
}

// NewOutbox returns an outbox in the folder, which is made when missing. Of the
// values it takes the sender and the signer. Errors are those
// of the sender, which are ErrInvalid, and of the folder.
func NewOutbox(dir string, cfg Config) (*Outbox, error) {
	from, err := parseSender(cfg.From)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the outbox: %w", err)
	}
	o := &Outbox{dir: dir, post: &Post{cfg: cfg, sender: from.Address}, names: map[string]string{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	for _, e := range entries {
		name, isMail := strings.CutSuffix(e.Name(), ".eml")
		if _, id, ok := strings.Cut(name, "-"); isMail && ok {
			o.names[id] = name
		}
	}
	return o, nil
}

// Send puts a mail into the folder and returns the name of its file. A mail
// that is there already is written over. Errors are *stockdigest.MailError.
func (o *Outbox) Send(ctx context.Context, m stockdigest.Mail, last func(context.Context) error) (string, error) {
	message, _, err := o.post.message(m)
	if err != nil {
		return "", refused(err)
	}
	if err := CheckAddress(m.To); err != nil {
		return "", refused(err)
	}
	path := filepath.Join(o.dir, o.name(m))
	if err := o.put(ctx, path, m, message, last); err != nil {
		return "", &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Err: err}
	}
	return "written to " + path + ".eml", nil
}

// Close does nothing.
func (o *Outbox) Close() error { return nil }

// name is that of the mail's files without their endings. The Message-ID says
// which mail it is; the time sorts the folder.
func (o *Outbox) name(m stockdigest.Mail) string {
	id := strings.ReplaceAll(m.ID, "/", "_")
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.names[id] == "" {
		o.names[id] = m.Date.UTC().Format("20060102T150405Z") + "-" + id
	}
	return o.names[id]
}

// put writes both files aside and moves them into place, the mail itself last:
// what is there is whole.
func (o *Outbox) put(ctx context.Context, path string, m stockdigest.Mail, message []byte, last func(context.Context) error) error {
	if len(m.HTML) > 0 {
		aside, err := writeAside(path+".html", shown(m))
		if err != nil {
			return err
		}
		if err := os.Rename(aside, path+".html"); err != nil {
			return fmt.Errorf("put a mail's HTML in place: %w", err)
		}
	}
	aside, err := writeAside(path+".eml", message)
	if err != nil {
		return err
	}
	if err := last(ctx); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	if err := os.Rename(aside, path+".eml"); err != nil {
		return fmt.Errorf("put a mail in place: %w", err)
	}
	return nil
}

// writeAside writes a file under a name of its own next to path and returns it.
func writeAside(path string, data []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return "", fmt.Errorf("write a mail: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("write a mail: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return f.Name(), nil
}

// shown is the HTML with its pictures in it, for a browser.
func shown(m stockdigest.Mail) []byte {
	html := m.HTML
	for _, p := range m.Pictures {
		data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)
		html = bytes.ReplaceAll(html, []byte(`"cid:`+p.Name+`"`), []byte(`"`+data+`"`))
	}
	return html
}
