package compose

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A priceView is a price card as people read it. There is none without a price,
// its time and its source.
type priceView struct {
	Amount string
	Change *tagView // nil when the close before was not told
	AsOf   string
	Chart  template.URL // address of the picture; empty leaves it out
	Alt    string       // says what the picture shows, for who does not see it
	Closes string       // what the picture is made of
}

// price returns the card of a report, nil when it has none that may be shown.
func (p painter) price(r stockdigest.Report) *priceView {
	if r.Price == nil || r.Price.Quote.Validate() != nil {
		return nil
	}
	q, h := r.Price.Quote, r.Price.History
	v := &priceView{
		Amount: money(q.Price, q.Currency), Change: change(q),
		AsOf: "as of " + p.in.fullMoment(q.AsOf) + ", " + q.Source,
	}
	if !h.Drawable() || p.links.Chart == nil {
		return v
	}
	if v.Chart = pictureURL(p.links.Chart(r)); v.Chart == "" {
		return v
	}
	first, last := h.Closes[0], h.Closes[len(h.Closes)-1]
	v.Closes = fmt.Sprintf("Closes %s to %s, adjusted for splits", p.in.calendar(first.Day), p.in.calendar(last.Day))
	v.Alt = fmt.Sprintf("Line of the closes: %s on %s, %s on %s", money(first.Price, q.Currency), p.in.calendar(first.Day), money(last.Price, q.Currency), p.in.calendar(last.Day))
	if h.Source != q.Source {
		v.Closes += ", " + h.Source
	}
	return v
}

// change says how far the price moved: in words and a sign, never by colour
// alone.
func change(q stockdigest.Quote) *tagView {
	percent, ok := q.Change()
	if !ok || math.IsInf(percent, 0) || math.IsNaN(percent) {
		return nil
	}
	told := strconv.FormatFloat(math.Abs(percent), 'f', 2, 64) + "%"
	const since = " since the close before"
	switch {
	case told == "0.00%":
		return &tagView{"neutral", "unchanged" + since}
	case percent > 0:
		return &tagView{"positive", "▲ up " + told + since}
	}
	return &tagView{"negative", "▼ down " + told + since}
}

// money writes an amount as people of its country do, with the currency.
func money(amount float64, currency string) string {
	places := 2
	if amount < 1 {
		places = 4
	}
	number := grouped(strconv.FormatFloat(amount, 'f', places, 64))
	switch currency {
	case "USD":
		return "$" + number
	case "CAD":
		return "C$" + number
	case "EUR":
		return "€" + number
	case "GBP":
		return "£" + number
	case "GBp":
		return number + " pence"
	}
	return currency + " " + number
}

// grouped puts commas between thousands.
func grouped(number string) string {
	whole, rest, _ := strings.Cut(number, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return whole + "." + rest
}

// pictureURL lets through a file beside the digest and a part of the mail
// (RFC 2392): nothing is loaded from elsewhere, and mail programs show no data:
// address.
func pictureURL(at string) template.URL {
	scheme, id, other := strings.Cut(at, ":")
	if other && (scheme != "cid" || id == "") || strings.HasPrefix(at, "/") || strings.HasPrefix(at, `\`) {
		return ""
	}
	return template.URL(at) //nolint:gosec // a relative path or cid: only
}
