package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"net"
	"net/textproto"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A benchPost speaks as little SMTP as the pretend mail server needs.
type benchPost struct{ port int }

func (p benchPost) Open(ctx context.Context) (deliver.Session, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", p.port))
	if err != nil {
		return nil, err
	}
	s := &benchSession{conn: conn, text: textproto.NewConn(conn)}
	if _, _, err = s.text.ReadResponse(220); err == nil {
		_, err = s.say("EHLO " + benchDomain)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

type benchSession struct {
	conn net.Conn
	text *textproto.Conn
}

func (s *benchSession) Close() error { return s.text.Close() }

func (s *benchSession) say(line string) (string, error) {
	if err := s.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return "", err
	}
	if err := s.text.PrintfLine("%s", line); err != nil {
		return "", err
	}
	_, words, err := s.text.ReadResponse(0)
	return words, err
}

// step says a line that must be answered with a code.
func (s *benchSession) step(code int, line string) error {
	if err := s.text.PrintfLine("%s", line); err != nil {
		return err
	}
	_, _, err := s.text.ReadResponse(code)
	return err
}

func (s *benchSession) Send(ctx context.Context, m stockdigest.Mail, last func(context.Context) error) (string, error) {
	if err := s.step(250, "MAIL FROM:<digest@"+benchDomain+">"); err != nil {
		return "", handover(err, stockdigest.HandoverUnsent, false)
	}
	if err := s.step(250, "RCPT TO:<"+m.To+">"); err != nil {
		_ = s.step(250, "RSET")
		return "", handover(err, stockdigest.HandoverUnsent, true)
	}
	if err := s.step(354, "DATA"); err != nil {
		return "", handover(err, stockdigest.HandoverUnsent, false)
	}
	if _, err := s.conn.Write(benchMessage(m)); err != nil {
		return "", handover(err, stockdigest.HandoverUnsent, false)
	}
	if err := last(ctx); err != nil {
		return "", &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: err}
	}
	if err := s.text.PrintfLine("."); err != nil {
		return "", handover(err, stockdigest.HandoverUnsent, false)
	}
	_, words, err := s.text.ReadResponse(250)
	if err != nil {
		return "", handover(err, stockdigest.HandoverUnknown, true)
	}
	return words, nil
}

// handover says what an error means for a mail that else is where it is.
func handover(err error, where stockdigest.Handover, address bool) *stockdigest.MailError {
	var said *textproto.Error
	if !errors.As(err, &said) {
		return &stockdigest.MailError{Handover: where, Broken: true, Err: err}
	}
	m := &stockdigest.MailError{Handover: stockdigest.HandoverLater, Code: said.Code, Answer: said.Error(), Broken: said.Code == 421}
	if said.Code >= 500 {
		m.Handover, m.Address = stockdigest.HandoverRefused, address
	}
	return m
}

func benchMessage(m stockdigest.Mail) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%s>\r\nMIME-Version: 1.0\r\n", m.From, m.To, m.Subject, m.ID)
	b.WriteString("Content-Type: multipart/alternative; boundary=b\r\n\r\n")
	for kind, body := range map[string][]byte{"plain": m.Text, "html": m.HTML} {
		fmt.Fprintf(&b, "--b\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", kind)
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write(body)
		_ = w.Close()
		b.WriteString("\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}
