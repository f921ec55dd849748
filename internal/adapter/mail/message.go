package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// MostHTML is how many bytes the HTML of a mail may have. Gmail cuts a mail at
// 102 KB and hides the way out below the cut.
const MostHTML = 90 << 10

// A TooLargeError says that the HTML of a mail is larger than MostHTML.
type TooLargeError struct{ Bytes int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the HTML of the mail has %d bytes, more than %d", e.Bytes, MostHTML)
}

// Message writes a mail as a server takes it, with CRLF line ends. Equal mails
// are equal bytes. From stands in for a mail that names no sender. Errors are
// ErrInvalid or a *TooLargeError.
//
// The parts are written here and not by a mail library because the order of
// headers, the boundaries and the bytes are to be the same at every try.
func Message(m stockdigest.Mail, from string) ([]byte, error) {
	if len(m.HTML) > MostHTML {
		return nil, &TooLargeError{Bytes: len(m.HTML)}
	}
	if m.From != "" {
		from = m.From
	}
	sender, err := parseSender(from)
	if err != nil {
		return nil, err
	}
	if err := check(m); err != nil {
		return nil, err
	}
	w := &writer{id: m.ID}
	w.buf.Grow(likelySize(m))
	for _, h := range headers(m, sender) {
		line, err := fold(h[0], h[1])
		if err != nil {
			return nil, err
		}
		w.buf.WriteString(line)
	}
	w.body(m)
	return w.buf.Bytes(), nil
}

// likelySize is how long most mails become: quoted-printable writes an equal
// sign as three letters, base64 four for three bytes.
func likelySize(m stockdigest.Mail) int {
	n := 2048 + (len(m.HTML)+len(m.Text))*5/4
	for _, p := range m.Pictures {
		n += 256 + len(p.PNG)*3/2
	}
	return n
}

// check refuses what cannot be written without changing what is meant.
func check(m stockdigest.Mail) error {
	if err := CheckAddress(m.To); err != nil {
		return err
	}
	if err := checkID(m.ID); err != nil || !strings.Contains(m.ID, "@") {
		return stockdigest.Invalid(fmt.Sprintf("%.80q is not a Message-ID", m.ID))
	}
	if m.Unsubscribe != "" {
		if err := CheckLink(m.Unsubscribe); err != nil {
			return err
		}
	}
	for _, p := range m.Pictures {
		if err := checkID(p.Name); err != nil {
			return err
		}
	}
	switch {
	case plain(m.Subject) == "":
		return stockdigest.Invalid("a mail needs a subject")
	case m.Date.IsZero():
		return stockdigest.Invalid("a mail needs a date")
	case len(m.Text) == 0:
		return stockdigest.Invalid("a mail needs a part of plain text")
	case len(m.Pictures) > 0 && len(m.HTML) == 0:
		return stockdigest.Invalid("pictures need the HTML that shows them")
	}
	return nil
}

// headers lists the fields in their order, but for those of the body.
func headers(m stockdigest.Mail, from netmail.Address) [][2]string {
	all := [][2]string{
		{"From", sender(from)},
		{"To", m.To},
		{"Subject", words(m.Subject)},
		{"Date", m.Date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + ">"},
	}
	if m.List != "" {
		_, domain, _ := strings.Cut(from.Address, "@")
		all = append(all, [2]string{"List-Id", listID(m.List, domain)})
	}
	if m.Unsubscribe != "" {
		all = append(all,
			[2]string{"List-Unsubscribe", "<" + m.Unsubscribe + ">"},
			[2]string{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	return append(all, [2]string{"Auto-Submitted", "auto-generated"}, [2]string{"MIME-Version", "1.0"})
}

// A writer writes the parts of one mail.
type writer struct {
	buf bytes.Buffer
	id  string
}

// body writes the text, the HTML as another form of it, and the pictures that
// belong to the HTML.
func (w *writer) body(m stockdigest.Mail) {
	if len(m.HTML) == 0 {
		w.text("text/plain", m.Text)
		w.buf.WriteString("\r\n")
		return
	}
	either, together := w.boundary("alternative"), w.boundary("related")
	w.open("multipart/alternative", either, "")
	w.next(either)
	w.text("text/plain", m.Text)
	w.next(either)
	if len(m.Pictures) == 0 {
		w.text("text/html", m.HTML)
	} else {
		w.open("multipart/related", together, `; type="text/html"`)
		w.next(together)
		w.text("text/html", m.HTML)
		for _, p := range m.Pictures {
			w.next(together)
			w.picture(p)
		}
		w.end(together)
	}
	w.end(either)
}

// boundary is the same for the same mail. No line of quoted-printable or base64
// can hold it, because of its first two letters.
func (w *writer) boundary(of string) string {
	sum := sha256.Sum256([]byte(of + " " + w.id))
	return "=_" + hex.EncodeToString(sum[:12])
}

func (w *writer) open(kind, boundary, more string) {
	w.buf.WriteString("Content-Type: " + kind + more + ";\r\n boundary=\"" + boundary + "\"\r\n")
}

func (w *writer) next(boundary string) { w.buf.WriteString("\r\n--" + boundary + "\r\n") }
func (w *writer) end(boundary string)  { w.buf.WriteString("\r\n--" + boundary + "--\r\n") }

func (w *writer) text(kind string, body []byte) {
	w.buf.WriteString("Content-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	q := quotedprintable.NewWriter(&w.buf)
	_, _ = q.Write(body) // a buffer takes all
	_ = q.Close()
}

func (w *writer) picture(p stockdigest.Picture) {
	name, _, _ := strings.Cut(p.Name, "@")
	w.buf.WriteString("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <" + p.Name +
		">\r\nContent-Disposition: inline; filename=\"" + strings.TrimSuffix(name, ".png") + ".png\"\r\n\r\n")
	const line = 57 // bytes that make 76 letters
	for rest := p.PNG; len(rest) > 0; {
		n := min(line, len(rest))
		w.buf.WriteString(base64.StdEncoding.EncodeToString(rest[:n]) + "\r\n")
		rest = rest[n:]
	}
}
