package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// letters writes the mails of departures.
type letters struct {
	press    *compose.Press
	rows     letterRows
	names    *stockdigest.Directory
	operator string // zone of the operator's letters
	base     string // public address of the site, without a slash at its end
	domain   string // of Message-IDs
	now      func() time.Time

	mu      sync.Mutex
	tickers map[stockdigest.ReportID]stockdigest.Symbol // of reports that were read
}

// Letter rows are what letters are written from besides their departures.
type letterRows interface {
	ReportByID(ctx context.Context, id stockdigest.ReportID) (stockdigest.Report, error)
	Reader(ctx context.Context, idOrEmail string) (stockdigest.Reader, error)
}

// maxKnown bounds the reports whose companies are remembered.
const maxKnown = 5_000

func (a *App) newLetters() (*letters, error) {
	press, err := compose.NewPress(compose.House{Postal: a.opts.PostalAddress, Draw: draw(a.log)})
	if err != nil {
		return nil, fmt.Errorf("set up the letters: %w", err)
	}
	return &letters{
		press: press, rows: a.store, names: a.dir, operator: a.world.TimeZone, base: a.opts.site(), domain: a.opts.mailDomain(), now: a.world.Now,
		tickers: map[stockdigest.ReportID]stockdigest.Symbol{},
	}, nil
}

// Compose implements deliver.Composer.
func (l *letters) Compose(ctx context.Context, d stockdigest.Departure, tokens []stockdigest.MailToken) (stockdigest.Mail, error) {
	mail := stockdigest.Mail{
		ID: d.Delivery.MessageID(l.domain), Kind: d.Delivery.Kind, To: d.Delivery.Address, Date: l.now(),
	}
	own := compose.Own{Zone: l.operator}
	if d.Reader.ID != "" {
		own.Zone = d.Reader.TimeZone
	}
	for _, t := range tokens {
		switch t.Purpose {
		case stockdigest.MayUnsubscribe:
			mail.Unsubscribe, mail.List = l.base+"/u/"+t.Secret, listName(d.Delivery.Kind)
			own.Unsubscribe = func(about stockdigest.Symbol) string {
				if about == "" {
					return mail.Unsubscribe
				}
				return mail.Unsubscribe + "#" + url.PathEscape(string(about))
			}
		case stockdigest.MayConfirm:
			own.Confirm = l.base + "/c/" + t.Secret
		}
	}
	letter, err := l.letter(ctx, d, own)
	if err != nil {
		return mail, fmt.Errorf("write %s %s: %w", d.Delivery.Kind, d.Delivery.ID, err)
	}
	mail.Subject, mail.Text, mail.HTML, mail.Pictures = letter.Subject, letter.Text, letter.HTML, letter.Pictures
	return mail, nil
}

// listName names the list that a mail belongs to, for programs that sort.
func listName(kind stockdigest.MailKind) string {
	if kind == stockdigest.MailAlert {
		return "alerts"
	}
	return "digest"
}

func (l *letters) letter(ctx context.Context, d stockdigest.Departure, own compose.Own) (compose.Letter, error) {
	load := func(id stockdigest.ReportID) (stockdigest.Report, error) { return l.report(ctx, id) }
	switch d.Delivery.Kind {
	case stockdigest.MailDigest:
		shown, missing, err := l.followed(d.Digest, d.Reader, load)
		if err != nil {
			return compose.Letter{}, err
		}
		if len(shown.ReportIDs) == 0 {
			return compose.Letter{}, deliver.ErrNothingLeft
		}
		own.Missing = missing
		return l.press.Digest(shown, load, own)
	case stockdigest.MailPreview:
		return l.preview(ctx, d.Digest, load, own)
	case stockdigest.MailSelection, stockdigest.MailContent, stockdigest.MailConfirm, stockdigest.MailWelcome, stockdigest.MailAlert,
		stockdigest.MailBatch, stockdigest.MailMissing:
	}
	return l.press.Letter(d.Delivery.Kind, d.Delivery.Matter, own)
}

// preview is a digest as its reader gets it, for the operator.
func (l *letters) preview(ctx context.Context, g stockdigest.Digest, load compose.Loader, own compose.Own) (compose.Letter, error) {
	own.Zone = g.TimeZone
	reader, err := l.rows.Reader(ctx, string(g.Reader))
	if err != nil && !errors.Is(err, stockdigest.ErrNotFound) { // who is gone misses nothing
		return compose.Letter{}, err
	}
	if _, own.Missing, err = l.followed(g, reader, load); err != nil {
		return compose.Letter{}, err
	}
	return l.press.Preview(g, load, own)
}

// followed is a digest without the companies that its reader follows no longer,
// and the companies that the reader follows and it has no report of: none in a
// mail about one company.
func (l *letters) followed(
	g stockdigest.Digest, reader stockdigest.Reader, load compose.Loader,
) (shown stockdigest.Digest, missing []stockdigest.Ticker, err error) {
	shown = g
	shown.ReportIDs = nil
	told := map[stockdigest.Symbol]bool{}
	for _, id := range g.ReportIDs {
		symbol, err := l.tickerOf(id, load)
		if err != nil {
			return shown, nil, err
		}
		if slices.Contains(reader.Tickers, symbol) {
			shown.ReportIDs = append(shown.ReportIDs, id)
			told[symbol] = true
		}
	}
	if g.Ticker != "" {
		return shown, nil, nil
	}
	for _, symbol := range reader.Tickers {
		if !told[symbol] {
			missing = append(missing, l.named(symbol))
		}
	}
	return shown, missing, nil
}

// named is a company with its name, when that is known.
func (l *letters) named(symbol stockdigest.Symbol) stockdigest.Ticker {
	t, err := l.names.Lookup(string(symbol))
	if err != nil {
		return stockdigest.Ticker{Symbol: symbol}
	}
	return t
}

func (l *letters) tickerOf(id stockdigest.ReportID, load compose.Loader) (stockdigest.Symbol, error) {
	l.mu.Lock()
	symbol, ok := l.tickers[id]
	l.mu.Unlock()
	if ok {
		return symbol, nil
	}
	report, err := load(id)
	return report.Ticker, err
}

func (l *letters) report(ctx context.Context, id stockdigest.ReportID) (stockdigest.Report, error) {
	report, err := l.rows.ReportByID(ctx, id)
	if err != nil {
		return report, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tickers) >= maxKnown {
		clear(l.tickers)
	}
	l.tickers[id] = report.Ticker
	return report, nil
}

// mailDomain is that of the sender's address, from which Message-IDs are made.
func (o Options) mailDomain() string {
	from := strings.TrimRight(o.SMTPFrom, "> ")
	if i := strings.LastIndex(from, "@"); i >= 0 && i < len(from)-1 {
		return strings.ToLower(from[i+1:])
	}
	return "stockdigest.invalid"
}

// site is the public address of the service, this machine's own when none is
// set.
func (o Options) site() string {
	if o.BaseURL != "" {
		return strings.TrimRight(o.BaseURL, "/")
	}
	return "http://" + o.Listen
}
