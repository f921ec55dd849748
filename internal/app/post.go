package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
	"stockdigest.app/stockdigest/internal/deliver"
)

// outboxSender stands in mails that no sender was set for: they stay in the
// outbox, where nobody can answer them.
const outboxSender = "StockDigest <digest@stockdigest.invalid>"

// post returns the mail server of the settings, or the outbox without one.
func (o Options) post() (deliver.Post, error) {
	if o.SMTPHost == "" {
		cfg, err := o.mailConfig(cmp.Or(o.SMTPFrom, outboxSender))
		if err != nil {
			return nil, err
		}
		box, err := mail.NewOutbox(o.outbox(), cfg)
		if err != nil {
			return nil, err
		}
		return postFunc(func(context.Context) (deliver.Session, error) { return box, nil }), nil
	}
	server, err := o.mailServer()
	if err != nil {
		return nil, err
	}
	return postFunc(func(ctx context.Context) (deliver.Session, error) { return server.Open(ctx) }), nil
}

// postFunc is a function that opens sessions.
type postFunc func(context.Context) (deliver.Session, error)

// Open opens a session.
func (f postFunc) Open(ctx context.Context) (deliver.Session, error) { return f(ctx) }

func (o Options) outbox() string { return filepath.Join(o.Dir, "outbox") }

func (o Options) mailServer() (*mail.Post, error) {
	cfg, err := o.mailConfig(o.SMTPFrom)
	if err != nil {
		return nil, err
	}
	return mail.New(cfg)
}

func (o Options) mailConfig(from string) (mail.Config, error) {
	sign, err := o.signer(from)
	return mail.Config{
		Host: o.SMTPHost, Port: o.SMTPPort, Username: o.SMTPUsername, Password: string(o.SMTPPassword), From: from,
		Plain: o.Environment == "development", Sign: sign,
		Guard: mail.Guard{Environment: o.Environment, DryRun: o.DryRun, Allow: o.MailAllow},
	}, err
}

// signer returns nil when no key is set.
func (o Options) signer(from string) (*mail.Signer, error) {
	if o.DKIMKey == "" {
		return nil, nil
	}
	key := []byte(strings.ReplaceAll(string(o.DKIMKey), `\n`, "\n")) // as some put PEM into one line
	if !strings.Contains(string(key), "-----BEGIN") {
		var err error
		if key, err = os.ReadFile(string(o.DKIMKey)); err != nil {
			// What is no path may be the key itself, so it is not told.
			return nil, stockdigest.Invalid("the DKIM key is neither PEM nor the path of a file that can be read")
		}
	}
	domain := o.DKIMDomain
	if a, err := netmail.ParseAddress(from); err == nil && domain == "" {
		_, domain, _ = strings.Cut(a.Address, "@")
	}
	return mail.NewSigner(domain, o.DKIMSelector, key)
}

// mailFaults finds what is wrong with the settings of mails.
func (o Options) mailFaults() []string {
	var faults []string
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, name+": "+OneLine(err))
		}
	}
	switch {
	case o.SMTPFrom != "":
		fault("SMTP_FROM", mail.CheckSender(o.SMTPFrom))
	case o.SMTPHost != "":
		faults = append(faults, "SMTP_FROM is empty: a mail server needs a sender such as StockDigest <digest@example.com>")
	}
	if o.SMTPHost != "" && mail.CheckSender(o.SMTPFrom) == nil {
		_, err := o.mailServer()
		fault("SMTP_HOST and STOCKDIGEST_DKIM", err)
	}
	if o.SMTPPassword != "" && o.SMTPUsername == "" {
		faults = append(faults, "SMTP_PASSWORD without SMTP_USERNAME")
	}
	if o.AdminEmail != "" {
		fault("ADMIN_EMAIL", mail.CheckAddress(o.AdminEmail))
	}
	for _, entry := range o.MailAllow {
		if entry = strings.TrimSpace(entry); strings.HasPrefix(entry, "@") {
			entry = "any" + entry
		}
		fault("STOCKDIGEST_MAIL_ALLOW", mail.CheckAddress(entry))
	}
	if o.MailRate < 1 {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_MAIL_RATE=%d leaves nothing to do: give at least 1", o.MailRate))
	}
	if o.BaseURL != "" {
		fault("STOCKDIGEST_BASE_URL", checkBase(o.BaseURL))
	}
	return append(faults, o.readerFaults()...)
}

