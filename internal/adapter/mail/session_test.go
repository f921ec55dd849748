package mail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

func TestAMailReachesAServerOverTLS(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.cfg.Username, in.cfg.Password = "user", "hunter2"
	session := in.open(t, in.cfg)
	dots := letter()
	dots.Text = []byte(".\n..\n.hidden\nend\n.")
	for i := range 3 {
		dots.ID = fmt.Sprintf("%032x@example.com", i)
		answer, err := session.Send(t.Context(), dots, always)
		if err != nil || !strings.HasPrefix(answer, "250 2.0.0 ") {
			t.Fatalf("got %q, %v, want the server's 250", answer, err)
		}
	}
	got := in.got()
	if len(got) != 3 || got[0].from != "digest@example.com" || !slices.Equal(got[2].to, []string{"ada@example.org"}) {
		t.Fatalf("got %d mails, the first from %s", len(got), got[0].from)
	}
	want, err := mail.Message(dots, sender)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got[2].data)); diff != "" {
		t.Errorf("the server got another mail (-want +got):\n%s", diff)
	}
}

// failures lists what a server may do at each stage and what it means.
var failures = map[string]struct {
	at, answer string
	want       stockdigest.MailError
	whole      int // mails whose dot the server saw
}{
	"sender put off":        {"mail", "451 4.3.0 later", stockdigest.MailError{Handover: "later", Code: 451, Status: "4.3.0"}, 0},
	"sender refused":        {"mail", "550 5.7.1 not you", stockdigest.MailError{Handover: "later", Code: 550, Status: "5.7.1", Broken: true}, 0},
	"login wanted":          {"mail", "530 5.7.0 log in", stockdigest.MailError{Handover: "later", Code: 530, Status: "5.7.0", Broken: true}, 0},
	"lost at sender":        {"mail", "drop", stockdigest.MailError{Handover: "unsent", Broken: true}, 0},
	"shut down at sender":   {"mail", "421 4.3.2 bye", stockdigest.MailError{Handover: "later", Code: 421, Status: "4.3.2", Broken: true}, 0},
	"greylisted":            {"rcpt", "450 4.2.0 greylisted", stockdigest.MailError{Handover: "later", Code: 450, Status: "4.2.0"}, 0},
	"busy mailbox":          {"rcpt", "452 4.2.2 full", stockdigest.MailError{Handover: "later", Code: 452, Status: "4.2.2"}, 0},
	"no such user":          {"rcpt", "550 5.1.1 who?", stockdigest.MailError{Handover: "refused", Code: 550, Status: "5.1.1", Address: true}, 0},
	"no such user, plain":   {"rcpt", "550 who?", stockdigest.MailError{Handover: "refused", Code: 550, Address: true}, 0},
	"full for good":         {"rcpt", "552 5.2.2 full", stockdigest.MailError{Handover: "refused", Code: 552, Status: "5.2.2", Address: true}, 0},
	"null MX":               {"rcpt", "556 5.1.10 takes none", stockdigest.MailError{Handover: "refused", Code: 556, Status: "5.1.10", Address: true}, 0},
	"access denied":         {"rcpt", "550 5.4.1 denied", stockdigest.MailError{Handover: "refused", Code: 550, Status: "5.4.1", Address: true}, 0},
	"relay denied":          {"rcpt", "554 5.7.1 relay", stockdigest.MailError{Handover: "refused", Code: 554, Status: "5.7.1"}, 0},
	"bad sender at rcpt":    {"rcpt", "550 5.1.8 no domain", stockdigest.MailError{Handover: "later", Code: 550, Status: "5.1.8", Broken: true}, 0},
	"bad sequence":          {"rcpt", "503 5.5.1 what?", stockdigest.MailError{Handover: "refused", Code: 503, Status: "5.5.1"}, 0},
	"system full":           {"rcpt", "554 5.3.1 full", stockdigest.MailError{Handover: "refused", Code: 554, Status: "5.3.1"}, 0},
	"status of other class": {"rcpt", "550 4.2.1 odd", stockdigest.MailError{Handover: "refused", Code: 550, Address: true}, 0},
	"shut down at rcpt":     {"rcpt", "421 bye", stockdigest.MailError{Handover: "later", Code: 421, Broken: true}, 0},
	"lost at rcpt":          {"rcpt", "drop", stockdigest.MailError{Handover: "unsent", Broken: true}, 0},
	"nonsense at rcpt":      {"rcpt", "hello?", stockdigest.MailError{Handover: "unsent", Broken: true}, 0},
	"data put off":          {"data", "451 4.7.1 later", stockdigest.MailError{Handover: "later", Code: 451, Status: "4.7.1"}, 0},
	"data refused":          {"data", "554 no valid recipients", stockdigest.MailError{Handover: "refused", Code: 554}, 0},
	"data answered wrongly": {"data", "250 fine", stockdigest.MailError{Handover: "unsent", Code: 250, Broken: true}, 0},
	"lost in the body":      {"body", "drop", stockdigest.MailError{Handover: "unsent", Broken: true}, 0},
	"lost at data":          {"data", "drop", stockdigest.MailError{Handover: "unsent", Broken: true}, 0},
	"put off after dot":     {"dot", "451 4.3.0 later", stockdigest.MailError{Handover: "later", Code: 451, Status: "4.3.0"}, 1},
	"shut down after dot":   {"dot", "421 4.3.2 bye", stockdigest.MailError{Handover: "later", Code: 421, Status: "4.3.2", Broken: true}, 1},
	"spam":                  {"dot", "550 5.7.1 spam", stockdigest.MailError{Handover: "refused", Code: 550, Status: "5.7.1"}, 1},
	"refused after dot":     {"dot", "550 no", stockdigest.MailError{Handover: "refused", Code: 550}, 1},
	"user gone after dot":   {"dot", "550 5.1.1 who?", stockdigest.MailError{Handover: "refused", Code: 550, Status: "5.1.1", Address: true}, 1},
	"disabled after dot":    {"dot", "550 5.2.1 off", stockdigest.MailError{Handover: "refused", Code: 550, Status: "5.2.1", Address: true}, 1},
	"too large":             {"dot", "552 5.2.3 large", stockdigest.MailError{Handover: "refused", Code: 552, Status: "5.2.3"}, 1},
	"lost after dot":        {"dot", "drop", stockdigest.MailError{Handover: "unknown", Broken: true}, 1},
	"nonsense after dot":    {"dot", "\x01\x02", stockdigest.MailError{Handover: "unknown", Broken: true}, 1},
	"more after dot":        {"dot", "354 more", stockdigest.MailError{Handover: "unknown", Code: 354, Broken: true}, 1},
}

