package mail

import (
	"errors"
	"strings"

	"stockdigest.app/stockdigest"
)

// A Guard is the safety net: it says to whom mails may leave this process. It
// is asked where the recipient is written to the server, so that no path to
// that place can miss it.
type Guard struct {
	Environment string   // anything but production sends to the listed only
	DryRun      bool     // so does a dry run
	Allow       []string // addresses, or domains such as @example.com
}

// errNotListed is what the ledger says about a mail that was held back.
var errNotListed = errors.New("outside production, and in a dry run, only the addresses of STOCKDIGEST_MAIL_ALLOW get mails")

// Check returns nil for an address that mails may go to, and else a
// *stockdigest.MailError that the mail is blocked, or that its address is none.
func (g Guard) Check(to string) error {
	if err := CheckAddress(to); err != nil {
		return refused(err)
	}
	if g.Environment == "production" && !g.DryRun || g.lists(to) {
		return nil
	}
	return &stockdigest.MailError{Handover: stockdigest.HandoverBlocked, Err: errNotListed}
}

func (g Guard) lists(to string) bool {
	domain := to[strings.LastIndex(to, "@"):]
	for _, entry := range g.Allow {
		if entry = strings.TrimSpace(entry); strings.EqualFold(entry, to) || strings.EqualFold(entry, domain) {
			return true
		}
	}
	return false
}

// refused is the fault of a mail that we ourselves do not send, ever.
func refused(err error) *stockdigest.MailError {
	return &stockdigest.MailError{Handover: stockdigest.HandoverRefused, Err: err}
}
