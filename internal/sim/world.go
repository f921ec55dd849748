package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// The hosts of the pretend world. What ends in feeds.example and pages.example
// is one provider each, however many hosts it has.
const (
	feedsDomain = "feeds.example"
	pagesDomain = "pages.example"
	edgarDomain = "sec.gov"
)

// groupSize is how many companies make an industry: they read the same industry
// feeds and are each other's competitors.
const groupSize = 5

// A World is what the product may know of the pretend world before it asks.
type World struct {
	Name        string           `json:"name"`
	Fingerprint string           `json:"fingerprint"` // of all that decides the news but the day
	AsOf        time.Time        `json:"as_of"`
	Zone        string           `json:"zone"`
	Tickers     []Ticker         `json:"tickers"`
	Limits      map[string]Limit `json:"limits"` // by domain: more gets 429

	// Models are the settings by which models other than OpenAI's are found.
	Models map[string]string `json:"models,omitempty"`
}

// A Ticker is an invented company with its feeds.
type Ticker struct {
	Symbol   string `json:"symbol"`
	Name     string `json:"name"`
	Exchange string `json:"exchange"`
	CIK      string `json:"cik"`
	Names    []Name `json:"names"`
	Feeds    []Feed `json:"feeds"`
}

// A Name is another way texts speak of a company.
type Name struct {
	Text string `json:"text"`
	Kind string `json:"kind"`
}

// A Feed is a feed in the role a ticker reads it.
type Feed struct {
	URL     string `json:"url"`
	Source  string `json:"source"`
	Role    string `json:"role"`
	Subject string `json:"subject,omitempty"`
}

// A company is an invented company with its people and what it makes.
type company struct {
	symbol, full, co, stem string
	ceo, cfo, city         string
	group                  int
	makes                  industry
}

// An article is one page of the pretend web; its body is written when asked.
type article struct {
	id        string
	try       int // which headline was free
	title     string
	path      string // of its page
	host      string
	publisher string
	at        time.Time
	tickers   []string // whose own news it is
	about     int      // number of its company
	topic     string   // of an industry article; empty for one about a company
	event     int
}

// build invents the companies, their feeds and what these list.
func (s *Sim) build() {
	for i := range s.cfg.Tickers {
		s.companies = append(s.companies, s.company(i))
	}
	common := int(s.cfg.Shared*float64(s.cfg.Articles) + 0.5)
	for i := range s.companies {
		s.writeCompany(i, s.cfg.Articles-common)
	}
	for g := 0; g*groupSize < len(s.companies); g++ {
		s.writeIndustry(g, common)
	}
	s.world = World{
		Name:        fmt.Sprintf("pretend world, seed %d, %d companies", s.cfg.Seed, s.cfg.Tickers),
		Fingerprint: stockdigest.Hash(fmt.Sprintf("%d %d %d %g", s.cfg.Seed, s.cfg.Tickers, s.cfg.Articles, s.cfg.Shared))[:12],
		AsOf:        s.cfg.AsOf, Zone: s.cfg.Zone,
		Limits: map[string]Limit{
			feedsDomain: s.cfg.Limits[Feeds], pagesDomain: s.cfg.Limits[Pages], edgarDomain: s.cfg.Limits[EDGAR],
		},
	}
	for i := range s.companies {
		t := s.ticker(i)
		s.world.Tickers = append(s.world.Tickers, t)
		for _, f := range t.Feeds {
			if _, ok := s.feeds[f.URL]; !ok {
				s.feeds[f.URL] = nil // without news, but there
			}
		}
	}
}

func (s *Sim) company(i int) company {
	heads, tails := s.texts.words["stemhead"], s.texts.words["stemtail"]
	d := newDice(s.cfg.Seed, "company", strconv.Itoa(i))
	// A step that shares no factor with the number of stems meets each once.
	all := len(heads) * len(tails)
	at := (i*257 + int(s.cfg.Seed%uint64(all))) % all //nolint:gosec // small and positive
	stem := heads[at/len(tails)] + tails[at%len(tails)]
	if i >= all {
		stem += fmt.Sprintf("son%c", 'a'+rune(i/all%26))
	}
	c := company{
		symbol: "ZQ" + letters(i), stem: stem, co: stem + " " + pick(d, s.texts.words["trade"]),
		ceo: s.texts.person(d), cfo: s.texts.person(d), city: pick(d, s.texts.words["city"]),
		group: i / groupSize, makes: s.texts.trades[(i/groupSize)%len(s.texts.trades)],
	}
	c.full = c.co + " " + pick(d, s.texts.words["form"])
	return c
}

// letters writes i with three letters.
func letters(i int) string {
	return string([]byte{byte('A' + i/676%26), byte('A' + i/26%26), byte('A' + i%26)})
}

// peers are the numbers of two others of the same industry, when there are any.
func (s *Sim) peers(i int) []int {
	first := i / groupSize * groupSize
	size := min(groupSize, len(s.companies)-first)
	var peers []int
	for k := 1; k < size && k <= 2; k++ {
		peers = append(peers, first+(i-first+k)%size)
	}
	return peers
}

func (s *Sim) ticker(i int) Ticker {
	c := s.companies[i]
	t := Ticker{
		Symbol: c.symbol, Name: c.full, Exchange: "NASDAQ", CIK: cikOf(i),
		Names: []Name{
			{c.co, "company"},
			{c.stem, "company"},
			{c.ceo, "person"},
			{c.cfo, "person"},
			{c.makes.item, "context"},
			{c.makes.items, "context"},
		},
		Feeds: []Feed{
			{URL: companyFeed(c, 1), Source: "google", Role: string(stockdigest.RoleCompany)},
			{URL: companyFeed(c, 2), Source: "yahoo", Role: string(stockdigest.RoleCompany)},
		},
	}
	for n, topic := range c.makes.topics {
		t.Feeds = append(t.Feeds, Feed{URL: industryFeed(c.group, n), Source: "google", Role: string(stockdigest.RoleIndustry), Subject: topic})
	}
	for _, p := range s.peers(i) {
		peer := s.companies[p]
		t.Feeds = append(t.Feeds, Feed{URL: companyFeed(peer, 1), Source: "google", Role: string(stockdigest.RoleCompetitor), Subject: peer.symbol})
	}
	return t
}