// TestEveryFailureIsClassified has each failure on a first mail, and sees
// whether the session takes another.
func TestEveryFailureIsClassified(t *testing.T) {
	t.Parallel()
	for name, c := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &script{answers: map[string]string{c.at: c.answer}}
			got, _, wrong := misclassified(t, server, c.want, func(s *mail.Session, m stockdigest.Mail) error {
				_, err := s.Send(t.Context(), m, always)
				return err
			})
			if wrong != "" {
				t.Errorf("%s (-want +got):\n%s", got, wrong)
			}
			if server.wholeMails() != c.whole {
				t.Errorf("the server saw %d dots, want %d", server.wholeMails(), c.whole)
			}
		})
	}
}

// TestAClassifierByCodeAloneIsFound is the same rig with a version that looks
// at the code only, as many mailers do.
func TestAClassifierByCodeAloneIsFound(t *testing.T) {
	t.Parallel()
	found := 0
	for _, c := range failures {
		_, _, wrong := misclassified(t, &script{answers: map[string]string{c.at: c.answer}}, c.want, func(s *mail.Session, m stockdigest.Mail) error {
			_, err := s.Send(t.Context(), m, always)
			fault := &stockdigest.MailError{}
			if !errors.As(err, &fault) {
				return err
			}
			byCode := stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Code: fault.Code, Status: fault.Status, Broken: fault.Broken}
			if fault.Code >= 400 {
				byCode.Handover = map[bool]stockdigest.Handover{true: stockdigest.HandoverRefused, false: stockdigest.HandoverLater}[fault.Code >= 500]
			}
			byCode.Address = fault.Code >= 500
			return &byCode
		})
		if wrong != "" {
			found++
		}
	}
	if found < 8 {
		t.Errorf("a classifier by code alone differs in %d cases, want at least 8", found)
	}
}

