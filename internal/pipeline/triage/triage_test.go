package triage_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

func TestKindsOfPages(t *testing.T) {
	t.Parallel()
	cases := []struct{ title, gate string }{
		{"The 12 best early Black Friday deals on Apple Watches", "shopping"},
		{"iPad sale at Best Buy from $249, cases and more", "shopping"},
		{"Save $300 on the MacBook Pro today", "shopping"},
		{"AirPods drop to $99 in early Black Friday sale", "shopping"},
		{"Apple Watch gets its Cyber Monday price early", "shopping"},
		{"Black Friday sales at Apple hit a record, analysts say", "entity"},
		{"Intel chip unit in deal for Apple, sources say", "entity"},
		{"Apple deal with the city to save 5,000 jobs", "entity"},
		{"iPhone: 6 can't-miss gadgets for it", "list"},
		{"These are the 8 coolest iPad games", "list"},
		{"These are the best iPhone cases money can buy", "list"},
		{"The 7 most useful iPhone tricks", "list"},
		{"Get these Apple AirPods for just $99", "shopping"},
		{"Apple Watch is 40% off this weekend", "shopping"},
		{"Holiday gift guide: what to buy the Apple fan", "shopping"},
		{"Cyber Monday 2019: all the Apple discounts", "shopping"},
		{"Apple's Black Friday sales rise 7% as shoppers return", "entity"},
		{"Apple's antitrust deal on Black Friday: what regulators want", "entity"},
		{"Apple to save $2 billion with its own chips", "entity"},
		{"Best Apple gadgets of 2019", "list"},
		{"The 10 best iPhone apps for travel", "list"},
		{"5 things to know about Apple stock split", "list"},
		{"Apple and four more tech stocks to buy now", "list"},
		{"Best quarter yet for Apple as iPhone sells", "entity"},
		{"How to clean your iPhone screen", "how-to"},
		{"Shareholder alert: law firm reminds investors of Apple deadline", "promotional"},
		{"Win an iPhone in our giveaway", "promotional"},
		{"Why Apple stock is down today", "price-move"},
		{"Apple shares rise 3%", "price-move"},
		{"Apple stock hits 52-week high", "price-move"},
		{"Apple stock moves up 1.1% on Wednesday", "price-move"},
		{"Apple shares slip on Nov. 20 in light trading", "price-move"},
		{"Apple shares fall on Friday on weak orders", "entity"},
		{"Apple shares rise 3% after earnings beat", "entity"},
		{"Apple shares slide on report of weak orders", "entity"},
		{"Column: Apple’s privacy promise is wearing thin", "entity"},
		{"Apple profit falls; stock drops", "entity"},
	}
	for _, c := range cases {
		v := apple(t, stockdigest.RoleCompany, "", c.title)
		if v.Gate != c.gate || (v.Decision == stockdigest.Selected) != (c.gate == "entity") {
			t.Errorf("%q: got %s by %s (%s), want %s", c.title, v.Decision, v.Gate, v.Reason, c.gate)
		}
		if v.Reason == "" || strings.Contains(v.Reason, "\n") {
			t.Errorf("%q: reason %q is not one line", c.title, v.Reason)
		}
	}
}

func TestAddressesOfShoppingPages(t *testing.T) {
	t.Parallel()
	cases := []struct{ url, title, gate string }{
		{"https://news.example/deals/iphone-11", "The iPhone 11 is cheaper than ever", "shopping"},
		{"https://news.example/2019/best-iphone-deals-now/", "Where to buy an iPhone", "shopping"},
		{"https://news.example/2019/apple-intel-modem-deal-talks/", "Apple and Intel near $1 billion modem deal", "entity"},
		{"https://news.example/deals/apple-sale", "Apple Inc. weighs sale of its $90 modem unit", "entity"},
		{"https://news.example/deals/apple-modems", "Apple agrees to buy modem maker for $30 a share", "entity"},
		{"https://news.example/deals/airpods", "AirPods are on sale for $99", "shopping"},
		{"https://news.example/iphone-data-deal-under-inquiry", "iPhone data deal is under inquiry", "entity"},
	}
	for _, c := range cases {
		t.Run(c.url, func(t *testing.T) {
			t.Parallel()
			s := &store{material: stockdigest.Material{Ticker: ticker(t)}}
			s.add(stockdigest.RoleCompany, "", c.title)
			s.material.Candidates[0].Article.URL = c.url
			run(t, s)
			if v := s.verdicts[0]; v.Gate != c.gate {
				t.Errorf("got %s (%s), want %s", v.Gate, v.Reason, c.gate)
			}
		})
	}
}

