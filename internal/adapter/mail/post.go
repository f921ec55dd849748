package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"stockdigest.app/stockdigest"
)

// A ReachError says what stands between us and a session with the mail server.
type ReachError string

// What can be wrong; each is something else to put right.
const (
	ErrNoConnection ReachError = "no connection to the mail server"
	ErrNoMailServer ReachError = "what answers there is no mail server that would talk to us"
	ErrNoTLS        ReachError = "the mail server offers no encryption (STARTTLS)"
	ErrBadTLS       ReachError = "the encryption of the mail server cannot be trusted"
	ErrNoLogin      ReachError = "the mail server offers no login that we speak (PLAIN or LOGIN over TLS)"
	ErrBadLogin     ReachError = "the mail server refused the user name and password"
)

func (e ReachError) Error() string { return string(e) }

// Config holds the values of a Post.
type Config struct {
	Host     string
	Port     int // 465: TLS from the first byte; any other: STARTTLS
	Username string
	Password string         // empty: no login
	From     string         // sender of mails that name none, and where bounces go
	Plain    bool           // for development: a server without TLS, or with a certificate of its own, will do
	Roots    *x509.CertPool // whom to trust; nil: whom the machine trusts
	Sign     *Signer        // nil: mails are not signed
	Guard    Guard
}

// A Post opens sessions with one mail server. It is safe for concurrent use.
type Post struct {
	cfg    Config
	sender string // the bare address
	hide   *strings.Replacer
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// The limits of waiting. RFC 5321 asks for ten minutes for the answer to the
// dot; a sender with a minute's patience and a mail that is unknown is better
// than one that hangs.
const (
	dialTime    = 10 * time.Second
	commandTime = 30 * time.Second
	answerTime  = time.Minute
	quitTime    = 5 * time.Second
)

// mostSaid is how many bytes a server may say between two things that we say.
const mostSaid = 256 << 10

// New returns a post. Errors are ErrInvalid.
func New(cfg Config) (*Post, error) {
	from, err := parseSender(cfg.From)
	if err != nil {
		return nil, err
	}
	if !visible(cfg.Host) || cfg.Port < 1 || cfg.Port > 65535 {
		return nil, stockdigest.Invalid(fmt.Sprintf("%.80q and port %d are not the address of a mail server", cfg.Host, cfg.Port))
	}
	dialer := &net.Dialer{}
	return &Post{cfg: cfg, sender: from.Address, hide: hider(cfg.Username, cfg.Password), dial: dialer.DialContext}, nil
}

// Open connects, encrypts and logs in. Errors wrap a ReachError and never show
// the password.
func (p *Post) Open(ctx context.Context) (*Session, error) {
	l, client, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{post: p, client: client, line: l}, nil
}

// Check opens a session and ends it: no mail is sent.
func (p *Post) Check(ctx context.Context) error {
	session, err := p.Open(ctx)
	if err != nil {
		return err
	}
	if err := session.Close(); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// connect returns a line that is encrypted, unless it need not be, and the
// client on it that has logged in.
func (p *Post) connect(ctx context.Context) (*line, *smtp.Client, error) {
	dialing, cancel := context.WithTimeoutCause(ctx, dialTime, errors.New("no connection in 10 s"))
	defer cancel()
	conn, err := p.dial(dialing, "tcp", net.JoinHostPort(p.cfg.Host, strconv.Itoa(p.cfg.Port)))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoConnection, err)
	}
	l := &line{Conn: conn, left: mostSaid}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	client, err := p.greet(ctx, l)
	if err == nil {
		err = p.encrypt(l, client)
	}
	if err == nil {
		err = p.login(l, client)
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return l, client, nil
}

// greet reads the server's greeting and says hello, after TLS where that comes
// first.
func (p *Post) greet(ctx context.Context, l *line) (*smtp.Client, error) {
	greeting, cancel := context.WithTimeoutCause(ctx, commandTime, errors.New("no greeting in 30 s"))
	defer cancel()
	deadline, _ := greeting.Deadline()
	if err := l.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoConnection, err)
	}
	var conn net.Conn = l
	if p.cfg.Port == 465 {
		secure := tls.Client(l, p.tls())
		if err := secure.HandshakeContext(greeting); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadTLS, err)
		}
		conn = secure
	}
	client, err := smtp.NewClient(conn, p.cfg.Host)
	if err != nil {
		return nil, p.said(ErrNoMailServer, err)
	}
	// A mail with letters beyond ASCII only in encoded form needs no server
	// that takes more.
	client.SkipSMTPUTF8(true)
	_, domain, _ := strings.Cut(p.sender, "@")
	if err := p.step(l, client, commandTime, func() error { return client.Hello(domain) }); err != nil {
		return nil, p.said(ErrNoMailServer, err)
	}
	return client, nil
}

// encrypt asks for STARTTLS where the line is plain.
func (p *Post) encrypt(l *line, client *smtp.Client) error {
	if _, secure := client.TLSConnectionState(); secure {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if p.cfg.Plain {
			return nil
		}
		return ErrNoTLS
	}
	if err := p.step(l, client, commandTime, func() error { return client.StartTLS(p.tls()) }); err != nil {
		return p.said(ErrBadTLS, err)
	}
	return nil
}

func (p *Post) tls() *tls.Config {
	return &tls.Config{
		ServerName: p.cfg.Host, RootCAs: p.cfg.Roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: p.cfg.Plain, //nolint:gosec // only in development, where no TLS at all would do
	}
}

// login gives the password, over TLS only.
func (p *Post) login(l *line, client *smtp.Client) error {
	if p.cfg.Password == "" {
		return nil
	}
	if _, secure := client.TLSConnectionState(); !secure {
		return fmt.Errorf("%w: the connection is not encrypted", ErrNoLogin)
	}
	_, ways := client.Extension("AUTH")
	var auth smtp.Auth
	switch ways = " " + strings.ToUpper(ways) + " "; {
	case strings.Contains(ways, " PLAIN "):
		auth = smtp.PlainAuth("", p.cfg.Username, p.cfg.Password, p.cfg.Host, false)
	case strings.Contains(ways, " LOGIN "):
		auth = smtp.LoginAuth(p.cfg.Username, p.cfg.Password, p.cfg.Host, false)
	default:
		return ErrNoLogin
	}
	if err := p.step(l, client, commandTime, func() error { return client.Auth(auth) }); err != nil {
		return p.said(loginFault(err), err)
	}
	return nil
}

// loginFault tells a wrong password from a server that is in trouble.
func loginFault(err error) ReachError {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 {
		return ErrBadLogin
	}
	return ErrNoMailServer
}

// said is a fault with what the server said about it, in one line and without
// credentials.
func (p *Post) said(fault ReachError, err error) error {
	if unknown, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: %w", ErrBadTLS, unknown)
	}
	return fmt.Errorf("%w: %s", fault, p.clean(err.Error()))
}

func (p *Post) clean(answer string) string { return oneLine(p.hide.Replace(answer)) }

// step does one exchange with the server in a limited time.
func (p *Post) step(l *line, client *smtp.Client, limit time.Duration, exchange func() error) error {
	if err := client.UpdateDeadline(limit); err != nil {
		return err
	}
	l.left = mostSaid
	return exchange()
}

// A line is a connection on which the other side may say so much only, until
// it is asked for more.
type line struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the mail server says more than any answer needs")

func (l *line) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTalkative
	}
	n, err := l.Conn.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}