// misclassified sends a mail to a server and says how the error differs from
// what is wanted.
func misclassified(t *testing.T, server *script, want stockdigest.MailError, send func(*mail.Session, stockdigest.Mail) error) (string, *mail.Session, string) {
	t.Helper()
	post, err := mail.New(server.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	m := letter()
	if server.answers["body"] != "" {
		m = huge()
	}
	err = send(session, m)
	var got *stockdigest.MailError
	if !errors.As(err, &got) {
		return fmt.Sprint(err), session, "no *stockdigest.MailError"
	}
	return err.Error(), session, cmp.Diff(want, *got, cmpopts.IgnoreFields(stockdigest.MailError{}, "Answer", "Err"))
}

func TestASessionGoesOnAfterARefusal(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"rcpt", "data", "dot"} {
		server := &script{answers: map[string]string{at: "550 5.1.1 no"}}
		post, err := mail.New(server.listen(t))
		if err != nil {
			t.Fatal(err)
		}
		session, err := post.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err = session.Send(t.Context(), letter(), always)
			var fault *stockdigest.MailError
			if !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverRefused {
				t.Errorf("%s: got %v, want a refusal", at, err)
			}
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		if server.calls != 1 || !slices.Contains(server.commands(), "RSET") {
			t.Errorf("%s: got %d connections and %q, want one with a reset", at, server.calls, server.commands())
		}
	}
}

func TestTheServerIsCalledAgainWhenItHungUpBetweenMails(t *testing.T) {
	t.Parallel()
	server := &script{answers: map[string]string{"rset": "421 too many mails here"}}
	post, err := mail.New(server.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := session.Send(t.Context(), letter(), always); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Close(); err != nil || server.wholeMails() != 3 || server.calls != 3 {
		t.Errorf("got %d mails on %d connections, %v; want 3 on 3", server.wholeMails(), server.calls, err)
	}
}

func TestLastLeavesTheMailUnsent(t *testing.T) {
	t.Parallel()
	left := errors.New("the reader left")
	server := &script{}
	_, session, wrong := misclassified(t, server, stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true},
		func(s *mail.Session, m stockdigest.Mail) error {
			_, err := s.Send(t.Context(), m, func(context.Context) error { return left })
			if !errors.Is(err, left) {
				t.Errorf("got %v, want the error of last in it", err)
			}
			return err
		})
	if wrong != "" {
		t.Error(wrong)
	}
	if _, err := session.Send(t.Context(), letter(), always); err == nil {
		t.Error("a broken session took another mail")
	}
	if err := session.Close(); err != nil || server.wholeMails() != 0 {
		t.Errorf("the server got %d whole mails, %v; want none", server.wholeMails(), err)
	}
}

// TestLastComesAfterTheWholeBody sees that at the time of last a server has all
// of the mail but its dot.
func TestLastComesAfterTheWholeBody(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	seen := make(chan string, 1)
	go func() { seen <- converse(far) }()
	cfg := config()
	cfg.Port, cfg.Plain = 25, true
	post, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	post.Dials(func(context.Context, string, string) (net.Conn, error) { return near, nil })
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.Send(t.Context(), letter(), func(context.Context) error { return near.Close() })
	if err == nil {
		t.Error("a mail was taken over a closed connection")
	}
	want, err := mail.Message(letter(), sender)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-seen; !strings.HasSuffix(got, string(want)) {
		t.Errorf("before the dot the server had %d bytes, want all %d of the mail and no dot", len(got), len(want))
	}
}