func TestHardEventsScoreHigher(t *testing.T) {
	t.Parallel()
	order := []string{
		"Apple raises outlook after fourth-quarter profit beats by 12%",
		"Apple unveils new iPad",
		"Apple could enter the ring market, blogger says",
	}
	last := 100
	for _, title := range order {
		v := apple(t, stockdigest.RoleCompany, "", title)
		if v.Score >= last {
			t.Errorf("%q: got score %d (%s), want less than %d", title, v.Score, v.Reason, last)
		}
		last = v.Score
	}
}

func TestARatingToBuyIsNoPurchase(t *testing.T) {
	t.Parallel()
	v := apple(t, stockdigest.RoleCompany, "", "Wexcombe upgrades Apple Inc. to buy")
	if !strings.Contains(v.Reason, "analyst") || strings.Contains(v.Reason, "deal") {
		t.Errorf("got %s", v.Reason)
	}
}

func TestRolesAskForTheirSubject(t *testing.T) {
	t.Parallel()
	cases := []struct {
		role           stockdigest.Role
		subject, title string
		selected       bool
	}{
		{stockdigest.RoleCompetitor, "MSFT", "Microsoft lifts its dividend by 10%", true},
		{stockdigest.RoleCompetitor, "MSFT", "Apple opens a store", false},
		{stockdigest.RoleCompetitor, "NOSUCH", "Anything at all", false},
		{stockdigest.RoleUpstream, "TSM", "TSMC says Arizona plant is on time", true},
		{stockdigest.RoleUpstream, "Foxconn", "Foxconn moves lines to India", true},
		{stockdigest.RoleDownstream, "BBY", "The best buy for your money", false},
		{stockdigest.RoleIndustry, "smartphone makers", "Smartphone shipments fall for a third year", true},
		{stockdigest.RoleIndustry, "smartphone makers", "Dear Abby: my husband snores", false},
		{stockdigest.RoleIndustry, "smartphone makers", "Best smartphone deals of the week", false},
	}
	for _, c := range cases {
		v := apple(t, c.role, c.subject, c.title)
		if (v.Decision == stockdigest.Selected) != c.selected || v.Gate == triage.GateUnsure {
			t.Errorf("%s %s: %q: got %s by %s (%s), want selected=%v", c.role, c.subject, c.title, v.Decision, v.Gate, v.Reason, c.selected)
		}
	}
}

