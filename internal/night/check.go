package night

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// shownFaults is how many faults an error names; the rest is counted.
const shownFaults = 5

// A checker turns an index into a Night and collects what is wrong with it.
type checker struct {
	files  fs.FS
	faults []string
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) err() error {
	shown := c.faults[:min(len(c.faults), shownFaults)]
	line := "night.json: " + strings.Join(shown, "; ")
	if more := len(c.faults) - len(shown); more > 0 {
		line += fmt.Sprintf("; and %d more", more)
	}
	return stockdigest.Invalid(line + ": mend it or record the night again")
}

func (c *checker) night(in index) *Night {
	n := &Night{Name: in.Name, TimeZone: in.TimeZone, files: c.files}
	if strings.TrimSpace(in.Name) == "" {
		c.fault("no name")
	}
	n.AsOf = c.moment("as_of", in.AsOf)
	n.Location = c.location(in.TimeZone)
	n.Mornings = c.mornings(in.Mornings, n.AsOf)
	seen := map[string]bool{}
	if len(in.Tickers) == 0 {
		c.fault("no tickers")
	}
	n.Tickers = c.tickers(in.Tickers, seen)
	for _, t := range c.tickers(in.Others, seen) {
		n.Others = append(n.Others, t.Ticker)
	}
	c.exchanges(n, in.Exchanges)
	return n
}

func (c *checker) moment(field, value string) time.Time {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		c.fault("%s %q is no RFC 3339 time such as 2019-11-20T07:00:00Z", field, value)
		return time.Time{}
	}
	return at.UTC()
}

func (c *checker) location(zone string) *time.Location {
	if zone == "" || zone == "Local" {
		c.fault("time_zone is missing; give one such as America/New_York")
		return time.UTC
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		c.fault("time_zone %q is unknown; give one such as America/New_York", zone)
		return time.UTC
	}
	return loc
}

func (c *checker) mornings(told []string, asOf time.Time) []time.Time {
	if len(told) == 0 {
		return []time.Time{asOf}
	}
	var mornings []time.Time
	for _, m := range told {
		mornings = append(mornings, c.moment("morning", m))
	}
	if !slices.IsSortedFunc(mornings, time.Time.Compare) {
		c.fault("mornings are not in order")
	}
	return mornings
}

func (c *checker) tickers(told []ticker, seen map[string]bool) []Ticker {
	var tickers []Ticker
	for i, t := range told {
		if t.Symbol == "" {
			c.fault("ticker %d has no symbol", i+1)
			continue
		}
		if seen[t.Symbol] {
			c.fault("ticker %s stands twice", t.Symbol)
		}
		seen[t.Symbol] = true
		tickers = append(tickers, c.ticker(t))
	}
	return tickers
}

func (c *checker) ticker(t ticker) Ticker {
	out := Ticker{Ticker: stockdigest.Ticker{
		Symbol: stockdigest.Symbol(t.Symbol), Name: t.Name, Exchange: t.Exchange, CIK: t.CIK, Source: "night",
	}}
	if err := out.Validate(); err != nil {
		c.fault("%s", stockdigest.Message(err))
	}
	for _, n := range t.Names {
		kind := stockdigest.NameKind(n.Kind)
		if n.Text == "" || !slices.Contains(nameKinds(), kind) {
			c.fault("ticker %s: name %q has kind %q; use company, brand, product, person or context", t.Symbol, n.Text, n.Kind)
		}
		out.Names = append(out.Names, stockdigest.Name{Text: n.Text, Kind: kind})
	}
	slices.SortFunc(out.Names, func(a, b stockdigest.Name) int { return cmp.Compare(a.Text, b.Text) })
	for _, f := range t.Feeds {
		role := stockdigest.Role(f.Role)
		if err := role.Validate(); err != nil {
			c.fault("ticker %s: %s", t.Symbol, stockdigest.Message(err))
		}
		if !isWeb(f.URL) {
			c.fault("ticker %s: feed %q is no http URL", t.Symbol, f.URL)
		}
		out.Feeds = append(out.Feeds, stockdigest.TickerFeed{
			Feed: stockdigest.Feed{URL: f.URL, Source: cmp.Or(f.Source, "feed")}, Role: role, Subject: f.Subject,
		})
	}
	return out
}

func nameKinds() []stockdigest.NameKind {
	return []stockdigest.NameKind{
		stockdigest.NameCompany, stockdigest.NameBrand, stockdigest.NameProduct, stockdigest.NamePerson, stockdigest.NameContext,
	}
}

func (c *checker) exchanges(n *Night, told []exchange) {
	n.exchanges, n.canonical = map[string][]exchange{}, map[string]string{}
	for _, e := range told {
		if !isWeb(e.URL) {
			c.fault("exchange %q is no http URL", e.URL)
			continue
		}
		if e.Status < 100 || e.Status > 599 {
			c.fault("%s has status %d", e.URL, e.Status)
		}
		if e.From != "" {
			e.from = c.moment("from", e.From)
		}
		c.body(e)
		same := func(o exchange) bool { return o.from.Equal(e.from) }
		if slices.ContainsFunc(n.exchanges[e.URL], same) {
			c.fault("%s stands twice for the same time", e.URL)
			continue
		}
		n.exchanges[e.URL] = append(n.exchanges[e.URL], e)
		if _, taken := n.canonical[canonical(e.URL)]; !taken {
			n.canonical[canonical(e.URL)] = e.URL
		}
	}
	for _, es := range n.exchanges {
		slices.SortFunc(es, func(a, b exchange) int { return a.from.Compare(b.from) })
	}
}

// body checks that the file of an exchange is there and inside the folder.
func (c *checker) body(e exchange) {
	if e.File == "" {
		return
	}
	if !fs.ValidPath(e.File) {
		c.fault("file %q of %s leaves the folder; give a path inside it, with forward slashes", e.File, e.URL)
		return
	}
	info, err := fs.Stat(c.files, e.File)
	switch {
	case err != nil:
		c.fault("file %s of %s is missing", e.File, e.URL)
	case !info.Mode().IsRegular():
		c.fault("file %s of %s is no plain file", e.File, e.URL)
	}
}

func isWeb(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