// converse plays a server up to the end of the connection and returns all that
// it read.
func converse(conn net.Conn) string {
	defer conn.Close()
	var all strings.Builder
	_, _ = conn.Write([]byte("220 hello\r\n"))
	buf := make([]byte, 64<<10)
	answers := []string{"250 here\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}
	for {
		n, err := conn.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			return all.String()
		}
		if len(answers) > 0 {
			_, _ = conn.Write([]byte(answers[0]))
			answers = answers[1:]
		}
	}
}

// TestAServerThatHangsIsLeft measures on a clock of its own how long a server
// may be silent.
func TestAServerThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]struct {
		handover stockdigest.Handover
		after    time.Duration
	}{
		"mail": {stockdigest.HandoverUnsent, 30 * time.Second},
		"rcpt": {stockdigest.HandoverUnsent, 30 * time.Second},
		"data": {stockdigest.HandoverUnsent, 30 * time.Second},
		"body": {stockdigest.HandoverUnsent, 30 * time.Second},
		"dot":  {stockdigest.HandoverUnknown, time.Minute},
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				silence := map[bool]string{true: "stall", false: "hang"}[at == "body"]
				session := piped(t, &script{answers: map[string]string{at: silence}})
				began := time.Now()
				_, err := session.Send(t.Context(), large(), always)
				var fault *stockdigest.MailError
				if took := time.Since(began); !errors.As(err, &fault) || fault.Handover != want.handover || !fault.Broken || took != want.after {
					t.Errorf("got %v after %s, want %s and a broken session after %s", err, took, want.handover, want.after)
				}
			})
		})
	}
}

func TestTheEndOfTheContextCutsAMail(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]stockdigest.Handover{"rcpt": stockdigest.HandoverUnsent, "dot": stockdigest.HandoverUnknown} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				session := piped(t, &script{answers: map[string]string{at: "hang"}})
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				began := time.Now()
				_, err := session.Send(ctx, letter(), always)
				var fault *stockdigest.MailError
				if took := time.Since(began); !errors.As(err, &fault) || fault.Handover != want || took != 3*time.Second {
					t.Errorf("got %v after %s, want %s after 3 s", err, took, want)
				}
			})
		})
	}
}

// TestNothingIsSaidAfterAHalfMail has a server speak up before the dot: any
// command would be a line of the mail.
func TestNothingIsSaidAfterAHalfMail(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]stockdigest.Handover{421: stockdigest.HandoverLater, 451: stockdigest.HandoverLater, 552: stockdigest.HandoverRefused} {
		got := mail.FailureInTheBody(&textproto.Error{Code: code, Msg: "no"})
		if got.Handover != want || !got.Broken || got.Address {
			t.Errorf("%d: got %+v, want %s and a broken session", code, got, want)
		}
	}
}

// huge is a mail that no connection holds before it is read.
func huge() stockdigest.Mail {
	m := letter()
	m.Text = []byte(strings.Repeat("Good morning.\n", 1<<19))
	return m
}

// large is a mail that no buffer on the way holds.
func large() stockdigest.Mail {
	m := letter()
	m.HTML = []byte(strings.Repeat("<p>abc</p>\n", 8000))
	return m
}

// piped opens a session with a scripted server at the other end of a pipe.
func piped(t *testing.T, server *script) *mail.Session {
	t.Helper()
	server.stop = make(chan struct{})
	t.Cleanup(func() { close(server.stop) })
	cfg := config()
	cfg.Port, cfg.Plain = 25, true
	post, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	post.Dials(func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go server.serve(far)
		return near, nil
	})
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func TestOneRecipientAndNoExtensionsInTheEnvelope(t *testing.T) {
	t.Parallel()
	server := &script{}
	post, err := mail.New(server.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Send(t.Context(), letter(), always); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"EHLO example.com", "MAIL FROM:<digest@example.com> BODY=8BITMIME", "RCPT TO:<ada@example.org>", "DATA", "QUIT"}
	if diff := cmp.Diff(want, server.commands()); diff != "" {
		t.Error(diff)
	}
}

