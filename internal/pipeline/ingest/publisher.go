package ingest

import (
	_ "embed"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"stockdigest.app/stockdigest"
)

// publishersData is a starter list, written by hand: one domain per line, its
// classes, its name.
//
//go:embed publishers.txt
var publishersData string

// A publisher is what the list says about a domain.
type publisher struct {
	name                       string
	blocked, paywalled, vetted bool
}

// policy knows publishers by domain. A domain covers its subdomains and
// nothing else: investors.com does not cover goodinvestors.com.
type policy struct {
	byDomain map[string]publisher
	byName   map[string]publisher // for links that hide their domain
}

func newPolicy() *policy {
	p := &policy{byDomain: map[string]publisher{}, byName: map[string]publisher{}}
	for line := range strings.Lines(publishersData) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(fields) < 2 {
			continue
		}
		var pub publisher
		for class := range strings.SplitSeq(fields[1], ",") {
			switch class {
			case "blocked":
				pub.blocked = true
			case "paywalled":
				pub.paywalled = true
			case "quality":
				pub.vetted = true
			}
		}
		if len(fields) == 3 {
			pub.name = strings.TrimSpace(fields[2])
		}
		p.byDomain[fields[0]] = pub
		p.byName[pub.name] = pub
	}
	return p
}

// lookup finds the entry of a host: itself, or a parent down to the
// registrable domain.
func (p *policy) lookup(host string) (publisher, bool) {
	last := site(host)
	for h := host; h != ""; _, h, _ = strings.Cut(h, ".") {
		if pub, ok := p.byDomain[h]; ok {
			return pub, true
		}
		if h == last {
			break
		}
	}
	return publisher{}, false
}

// publisher returns the name for people: the list's, since feeds put section
// names there, else the feed's, else what another feed told of the site.
// Nobody's name is made from a domain.
func (p *policy) publisher(address string, item stockdigest.FeedItem, told map[string]string) string {
	at := host(address)
	if isAggregator(at) {
		at = host(item.PublisherURL)
	}
	if pub, ok := p.lookup(at); ok && pub.name != "" {
		return pub.name
	}
	if item.Publisher == "" {
		return told[site(at)]
	}
	return publisherName(item.Publisher)
}

// publisherName returns what a feed tells of a publisher; of an address, which
// some feeds put there, its host.
func publisherName(told string) string {
	told = strings.TrimSpace(told)
	if h := host(told); h != "" {
		told = h
	}
	if strings.ContainsAny(told, " \t") {
		return told
	}
	return strings.TrimPrefix(told, "www.")
}

// refuses says why the publisher of an article is not read, or "".
func (p *policy) refuses(a stockdigest.Article) string {
	at := host(a.URL)
	pub, ok := p.lookup(at)
	who := site(at)
	if isAggregator(at) && a.Publisher != "" {
		pub, ok = p.byName[a.Publisher]
		who = a.Publisher
	}
	switch {
	case !ok:
	case pub.blocked:
		return who + " is on the list of blocked publishers"
	case pub.paywalled && !pub.vetted:
		return who + " shows its text to subscribers only"
	}
	return ""
}

func isAggregator(host string) bool { return host == "news.google.com" }

// host returns the host name of an address in lower case, "" when it has none.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// site returns the registrable domain of a host: bbc.co.uk of www.bbc.co.uk.
func site(host string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}
