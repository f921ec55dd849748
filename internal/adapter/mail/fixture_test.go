package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// letter is a digest with all that a mail can have but pictures.
func letter() stockdigest.Mail {
	return stockdigest.Mail{
		ID: "0123456789abcdef0123456789abcdef@example.com", Kind: stockdigest.MailDigest,
		To: "ada@example.org", Subject: "Three companies, five things", Date: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC),
		Text: []byte("Good morning.\n"), HTML: []byte("<p>Good morning.</p>\n"),
		Unsubscribe: "https://example.com/unsubscribe?t=abc", List: "digest",
	}
}

const sender = "StockDigest <digest@example.com>"

func config() mail.Config {
	return mail.Config{Host: "127.0.0.1", From: sender, Guard: mail.Guard{Environment: "production"}}
}

func always(context.Context) error { return nil }

// A handed mail is what a server got.
type handed struct {
	from string
	to   []string
	data []byte
}

// An inbox is a mail server that keeps what it gets.
type inbox struct {
	cfg   mail.Config
	users map[string]string

	mu    sync.Mutex
	mails []handed
	tried []string // all recipients that were named, accepted or not
}

// newInbox starts a server with STARTTLS and a certificate that cfg trusts.
func newInbox(tb testing.TB) *inbox {
	tb.Helper()
	cert, roots := certificate(tb)
	in := &inbox{cfg: config(), users: map[string]string{"user": "hunter2"}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{inbox: in}, nil }))
	server.Domain, server.TLSConfig = "inbox.example.com", &tls.Config{Certificates: []tls.Certificate{cert}}
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	tb.Cleanup(func() { _, _ = server.Close(), listener.Close(); serving.Wait() })
	in.cfg.Port, in.cfg.Roots = port(listener), roots
	return in
}

func (in *inbox) got() []handed {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mails
}

// open opens a session, with the inbox's own settings.
func (in *inbox) open(tb testing.TB, cfg mail.Config) *mail.Session {
	tb.Helper()
	post, err := mail.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	session, err := post.Open(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = session.Close() })
	return session
}

type visit struct {
	inbox *inbox
	now   handed
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if v.inbox.users[name] != password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "the password " + password + " is wrong"}
		}
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	v.now = handed{from: from}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.now.to = append(v.now.to, to)
	v.inbox.mu.Lock()
	defer v.inbox.mu.Unlock()
	v.inbox.tried = append(v.inbox.tried, to)
	return nil
}

func (v *visit) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.now.data = data
	v.inbox.mu.Lock()
	defer v.inbox.mu.Unlock()
	v.inbox.mails = append(v.inbox.mails, v.now)
	return nil
}

func (v *visit) Reset()        { v.now = handed{} }
func (v *visit) Logout() error { return nil }

func port(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// certificate makes one for 127.0.0.1 and the pool that trusts it.
func certificate(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(made)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// A script is a server without TLS that answers as it is told. The answers
// drop, hang and stall stand for a server that hangs up, one that reads and
// never answers, and one that does not even read; an answer to body comes in
// the middle of a mail, and the server hangs up.
type script struct {
	answers map[string]string // by verb, in small letters; greeting, body and dot too
	stop    chan struct{}     // closed when a stalled server may end

	mu       sync.Mutex
	said     []string // all lines of commands
	whole    int      // mails whose dot came
	calls    int
	finished sync.WaitGroup
}

var usual = map[string]string{
	"greeting": "220 hello", "ehlo": "250-here\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES", "mail": "250 2.1.0 fine", "rcpt": "250 2.1.5 fine",
	"data": "354 go on", "dot": "250 2.0.0 queued as 42", "rset": "250 2.0.0 fine", "quit": "221 2.0.0 bye", "auth": "235 2.7.0 welcome",
}

// listen serves the script on a port of this machine.
func (s *script) listen(tb testing.TB) mail.Config {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.finished.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.finished.Go(func() { s.serve(conn) })
		}
	})
	tb.Cleanup(func() { _ = listener.Close(); s.finished.Wait() })
	cfg := config()
	cfg.Port, cfg.Plain = port(listener), true
	return cfg
}

// serve answers one connection until it ends.
func (s *script) serve(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	s.calls++
	s.mu.Unlock()
	if !s.answer(conn, "greeting") {
		return
	}
	var pending []byte
	for {
		line, rest, err := readLine(conn, pending)
		if err != nil {
			return
		}
		pending = rest
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToLower(line), " ")
		if !s.answer(conn, verb) || verb == "quit" {
			return
		}
		if verb == "data" && s.is("data") == usual["data"] {
			if pending, err = s.body(conn, pending); err != nil {
				return
			}
		}
	}
}

var errHungUp = errors.New("hung up")

// body reads a mail up to its dot.
func (s *script) body(conn net.Conn, pending []byte) ([]byte, error) {
	if s.is("body") != "" {
		_, _, err := readLine(conn, pending)
		s.answer(conn, "body")
		if err != nil {
			return nil, err
		}
		return nil, errHungUp
	}
	for {
		if _, after, ok := bytes.Cut(pending, []byte("\r\n.\r\n")); ok {
			s.mu.Lock()
			s.whole++
			s.mu.Unlock()
			if !s.answer(conn, "dot") {
				return nil, errHungUp
			}
			return after, nil
		}
		more := make([]byte, 4096)
		n, err := conn.Read(more)
		if err != nil {
			return nil, err
		}
		pending = append(pending, more[:n]...)
	}
}

func (s *script) is(verb string) string {
	if a, ok := s.answers[verb]; ok {
		return a
	}
	return usual[verb]
}

// answer reports whether the connection goes on.
func (s *script) answer(conn net.Conn, verb string) bool {
	switch a := s.is(verb); a {
	case "drop":
		return false
	case "stall":
		<-s.stop
		return false
	case "hang":
		_, _ = io.Copy(io.Discard, conn)
		return false
	default:
		_, err := io.WriteString(conn, a+"\r\n")
		return err == nil
	}
}

func (s *script) wholeMails() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}

func (s *script) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

func readLine(conn net.Conn, pending []byte) (line string, rest []byte, err error) {
	for {
		if before, after, ok := bytes.Cut(pending, []byte("\r\n")); ok {
			return string(before), after, nil
		}
		more := make([]byte, 4096)
		n, err := conn.Read(more)
		if err != nil {
			return "", nil, err
		}
		pending = append(pending, more[:n]...)
	}
}
