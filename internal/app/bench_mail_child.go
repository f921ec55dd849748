package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/bench"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/sim"
)

// A mailOrder is what a sender of the bench is told on its standard input. It
// holds a database URL, which is no argument for everybody to see.
type mailOrder struct {
	Name              string
	URL, Path, Schema string
	Port              int // of the mail server
	Sessions          int
	PerMinute         int
	Quick             bool // gives up soon on what others left
	Kill              killPoint
	Plain             int // sends so many mails with a plain client, and nothing else
}

// BenchMailChild is a sender of BenchMail: it reads its order from in, and then
// the points at which it kills itself, and stops when in ends. The ledger may
// be changed, for a rig that tries a wrong one; nil leaves it as it is.
func BenchMailChild(ctx context.Context, in io.Reader, change func(*store.DB) deliver.Ledger) (err error) {
	lines := json.NewDecoder(bufio.NewReader(in))
	var order mailOrder
	if err := lines.Decode(&order); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	if order.Plain > 0 {
		return sendPlain(ctx, order)
	}
	cfg := store.Config{URL: order.URL, Path: order.Path, Schema: order.Schema, Now: time.Now, PoolSize: order.Sessions}
	if order.Quick {
		cfg.SendLease = quickSendLease
	}
	db, err := openMigrated(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var ledger deliver.Ledger = db
	if change != nil {
		ledger = change(db)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	kill := &trap{}
	kill.at.Store(&order.Kill)
	go func() {
		defer stop()
		for {
			var p killPoint
			if lines.Decode(&p) != nil {
				return // the parent wants it to stop, or is gone
			}
			kill.at.Store(&p)
		}
	}()
	post, err := order.post()
	if err != nil {
		return err
	}
	return order.sender(ledger, post, kill).Run(ctx)
}

// post is the product's own, which has no safety net here: all of the mails
// stay on loopback.
func (o mailOrder) post() (deliver.Post, error) {
	post, err := mail.New(mail.Config{
		Host: "127.0.0.1", Port: o.Port, From: benchSender, Plain: true, Guard: mail.Guard{Environment: "production"},
	})
	if err != nil {
		return nil, err
	}
	return postFunc(func(ctx context.Context) (deliver.Session, error) { return post.Open(ctx) }), nil
}

func (o mailOrder) sender(ledger deliver.Ledger, post deliver.Post, kill *trap) *deliver.Sender {
	cfg := deliver.Config{Worker: fmt.Sprintf("%s of process %d", o.Name, os.Getpid()), Sessions: o.Sessions, PerMinute: o.PerMinute}
	cfg.Tick = 100 * time.Millisecond
	if o.Quick {
		cfg.Lease, cfg.Pause = quickLease, quickPause
	}
	return deliver.NewSender(cfg, deliver.Deps{
		Ledger:   trappedLedger{ledger, kill},
		Composer: trappedComposer{benchLetter(), kill},
		Post:     trappedPost{post, kill},
		Now:      time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

// A trap kills the process when it comes to a point.
type trap struct{ at atomic.Pointer[killPoint] }

func (t *trap) pass(p killPoint) {
	if *t.at.Load() != p {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err == nil {
		select {} // not one instruction more
	}
}

type trappedLedger struct {
	deliver.Ledger
	kill *trap
}

func (l trappedLedger) ClaimDeliveries(ctx context.Context, c stockdigest.DeliveryClaim) ([]stockdigest.Delivery, error) {
	taken, err := l.Ledger.ClaimDeliveries(ctx, c)
	if len(taken) > 0 {
		l.kill.pass(killClaimed)
	}
	return taken, err
}

func (l trappedLedger) BeginDelivery(
	ctx context.Context, claimed stockdigest.Delivery, operator string, tokens []stockdigest.MailToken, over []stockdigest.MailOutcome,
) (stockdigest.Departure, bool, error) {
	l.kill.pass(killBegin)
	departs, ok, err := l.Ledger.BeginDelivery(ctx, claimed, operator, tokens, over)
	l.kill.pass(killBegun)
	return departs, ok, err
}

func (l trappedLedger) EndDeliveries(ctx context.Context, over []stockdigest.MailOutcome) error {
	l.kill.pass(killNote)
	err := l.Ledger.EndDeliveries(ctx, over)
	l.kill.pass(killNoted)
	return err
}

func (l trappedLedger) ReleaseDeliveries(ctx context.Context, claimed []stockdigest.Delivery) error {
	l.kill.pass(killRelease)
	return l.Ledger.ReleaseDeliveries(ctx, claimed)
}

type trappedComposer struct {
	deliver.Composer
	kill *trap
}

func (c trappedComposer) Compose(ctx context.Context, d stockdigest.Departure, tokens []stockdigest.MailToken) (stockdigest.Mail, error) {
	m, err := c.Composer.Compose(ctx, d, tokens)
	c.kill.pass(killWritten)
	return m, err
}

type trappedPost struct {
	deliver.Post
	kill *trap
}

func (p trappedPost) Open(ctx context.Context) (deliver.Session, error) {
	s, err := p.Post.Open(ctx)
	if err != nil {
		return nil, err
	}
	p.kill.pass(killOpened)
	return trappedSession{s, p.kill}, nil
}

type trappedSession struct {
	deliver.Session
	kill *trap
}

func (s trappedSession) Send(ctx context.Context, m stockdigest.Mail, last func(context.Context) error) (string, error) {
	answer, err := s.Session.Send(ctx, m, func(ctx context.Context) error {
		err := last(ctx)
		s.kill.pass(killDot)
		return err
	})
	s.kill.pass(killAnswerRead)
	return answer, err
}

// A letter is the mail of the bench: as long as a digest of ten companies, and
// each reader's own only in its way out.
type letter struct{ html, text, ownLink []byte }

const wayOut = "https://stockdigest.example/u/"

func benchLetter() letter {
	var html, text bytes.Buffer
	html.WriteString("<!doctype html><html lang=\"en\"><body style=\"margin:0;font-family:Georgia,serif\">\n")
	for i := 0; html.Len() < 42<<10; i++ {
		line := fmt.Sprintf("Company %d raised its outlook for the year to %d.%d billion dollars and named three reasons for it.", i, 2+i%9, i%10)
		fmt.Fprintf(&html, "<p style=\"margin:0 0 12px;line-height:1.5\"><b>%d.</b> %s <a href=\"https://news.example/story/%d\">news.example</a></p>\n", i, line, i)
		if i%4 == 0 {
			text.WriteString(line + "\n\n")
		}
	}
	html.WriteString("<p><a href=\"" + wayOut + "@\">Unsubscribe</a></p></body></html>\n")
	text.WriteString("Unsubscribe: " + wayOut + "@\n")
	return letter{html.Bytes(), text.Bytes(), []byte(wayOut + "@")}
}

// Compose writes the letter with the reader's own link.
func (l letter) Compose(_ context.Context, d stockdigest.Departure, tokens []stockdigest.MailToken) (stockdigest.Mail, error) {
	link := wayOut
	if len(tokens) > 0 {
		link += tokens[0].Secret
	}
	return stockdigest.Mail{
		ID: d.Delivery.MessageID(benchDomain), Kind: d.Delivery.Kind, From: benchSender, To: d.Delivery.Address,
		Subject: "StockDigest for the morning", Date: d.Delivery.StartedAt,
		Text: bytes.Replace(l.text, l.ownLink, []byte(link), 1), HTML: bytes.Replace(l.html, l.ownLink, []byte(link), 1),
		Unsubscribe: link, List: "digest." + benchDomain,
	}, nil
}

const (
	benchDomain = "stockdigest.example"
	benchSender = "StockDigest <digest@" + benchDomain + ">"
)

// firstPart is what stands before the @.
func firstPart(id string) string {
	first, _, _ := strings.Cut(id, "@")
	return first
}

// sendPlain sends the same mails with go-mail and nothing else, on as many
// connections, each used for all of its mails.
func sendPlain(ctx context.Context, o mailOrder) error {
	body := benchLetter()
	group, ctx := errgroup.WithContext(ctx)
	for at := range o.Sessions {
		group.Go(func() error {
			client, err := gomail.NewClient("127.0.0.1", gomail.WithPort(o.Port), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithHELO(benchDomain))
			if err != nil {
				return fmt.Errorf("make a plain client: %w", err)
			}
			if err := client.DialWithContext(ctx); err != nil {
				return fmt.Errorf("send plainly: %w", err)
			}
			for i := at; i < o.Plain; i += o.Sessions {
				m, err := body.plain(i)
				if err != nil {
					return err
				}
				if err := client.Send(m); err != nil {
					return fmt.Errorf("send plainly: %w", err)
				}
			}
			return client.Close()
		})
	}
	return group.Wait()
}

// plain is the letter to the i-th reader as go-mail has it.
func (l letter) plain(i int) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := errors.Join(m.From(benchSender), m.To(fmt.Sprintf("reader-%d@example.com", i))); err != nil {
		return nil, fmt.Errorf("address a mail: %w", err)
	}
	link := fmt.Sprintf("%s%043d", wayOut, i)
	m.SetMessageIDWithValue(fmt.Sprintf("%d@%s", i, benchDomain))
	m.Subject("StockDigest for the morning")
	m.SetDate()
	m.SetGenHeader("List-Unsubscribe", "<"+link+">")
	m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	m.SetBodyString(gomail.TypeTextPlain, string(bytes.Replace(l.text, l.ownLink, []byte(link), 1)))
	m.AddAlternativeString(gomail.TypeTextHTML, string(bytes.Replace(l.html, l.ownLink, []byte(link), 1)))
	return m, nil
}

// rate is how many mails a second a log tells of.
func (m *mailing) rate(entries []sim.MailEntry) float64 {
	return bench.JudgeMails(nil, receipts(entries)).PerSecond
}
