package sim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// A MailFault is a way in which the handing over of a mail goes wrong.
type MailFault string

// The faults. Codes are answered to the recipient's address or after the final
// dot, and so does hang come at either place.
const (
	MailDropBefore MailFault = "drop-before" // the connection ends before the dot is read: no mail
	MailDropAfter  MailFault = "drop-after"  // the mail is taken, and the connection ends without an answer
	MailClosing    MailFault = "421"         // and the connection ends
	MailLater      MailFault = "451"
	MailNoRoom     MailFault = "452"
	MailNobody     MailFault = "550"
	MailTooMuch    MailFault = "552"
	MailHang       MailFault = "hang" // after the dot the mail is taken, and nothing is answered
	MailSlow       MailFault = "slow" // the mail is read slowly
)

// MailFaults lists the faults.
func MailFaults() []MailFault {
	return []MailFault{
		MailDropBefore, MailDropAfter, MailClosing, MailLater, MailNoRoom, MailNobody, MailTooMuch, MailHang, MailSlow,
	}
}

// ParseMailFaults reads faults as a command line has them, each with its share
// of the mails: "drop-after=0.01,451=0.05". Without a share it is share; all
// stands for each of them, and none for nothing.
func ParseMailFaults(list string, share float64) (map[MailFault]float64, error) {
	faults := map[MailFault]float64{}
	for part := range strings.SplitSeq(list, ",") {
		name, given, found := strings.Cut(strings.TrimSpace(part), "=")
		of := share
		if found {
			var err error
			if of, err = strconv.ParseFloat(given, 64); err != nil || !(of >= 0 && of <= 1) {
				return nil, stockdigest.Invalid(fmt.Sprintf("%q is no share of the mails: write 0 to 1", given))
			}
		}
		switch kind := MailFault(name); {
		case name == "" || name == "none":
		case name == "all":
			for _, each := range MailFaults() {
				faults[each] = of
			}
		case slices.Contains(MailFaults(), kind):
			faults[kind] = of
		default:
			return nil, stockdigest.Invalid(fmt.Sprintf("unknown fault of the mail server %q: use none, all or some of %v", name, MailFaults()))
		}
	}
	return faults, nil
}

// A MailMoment is a point of a mail's way through the server.
type MailMoment string

// The moments at which a watcher is called.
const (
	MailAtDot    MailMoment = "dot"    // the dot is read, and nothing is logged or answered yet
	MailAnswered MailMoment = "answer" // the answer to the dot is written
)

// MailConfig says how a mail server behaves. Only Now is needed.
type MailConfig struct {
	Seed   uint64
	Faults map[MailFault]float64 // share of the tries
	Refuse []string              // addresses that never take a mail: 550
	Log    string                // file that gets a line for each mail; empty: none
	TLS    bool                  // offers STARTTLS with a certificate of its own
	Delay  time.Duration         // of the answer to each dot
	Hang   time.Duration         // until a hanging connection ends; zero means 5 minutes
	Now    func() time.Time
	// Watch is called at each moment, with the port that the mail came to. The
	// mail goes on when it returns.
	Watch func(m MailMoment, port int)
}

// A MailServer takes mails on loopback, keeps none, and logs each.
type MailServer struct {
	cfg  MailConfig
	tls  *tls.Config
	log  *mailLog
	done chan struct{}

	mu    sync.Mutex
	open  map[interface{ Close() error }]bool // listeners and connections
	tries map[string]int                      // by recipient
	all   sync.WaitGroup
}

// NewMailServer returns a server that serves nobody yet.
func NewMailServer(cfg MailConfig) (*MailServer, error) {
	if cfg.Hang <= 0 {
		cfg.Hang = 5 * time.Minute
	}
	s := &MailServer{cfg: cfg, done: make(chan struct{}), open: map[interface{ Close() error }]bool{}, tries: map[string]int{}}
	var err error
	if cfg.TLS {
		if s.tls, err = ownCertificate(cfg.Now()); err != nil {
			return nil, err
		}
	}
	s.log, err = openMailLog(cfg.Log)
	return s, err
}

// Serve takes connections until Close; it may be called with several listeners.
func (s *MailServer) Serve(l net.Listener) error {
	if !s.keep(l) {
		return l.Close()
	}
	defer s.drop(l)
	for {
		conn, err := l.Accept()
		if err != nil {
			select {
			case <-s.done:
				return nil
			default:
				return fmt.Errorf("take a connection with mails: %w", err)
			}
		}
		if !s.keep(conn) {
			return conn.Close()
		}
		s.all.Go(func() {
			defer s.drop(conn)
			newMailTalk(s, conn).serve()
		})
	}
}

// Close ends all connections at once, and the log.
func (s *MailServer) Close() error {
	s.mu.Lock()
	close(s.done)
	for c := range s.open {
		_ = c.Close() // it may have ended by itself
	}
	s.mu.Unlock()
	s.all.Wait()
	return s.log.close()
}

// keep remembers what is to be closed, unless everything is closed already.
func (s *MailServer) keep(c interface{ Close() error }) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
		s.open[c] = true
		return true
	}
}

func (s *MailServer) drop(c interface{ Close() error }) {
	_ = c.Close() // it may have ended by itself
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// Roots are what a client must trust to talk to the server over TLS; nil
// without TLS.
func (s *MailServer) Roots() *x509.CertPool {
	if s.tls == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.tls.Certificates[0].Leaf)
	return pool
}

// draw decides what goes wrong with a try to reach a recipient, and whether at
// the recipient's address already.
func (s *MailServer) draw(recipient string) (fault MailFault, early bool) {
	s.mu.Lock()
	s.tries[recipient]++
	try := s.tries[recipient]
	s.mu.Unlock()
	chance := newDice(s.cfg.Seed, "mail", recipient, strconv.Itoa(try))
	for _, kind := range MailFaults() {
		if chance.share() < s.cfg.Faults[kind] {
			return kind, chance.below(2) == 0
		}
	}
	return "", false
}

// wait lasts for d, or until the server is closed.
func (s *MailServer) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

func (s *MailServer) watch(m MailMoment, port int) {
	if s.cfg.Watch != nil {
		s.cfg.Watch(m, port)
	}
}

// ownCertificate makes a certificate for loopback that nobody else signed.
func ownCertificate(now time.Time) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "pretend mail server"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	own := tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
	return &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}, nil
}

// ListenMail opens a port of loopback; port 0 takes a free one.
func ListenMail(ctx context.Context, address string) (net.Listener, int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, 0, fmt.Errorf("listen for mails: %w", err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return nil, 0, errors.Join(fmt.Errorf("listen for mails: %s is no port", l.Addr()), l.Close())
	}
	return l, at.Port, nil
}
