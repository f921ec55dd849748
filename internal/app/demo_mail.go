package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
	"stockdigest.app/stockdigest/internal/adapter/prices"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// What stands in the mails of the demonstration, which nobody asked for and
// which never leave the folder.
const (
	demoReader = "reader@example.com"
	demoSite   = "https://stockdigest.example"
	demoPostal = "your postal address (STOCKDIGEST_POSTAL_ADDRESS)"
)

// writeDemoMail writes the mail that a reader would get of a digest into the
// folder mails below out, and returns the path of the mail. The HTML beside it
// opens in a browser.
func writeDemoMail(ctx context.Context, opts Options, out string, d stockdigest.Digest, log *slog.Logger) (string, error) {
	d.Reports = stockdigest.OrderReports(d.Reports)
	own := compose.Own{Unsubscribe: func(s stockdigest.Symbol) string { return demoSite + "/u/demo" + strings.ToLower(string(s)) }}
	house := compose.House{
		Links: compose.Links{Site: cmp.Or(opts.BaseURL, demoSite)}, Postal: cmp.Or(opts.PostalAddress, demoPostal), Draw: draw(log),
	}
	letter, err := compose.Digest(d, house, own)
	if err != nil {
		return "", fmt.Errorf("write the mail of the digest: %w", err)
	}
	box, err := mail.NewOutbox(filepath.Join(out, "mails"), mail.Config{From: outboxSender, Guard: mail.Guard{Allow: []string{demoReader}}})
	if err != nil {
		return "", err
	}
	key := stockdigest.DeliveryKey{Period: fileName(d), Kind: stockdigest.MailDigest, Recipient: demoReader}
	answer, err := box.Send(ctx, stockdigest.Mail{
		ID: string(key.ID()) + "@stockdigest.example", Kind: key.Kind, To: demoReader, Date: d.AsOf,
		Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Pictures: letter.Pictures,
		Unsubscribe: own.Unsubscribe(""), List: "StockDigest",
	}, func(context.Context) error { return nil })
	if err != nil {
		return "", fmt.Errorf("put the mail into the outbox: %w", err)
	}
	return strings.TrimPrefix(answer, "written to "), nil
}

// draw returns what draws the closes of letters. Without a picture a letter
// still tells the price.
func draw(log *slog.Logger) func(stockdigest.PriceHistory) []byte {
	return func(h stockdigest.PriceHistory) []byte {
		picture, err := prices.PNG(h)
		if err != nil {
			log.Warn("no chart", "ticker", h.Symbol, "error", err)
			return nil
		}
		return picture
	}
}