func TestCapsKeepTheBest(t *testing.T) {
	t.Parallel()
	s := &store{material: stockdigest.Material{Ticker: ticker(t)}}
	for i := range 30 {
		s.add(stockdigest.RoleCompany, "", fmt.Sprintf("Apple opens store number %d", i))
		s.add(stockdigest.RoleCompany, "", fmt.Sprintf("A quiet day in village %d", i))
		s.add(stockdigest.RoleIndustry, "chips", fmt.Sprintf("Chips become dearer, part %d", i))
		s.add(stockdigest.RoleIndustry, "phones", fmt.Sprintf("Phones become dearer, part %d", i))
		s.add(stockdigest.RoleCompetitor, "MSFT", fmt.Sprintf("Microsoft opens office number %d", i))
	}
	s.add(stockdigest.RoleCompany, "", "Apple sued by Justice Department in antitrust case")
	run(t, s)
	got := map[string]int{}
	for i, v := range s.verdicts {
		c := s.material.Candidates[i]
		switch {
		case v.Decision == stockdigest.Selected && v.Gate == triage.GateUnsure:
			got["unsure"]++
		case v.Decision == stockdigest.Selected:
			got[string(c.Role)+c.Subject]++
		case v.Gate != triage.GateCap:
			t.Errorf("%q: got %s (%s), want the cap", c.Article.Title, v.Gate, v.Reason)
		}
	}
	want := map[string]int{"company": 20, "unsure": 20, "industrychips": 8, "industryphones": 8, "competitorMSFT": 5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("selected by role (-want +got):\n%s", diff)
	}
	if v := s.verdicts[len(s.verdicts)-1]; v.Decision != stockdigest.Selected {
		t.Errorf("the lawsuit: got %s (%s), want it among the best", v.Decision, v.Reason)
	}
	first := s.verdicts
	run(t, s)
	if diff := cmp.Diff(first, s.verdicts); diff != "" {
		t.Errorf("a second run differs:\n%s", diff)
	}
}

func TestOnlyPendingCandidatesAreJudged(t *testing.T) {
	t.Parallel()
	s := &store{material: stockdigest.Material{Ticker: ticker(t)}}
	s.add(stockdigest.RoleCompany, "", "Apple opens a store")
	s.material.Candidates[0].Verdict.Decision = stockdigest.Rejected
	run(t, s)
	if len(s.verdicts) != 0 {
		t.Errorf("got %v, want no verdicts", s.verdicts)
	}
}

func FuzzTitle(f *testing.F) {
	f.Add("Save $300 on AirPods", "10 best deals")
	f.Add("Apple\x00\xff", strings.Repeat("best ", 500))
	l := linker()
	row, _ := l.Ticker("AAPL")
	f.Fuzz(func(t *testing.T, title, description string) {
		s := &store{material: stockdigest.Material{Ticker: row}}
		s.add(stockdigest.RoleCompany, "", title)
		s.material.Candidates[0].Article.Description = description
		if err := triage.New(s, l, triage.Jury{}).Run(context.Background(), stockdigest.Run{}); err != nil {
			t.Fatal(err)
		}
		if v := s.verdicts[0]; v.Decision == stockdigest.Pending || v.Gate == "" || v.Reason == "" {
			t.Fatalf("%q: got %+v", title, v)
		}
	})
}

// linker knows the starter; it is built once, since it is safe to share.
var linker = sync.OnceValue(func() *names.Linker { return names.NewLinker(table()) })

func (s *store) add(role stockdigest.Role, subject, title string) {
	n := len(s.material.Candidates)
	s.material.Candidates = append(s.material.Candidates, stockdigest.Candidate{
		Article: stockdigest.Article{
			ID: stockdigest.NewArticleID(title), URL: "https://news.example/story", Title: title,
			PublishedAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).Add(-time.Duration(n) * time.Minute),
		},
		Role: role, Subject: subject, Verdict: stockdigest.Verdict{Decision: stockdigest.Pending},
	})
}

func apple(t *testing.T, role stockdigest.Role, subject, title string) stockdigest.Verdict {
	t.Helper()
	s := &store{material: stockdigest.Material{Ticker: ticker(t)}}
	s.add(role, subject, title)
	run(t, s)
	return s.verdicts[0]
}

func run(t *testing.T, s *store) {
	t.Helper()
	if err := triage.New(s, linker(), triage.Jury{}).Run(t.Context(), stockdigest.Run{Ticker: s.material.Ticker.Symbol}); err != nil {
		t.Fatal(err)
	}
}

func ticker(t *testing.T) stockdigest.Ticker {
	t.Helper()
	row, ok := linker().Ticker("AAPL")
	if !ok {
		t.Fatal("AAPL is not in the starter")
	}
	return row
}