func TestAnswersAreOneShortLineWithoutCredentials(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.cfg.Username, in.cfg.Password = "user", "swordfish"
	post, err := mail.New(in.cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = post.Check(t.Context())
	if !errors.Is(err, mail.ErrBadLogin) || strings.Contains(err.Error(), "swordfish") {
		t.Errorf("got %v, want a refused login without the password", err)
	}
	server := &script{answers: map[string]string{"rcpt": "550-5.1.1 a\x1b[2Jb\r\n550 5.1.1 swordfish " + strings.Repeat("é", 400)}}
	cfg := server.listen(t)
	cfg.Username, cfg.Password = "", "" // the server without TLS gets none
	plain, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	session, err := plain.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	_, err = session.Send(t.Context(), letter(), always)
	var fault *stockdigest.MailError
	if !errors.As(err, &fault) || len(fault.Answer) > 300 || strings.ContainsAny(fault.Answer, "\r\n\x1b") || !strings.HasPrefix(fault.Answer, "550 5.1.1 a [2Jb") {
		t.Errorf("got %q", err)
	}
}

func TestAServerThatNeverStopsTalkingIsLeft(t *testing.T) {
	t.Parallel()
	server := &script{answers: map[string]string{"rcpt": "250 " + strings.Repeat("a", 1<<20)}}
	_, _, wrong := misclassified(t, server, stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true}, func(s *mail.Session, m stockdigest.Mail) error {
		_, err := s.Send(t.Context(), m, always)
		return err
	})
	if wrong != "" {
		t.Error(wrong)
	}
}

func TestWhatStandsBetweenUsAndTheServerIsToldApart(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	plain := (&script{}).listen(t)
	for name, c := range map[string]struct {
		want   mail.ReachError
		change func(*mail.Config)
	}{
		"nobody there":        {mail.ErrNoConnection, func(c *mail.Config) { c.Port = port(closed) }},
		"wrong password":      {mail.ErrBadLogin, func(c *mail.Config) { c.Username, c.Password = "user", "wrong" }},
		"unknown certificate": {mail.ErrBadTLS, func(c *mail.Config) { c.Roots = nil }},
		"name not in it":      {mail.ErrBadTLS, func(c *mail.Config) { c.Host = "localhost" }},
		"no TLS":              {mail.ErrNoTLS, func(c *mail.Config) { c.Port = plain.Port }},
		"no TLS, a password":  {mail.ErrNoLogin, func(c *mail.Config) { c.Port, c.Plain, c.Username, c.Password = plain.Port, true, "user", "hunter2" }},
		"another kind of port": {mail.ErrNoMailServer, func(c *mail.Config) {
			c.Port = (&script{answers: map[string]string{"greeting": "HTTP/1.1 400"}}).listen(t).Port
		}},
		"busy": {mail.ErrNoMailServer, func(c *mail.Config) {
			c.Port = (&script{answers: map[string]string{"greeting": "421 busy"}}).listen(t).Port
		}},
	} {
		cfg := in.cfg
		c.change(&cfg)
		post, err := mail.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := post.Check(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// BenchmarkSend sends over TLS with ten sessions at once to a server in the
// same process.
func BenchmarkSend(b *testing.B) {
	in := newInbox(b)
	idle := make(chan *mail.Session, 10)
	for range cap(idle) {
		idle <- in.open(b, in.cfg)
	}
	m := digestOf43KB()
	b.SetParallelism(cap(idle))
	b.RunParallel(func(pb *testing.PB) {
		session := <-idle
		defer func() { idle <- session }()
		for pb.Next() {
			if _, err := session.Send(b.Context(), m, always); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
