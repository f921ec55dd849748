package compose_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// withPrice is the sample with a price card on its first report.
func withPrice(change func(*stockdigest.PriceCard)) stockdigest.Digest {
	d := sample()
	card := stockdigest.NewPriceCard(
		stockdigest.Quote{
			Symbol: "BWL", Price: 1234.5, PreviousClose: 1200, Currency: "USD",
			AsOf: time.Date(2026, 3, 3, 21, 0, 0, 0, time.UTC), Source: "FMP",
		},
		stockdigest.PriceHistory{Symbol: "BWL", Currency: "USD", Source: "Yahoo Finance", Closes: []stockdigest.Close{
			{Day: "2025-12-03", Price: 999}, {Day: "2026-03-03", Price: 1234.5},
		}},
	)
	change(&card)
	d.Reports[0].Price = &card
	return d
}

func withChart(at string) compose.Links {
	l := links()
	l.Chart = func(stockdigest.Report) string { return at }
	return l
}

func both(t *testing.T, d stockdigest.Digest, l compose.Links) (html, text string) {
	t.Helper()
	letter, err := compose.Digest(d, compose.House{Links: l}, compose.Own{})
	if err != nil {
		t.Fatal(err)
	}
	return string(letter.HTML), fold(string(letter.Text))
}

func TestPriceCardTellsPriceTimeAndSource(t *testing.T) {
	t.Parallel()
	page, text := both(t, withPrice(func(*stockdigest.PriceCard) {}), withChart("digest/price-BWL.png"))
	for _, want := range []string{"$1,234.50", "▲ up 2.88% since the close before", "as of Mar 3, 2026, 4:00 PM EST, FMP"} {
		if !strings.Contains(visible(t, page), want) || !strings.Contains(text, want) {
			t.Errorf("%q is not in both:\n%s\n%s", want, visible(t, page), text)
		}
	}
	for _, want := range []string{
		`<img class="muted" src="digest/price-BWL.png"`, `alt="Line of the closes: $999.00 on Dec 3, 2025, $1,234.50 on Mar 3, 2026"`,
		"Closes Dec 3, 2025 to Mar 3, 2026, adjusted for splits, Yahoo Finance",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("HTML does not hold %s", want)
		}
	}
}

func TestWhatIsMissingIsAbsent(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*stockdigest.PriceCard){
		"no price":  func(c *stockdigest.PriceCard) { c.Quote.Price = 0 },
		"no number": func(c *stockdigest.PriceCard) { c.Quote.Price = math.NaN() },
		"no time":   func(c *stockdigest.PriceCard) { c.Quote.AsOf = time.Time{} },
		"no source": func(c *stockdigest.PriceCard) { c.Quote.Source = "" },
	} {
		page, text := both(t, withPrice(spoil), withChart("digest/price-BWL.png"))
		if strings.Contains(page+text, "as of Mar 3") || strings.Contains(page, "<img") || strings.Contains(page+text, "$0.00") {
			t.Errorf("%s: a card is shown", name)
		}
	}
	page, text := both(t, withPrice(func(c *stockdigest.PriceCard) { c.Quote.PreviousClose = 0 }), links())
	if strings.Contains(page+text, "since the close") || strings.Contains(page, "<img") || !strings.Contains(text, "$1,234.50 · as of") {
		t.Errorf("want the price alone:\n%s", text)
	}
}

func TestChangeIsToldInWords(t *testing.T) {
	t.Parallel()
	for want, before := range map[string]float64{
		"▼ down 17.70% since the close before": 1500,
		"unchanged since the close before":     1234.5,
	} {
		if _, text := both(t, withPrice(func(c *stockdigest.PriceCard) { c.Quote.PreviousClose = before }), links()); !strings.Contains(text, want) {
			t.Errorf("from %g: want %q in\n%s", before, want, text)
		}
	}
}

func TestMoneyIsWrittenWithItsCurrency(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]stockdigest.Quote{
		"$0.0420 ·": {Price: 0.042, Currency: "USD"}, "C$31.20 ·": {Price: 31.2, Currency: "CAD"}, "€1,000,000.00 ·": {Price: 1e6, Currency: "EUR"},
		"512.40 pence ·": {Price: 512.4, Currency: "GBp"}, "CHF 98.10 ·": {Price: 98.1, Currency: "CHF"},
	} {
		_, text := both(t, withPrice(func(c *stockdigest.PriceCard) {
			c.Quote.Price, c.Quote.Currency, c.Quote.PreviousClose = q.Price, q.Currency, 0
		}), links())
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

// A mail brings the picture as a part of its own; nothing else may be loaded.
func TestPicturesComeFromBesideTheDigest(t *testing.T) {
	t.Parallel()
	page, _ := both(t, withPrice(func(*stockdigest.PriceCard) {}), withChart("cid:price-BWL@stockdigest"))
	if !strings.Contains(page, `<img class="muted" src="cid:price-BWL@stockdigest"`) {
		t.Error("a part of the mail is not shown")
	}
	for _, at := range []string{"https://evil.example/x.png", "data:image/png;base64,AAAA", "//evil.example/x.png", `\\evil.example\x`, "javascript:x", "cid:", "file:///etc/passwd"} {
		if page, _ := both(t, withPrice(func(*stockdigest.PriceCard) {}), withChart(at)); strings.Contains(page, "<img") {
			t.Errorf("%s is loaded", at)
		}
	}
}