// checkBase refuses an address that the links in mails cannot begin with.
func checkBase(address string) error {
	if err := mail.CheckLink(address); err != nil {
		return stockdigest.Invalid(OneLine(err) + ": only an address of this machine may be without it, such as http://127.0.0.1:8080")
	}
	return nil
}

// readerFaults finds what mails to readers must not be without. Outside
// development they go to people, in staging to those of the allow-list, and who
// gets a mail must be able to leave.
func (o Options) readerFaults() []string {
	if o.SMTPHost == "" || o.environment() == "development" {
		return nil
	}
	var faults []string
	if o.Production() && o.PostalAddress == "" {
		faults = append(faults, "STOCKDIGEST_POSTAL_ADDRESS is empty: mails to readers must show one")
	}
	if o.BaseURL == "" {
		faults = append(faults, "STOCKDIGEST_BASE_URL is empty, and mails must have a way out: set it to the https address under which people reach this service, such as https://digest.example.com, or to http://127.0.0.1:8080 to try it on this machine")
	}
	return faults
}

// checkLinks looks at where the links in mails lead.
func checkLinks(opts Options) Check {
	const name = "links in mails"
	if opts.SMTPHost != "" && opts.environment() != "development" && !strings.HasPrefix(opts.BaseURL, "https://") {
		return Check{Name: name, State: "warn", Detail: "they lead to " + opts.site() +
			", which opens on this machine only: nobody else can confirm or unsubscribe. Set STOCKDIGEST_BASE_URL to the public https address"}
	}
	return passed(name, "they lead to "+opts.site())
}

// mailPatience is how long doctor waits for the mail server.
const mailPatience = 20 * time.Second

// checkMail connects, encrypts and logs in; it sends nothing.
func checkMail(ctx context.Context, opts Options, offline bool) Check {
	const name = "mail server"
	if opts.SMTPHost == "" {
		return passed(name, "not configured: set SMTP_HOST to send mails; they go to "+opts.outbox())
	}
	server, err := opts.mailServer()
	if err != nil {
		return failed(name, err)
	}
	place := fmt.Sprintf("%s port %d", opts.SMTPHost, opts.SMTPPort)
	if offline {
		return passed(name, place+", not asked")
	}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	if err := server.Check(ctx); err != nil {
		return Check{Name: name, State: "fail", Detail: place + ": " + OneLine(err) + "; " + mailRemedy(err)}
	}
	return passed(name, place+" lets us send"+opts.whoGetsMails())
}

// whoGetsMails says whom the safety net lets mails go to.
func (o Options) whoGetsMails() string {
	switch {
	case o.Production() && !o.DryRun:
		return " to every reader"
	case len(o.MailAllow) == 0:
		return "; nobody gets a mail, as this is not production or a dry run and STOCKDIGEST_MAIL_ALLOW is empty"
	}
	return fmt.Sprintf("; only the %d entries of STOCKDIGEST_MAIL_ALLOW get mails", len(o.MailAllow))
}

// mailRemedy is the way out of what stands between us and the mail server.
func mailRemedy(err error) string {
	reach, _ := errors.AsType[mail.ReachError](err)
	switch reach {
	case mail.ErrNoConnection:
		return "see that SMTP_HOST and SMTP_PORT are right and this machine may connect there"
	case mail.ErrNoMailServer:
		return "see that SMTP_HOST and SMTP_PORT are right; 465 is for servers that encrypt from the first byte"
	case mail.ErrNoTLS:
		return "choose a port that encrypts, 587 or 465; the password is not sent without"
	case mail.ErrBadTLS:
		return "SMTP_HOST must be the name in the server's certificate, and port 465 only where it encrypts from the first byte"
	case mail.ErrBadLogin:
		return "see SMTP_USERNAME and SMTP_PASSWORD"
	case mail.ErrNoLogin:
		return "leave SMTP_PASSWORD empty if the server wants no login"
	}
	return "see the settings that start with SMTP_"
}
