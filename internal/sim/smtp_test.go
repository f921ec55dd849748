package sim_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/textproto"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stockdigest.app/stockdigest/internal/sim"
)

// A mailRig is a pretend mail server with its log.
type mailRig struct {
	*sim.MailServer
	address, log string
}

func newMailRig(t *testing.T, cfg sim.MailConfig) mailRig {
	t.Helper()
	r := mailRig{log: filepath.Join(t.TempDir(), "mails.log")}
	cfg.Log, cfg.Now = r.log, time.Now
	var err error
	if r.MailServer, err = sim.NewMailServer(cfg); err != nil {
		t.Fatal(err)
	}
	l, port, err := sim.ListenMail(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = fmt.Sprintf("127.0.0.1:%d", port)
	served := make(chan error, 1)
	go func() { served <- r.Serve(l) }()
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return r
}

// A client says lines and reads answers.
type client struct {
	t *testing.T
	*textproto.Conn
}

func (r mailRig) dial(t *testing.T) client {
	t.Helper()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, textproto.NewConn(conn)}
	t.Cleanup(func() { _ = c.Close() })
	c.hear("220")
	return c
}

// hear reads an answer and returns its code; none when the server hung up.
func (c client) hear(want string) {
	c.t.Helper()
	code, words, err := c.ReadResponse(0)
	got := "none"
	if code > 0 {
		got = strconv.Itoa(code)
	}
	if got != want {
		c.t.Fatalf("heard %s %q (%v), want %s", got, words, err, want)
	}
}

func (c client) say(line, want string) {
	c.t.Helper()
	if err := c.PrintfLine("%s", line); err != nil {
		c.t.Fatal(err)
	}
	c.hear(want)
}

// mail hands one mail over; the answers to the address and the dot are given.
func (c client) mail(id, to, address, dot string) {
	c.t.Helper()
	c.say("MAIL FROM:<a@example.com>", "250")
	c.say("RCPT TO:<"+to+"> NOTIFY=NEVER", address)
	if address != "250" {
		return
	}
	c.say("DATA", "354")
	c.say("Subject: x\r\nMESSAGE-ID: <"+id+">\r\n\r\nMessage-ID: <other>\r\n..\r\nend\r\n.", dot)
}

func wantLog(t *testing.T, r mailRig, want ...sim.MailEntry) {
	t.Helper()
	got, err := sim.ReadMailLog(r.log)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(sim.MailEntry{}, "At")); diff != "" {
		t.Error(diff)
	}
}

func TestMailsAreLoggedWithTheirAnswers(t *testing.T) {
	t.Parallel()
	r := newMailRig(t, sim.MailConfig{Refuse: []string{"no@example.com"}})
	c := r.dial(t)
	c.say("EHLO here", "250")
	c.mail("1@d", "a@example.com", "250", "250")
	c.mail("", "no@example.com", "550", "")
	c.say("RSET", "250")
	c.mail("2@d", "b@example.com", "250", "250")
	c.say("QUIT", "221")
	wantLog(t, r, sim.MailEntry{ID: "1@d", Recipient: "a@example.com", Answer: "250"},
		sim.MailEntry{Recipient: "no@example.com", Answer: "550"}, sim.MailEntry{ID: "2@d", Recipient: "b@example.com", Answer: "250"})
}

// TestEachFaultOfTheMailServer meets every fault in every place where it comes.
func TestEachFaultOfTheMailServer(t *testing.T) {
	t.Parallel()
	codes := func(code string) map[[2]string]string {
		return map[[2]string]string{{code, ""}: code, {"250", code}: code}
	}
	for fault, want := range map[sim.MailFault]map[[2]string]string{ // answers to address and dot: what is logged
		sim.MailDropBefore: {{"250", "none"}: "-"},
		sim.MailDropAfter:  {{"250", "none"}: ""},
		sim.MailHang:       {{"none", ""}: "-", {"250", "none"}: ""},
		sim.MailSlow:       {{"250", "250"}: "250"},
		sim.MailClosing:    codes("421"), sim.MailLater: codes("451"), sim.MailNoRoom: codes("452"), sim.MailNobody: codes("550"),
		sim.MailTooMuch: codes("552"),
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			met := map[[2]string]string{}
			for i := range 12 {
				r := newMailRig(t, sim.MailConfig{Seed: uint64(i), Faults: map[sim.MailFault]float64{fault: 1}, Hang: time.Millisecond})
				answers := r.try(t)
				entries, err := sim.ReadMailLog(r.log)
				if err != nil {
					t.Fatal(err)
				}
				met[answers] = "-"
				if len(entries) > 0 {
					met[answers] = entries[0].Answer
				}
			}
			if diff := cmp.Diff(want, met); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// try hands one mail over as far as it goes and returns the answers to its
// address and its dot.
func (r mailRig) try(t *testing.T) [2]string {
	t.Helper()
	c := r.dial(t)
	c.say("MAIL FROM:<a@example.com>", "250")
	address := c.ask("RCPT TO:<b@example.com>")
	if address != "250" {
		return [2]string{address, ""}
	}
	if c.ask("DATA") != "354" {
		return [2]string{address, "none"}
	}
	return [2]string{address, c.ask("Message-ID: <1@d>\r\n\r\nwords\r\n.")}
}

func (c client) ask(line string) string {
	c.t.Helper()
	if err := c.PrintfLine("%s", line); err != nil {
		return "none"
	}
	code, _, err := c.ReadResponse(0)
	if code == 0 && err != nil {
		return "none"
	}
	return strconv.Itoa(code)
}

func TestTheMailServerTalksTLS(t *testing.T) {
	t.Parallel()
	r := newMailRig(t, sim.MailConfig{TLS: true})
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	plain := client{t, textproto.NewConn(conn)}
	plain.hear("220")
	plain.say("EHLO here", "250")
	plain.say("STARTTLS", "220")
	c := client{t, textproto.NewConn(tls.Client(conn, &tls.Config{RootCAs: r.Roots(), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}))}
	defer func() { _ = c.Close() }()
	c.say("EHLO here", "250")
	c.mail("1@d", "a@example.com", "250", "250")
	wantLog(t, r, sim.MailEntry{ID: "1@d", Recipient: "a@example.com", Answer: "250"})
}

func TestTheWatcherSeesTheDotBeforeTheLogDoes(t *testing.T) {
	t.Parallel()
	var r mailRig
	var seen []int
	r = newMailRig(t, sim.MailConfig{Watch: func(sim.MailMoment, int) {
		entries, err := sim.ReadMailLog(r.log)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, len(entries))
	}})
	c := r.dial(t)
	c.mail("1@d", "a@example.com", "250", "250")
	c.say("NOOP", "250")
	if diff := cmp.Diff([]int{0, 1}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfTheMailServerAreParsed(t *testing.T) {
	t.Parallel()
	all, err := sim.ParseMailFaults("all,451=0.5,none", 0.1)
	if err != nil || len(all) != len(sim.MailFaults()) || all[sim.MailLater] != 0.5 || all[sim.MailHang] != 0.1 {
		t.Errorf("got %v, %v", all, err)
	}
	for _, wrong := range []string{"450", "451=2", "451=x", "drop"} {
		if _, err := sim.ParseMailFaults(wrong, 0.1); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}