func cikOf(i int) string { return fmt.Sprintf("%010d", 9_990_001+i) }

func companyFeed(c company, n int) string {
	return fmt.Sprintf("https://%s.%s/company/%s/%d.xml", strings.ToLower(c.symbol), feedsDomain, c.symbol, n)
}

func industryFeed(group, n int) string {
	return fmt.Sprintf("https://topics.%s/industry/%d/%d.xml", feedsDomain, group, n)
}

// writeCompany invents the headlines about a company. Both of its feeds list
// most of them, and its peers' readers see what the first one lists.
func (s *Sim) writeCompany(i, count int) {
	c := s.companies[i]
	d := newDice(s.cfg.Seed, s.day(), "news", c.symbol)
	events := d.order(len(s.texts.events))
	for k := range count {
		a := article{about: i, event: events[k%len(events)], tickers: []string{c.symbol}}
		s.publish(a, fmt.Sprintf("%s-%d", c.symbol, k), func(at int) []string {
			if k%4 == 3 {
				return []string{companyFeed(c, 1+at%2)}
			}
			return []string{companyFeed(c, 1), companyFeed(c, 2)}
		})
	}
}

// writeIndustry invents the headlines that all companies of a group share.
func (s *Sim) writeIndustry(group, count int) {
	first := group * groupSize
	members := s.companies[first:min(first+groupSize, len(s.companies))]
	var symbols []string
	for _, c := range members {
		symbols = append(symbols, c.symbol)
	}
	topics := members[0].makes.topics
	for k := range count {
		n := k % len(topics)
		a := article{about: first + k%len(members), topic: topics[n], tickers: symbols}
		s.publish(a, fmt.Sprintf("g%d-%d", group, k), func(int) []string { return []string{industryFeed(group, n)} })
	}
}

// publish gives an article its headline, page and time, and puts it in feeds.
// No two articles have the same headline.
func (s *Sim) publish(a article, id string, listed func(at int) []string) {
	at := len(s.articles)
	a.id = id
	for {
		a.title, _ = s.headline(a)
		if _, taken := s.byTitle[a.title]; !taken {
			break
		}
		a.try++
	}
	d := newDice(s.cfg.Seed, s.day(), "page", id)
	a.publisher = pick(d, s.texts.words["publisher"])
	a.at = s.cfg.AsOf.Add(-time.Duration(d.between(40, 20*60)) * time.Minute)
	a.host = strings.ToLower(strings.ReplaceAll(a.publisher, " ", "-")) + "." + pagesDomain
	a.path = fmt.Sprintf("/%s/%s/%s", s.cfg.AsOf.UTC().Format("2006/01/02"), slug(a.title), strings.ToLower(id))
	s.articles = append(s.articles, a)
	s.byTitle[a.title], s.byPath[a.host+a.path] = at, at
	for _, feed := range listed(at) {
		s.feeds[feed] = append(s.feeds[feed], at)
	}
}

// headline returns the headline of an article, and the cast that knows its
// figures.
func (s *Sim) headline(a article) (string, cast) {
	d := newDice(s.cfg.Seed, s.day(), "article", a.id, strconv.Itoa(a.try))
	c := s.cast(a, d)
	c.told = map[string]string{}
	return c.fill(pick(d, s.templates(a).titles)), c
}

func (s *Sim) day() string { return s.cfg.AsOf.UTC().Format(time.DateOnly) }

func (s *Sim) templates(a article) templates {
	if a.topic != "" {
		return s.texts.industry
	}
	return s.texts.events[a.event]
}

// cast returns who and what stays the same through an article.
func (s *Sim) cast(a article, d *dice) cast {
	c := s.companies[a.about]
	out := cast{dice: d, texts: s.texts, fixed: map[string]string{
		"co": c.co, "stem": c.stem, "ceo": c.ceo, "cfo": c.cfo, "topic": a.topic,
		"item": c.makes.item, "items": c.makes.items, "peer": "a rival", "city": c.city,
	}}
	if peers := s.peers(a.about); len(peers) > 0 {
		out.fixed["peer"] = s.companies[peers[d.below(len(peers))]].co
	}
	for _, name := range []string{"region", "agency", "house"} {
		out.fixed[name] = out.blank(name)
	}
	return out
}

func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words[:min(len(words), 9)], "-")
}

// body writes the paragraphs of an article. The first one has the figures of
// the headline.
func (s *Sim) body(a article) []string {
	own, general := s.templates(a), s.texts.company.says
	if a.topic != "" {
		general = nil
	}
	_, c := s.headline(a)
	says := []string{c.fill(pick(c.dice, own.leads))}
	c.told = nil
	for _, k := range c.dice.order(len(own.says))[:min(len(own.says), 7)] {
		says = append(says, c.fill(own.says[k]))
	}
	for _, k := range c.dice.order(len(general))[:min(len(general), c.dice.between(7, 11))] {
		says = append(says, c.fill(general[k]))
	}
	paras := []string{says[0]}
	for rest := range slices.Chunk(says[1:], c.dice.between(2, 3)) {
		paras = append(paras, strings.Join(rest, " "))
	}
	return paras
}
