package mail_test

import (
	"errors"
	"fmt"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// A setting is one of the 48 combinations under which a mail may be sent. Held
// is the database's own stamp, which the ledger looks at; the net must do
// without it.
type setting struct {
	guard mail.Guard
	held  bool
}

func settings() []setting {
	var all []setting
	for _, environment := range []string{"production", "staging", "development", "prodution"} {
		for _, dry := range []bool{false, true} {
			for _, allow := range [][]string{nil, {"ada@example.org", "@friends.example"}, {"bob@example.org"}} {
				for _, held := range []bool{false, true} {
					all = append(all, setting{mail.Guard{Environment: environment, DryRun: dry, Allow: allow}, held})
				}
			}
		}
	}
	return all
}

// foreign is a recipient that only production may write to.
const foreign = "reader@example.net"

// TestNobodyForeignIsNamedToAServerOutsideProduction sends every kind of mail
// under every setting to a real server.
func TestNobodyForeignIsNamedToAServerOutsideProduction(t *testing.T) {
	t.Parallel()
	wrong, sent := leaks(t, false)
	for _, w := range wrong {
		t.Error(w)
	}
	t.Logf("measured: %d settings, %d kinds of mails, 3 recipients: %d mails sent, %d foreign recipients named outside production", len(settings()), len(stockdigest.MailKinds()), sent, len(wrong))
}

// TestANetAtPlanningTimeOnlyIsFound is the same rig with a version that asks
// the net when a mail is planned, for the recipient of that time, as mailers
// with a switch in their queue do.
func TestANetAtPlanningTimeOnlyIsFound(t *testing.T) {
	t.Parallel()
	if wrong, _ := leaks(t, true); len(wrong) == 0 {
		t.Error("a net at planning time only lets nothing through: the rig sees nothing")
	}
}

// leaks lists the foreign recipients that a server heard of outside production,
// and the listed ones that it did not.
func leaks(t *testing.T, planned bool) (wrong []string, sent int) {
	t.Helper()
	in := newInbox(t)
	for _, s := range settings() {
		cfg := in.cfg
		if cfg.Guard = s.guard; planned && s.guard.Check("ada@example.org") == nil {
			cfg.Guard = mail.Guard{Environment: "production"} // the reader's address has changed since
		}
		session := in.open(t, cfg)
		for _, kind := range stockdigest.MailKinds() {
			for _, to := range []string{foreign, "ada@example.org", "Ada@Friends.Example"} {
				m := letter()
				m.Kind, m.To = kind, to
				before := len(in.tried)
				_, err := session.Send(t.Context(), m, always)
				named := len(in.tried) > before
				if named {
					sent++
				}
				if want := may(s.guard, to); named != want {
					wrong = append(wrong, fmt.Sprintf("%+v, %s to %s: named to the server %v, want %v", s, kind, to, named, want))
				}
				var fault *stockdigest.MailError
				if !named && (!errors.As(err, &fault) || fault.Handover != stockdigest.HandoverBlocked || fault.Broken) {
					wrong = append(wrong, fmt.Sprintf("%+v, %s to %s: got %v, want a blocked mail", s, kind, to, err))
				}
			}
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	return wrong, sent
}

// may is the rule, written apart from the net.
func may(g mail.Guard, to string) bool {
	listed := len(g.Allow) == 2 && to != foreign
	return listed || g.Environment == "production" && !g.DryRun
}

func TestTheListTakesNoLookalikes(t *testing.T) {
	t.Parallel()
	g := mail.Guard{Environment: "staging", Allow: []string{"@friends.example", " ada@example.org", ""}}
	for _, to := range []string{"eve@notfriends.example", "eve@sub.friends.example", "eve@friends.example.net", "xada@example.org", "ada@example.org.net"} {
		var fault *stockdigest.MailError
		if err := g.Check(to); !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverBlocked {
			t.Errorf("%s: got %v, want a blocked mail", to, err)
		}
	}
	for _, to := range []string{"ADA@EXAMPLE.ORG", "eve@Friends.Example"} {
		if err := g.Check(to); err != nil {
			t.Errorf("%s: got %v", to, err)
		}
	}
}
