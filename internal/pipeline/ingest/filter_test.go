package ingest_test

import (
	"net/url"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// judged ingests one item and returns decision and gate.
func judged(t *testing.T, it stockdigest.FeedItem) string {
	t.Helper()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
	run(t, store, feedTable{google: list(it)})
	if len(store.material.Candidates) != 1 {
		t.Fatalf("got %d candidates, want 1", len(store.material.Candidates))
	}
	v := store.material.Candidates[0].Verdict
	if (v.Decision == stockdigest.Pending) != (v.Reason == "") {
		t.Errorf("%s %s with reason %q", v.Decision, v.Gate, v.Reason)
	}
	return strings.TrimSpace(string(v.Decision) + " " + v.Gate)
}

func TestTitleFilters(t *testing.T) {
	t.Parallel()
	const spam, flow, media, paid, script, pass = "rejected spam", "rejected institutional", "rejected media", "rejected promotional", "rejected script", "pending"
	for title, want := range map[string]string{
		"Акции Apple выросли на фоне отчета":                                                       script,
		"アップル、過去最高益を発表 Apple":                                                                      script,
		"Nestlé, Société Générale et Müller: les résultats":                                        pass,
		"SHAREHOLDER ALERT: Pomerantz Law Firm Investigates Claims on Behalf of Investors of Acme": spam,
		"Rosen Law Firm Encourages Acme Investors to Secure Counsel Before Deadline":               spam,
		"Investors who lost money on Acme should contact the firm":                                 spam,
		"Best online casino bonus of 2019":                                                         spam,
		"Save 20% with this promo code":                                                            spam,
		"Judge certifies class action against Acme over emissions":                                 pass,
		"Acme settles shareholder lawsuit for $50 million":                                         pass,
		"Acme shareholders approve merger":                                                         pass,
		"Smith Capital Management LLC Buys 1,234 Shares of Acme Inc (NASDAQ:ACME)":                 flow,
		"Acme Inc (NASDAQ:ACME) Shares Sold by Jones Wealth Advisors LLC":                          flow,
		"Acme Inc Stake Lessened by First Trust Bank Ltd":                                          flow,
		"Parkside Investments LLC Has $2.31 Million Stake in Acme":                                 flow,
		"Mason Partners LP Trims Stock Position in Acme Inc":                                       flow,
		"Acme Inc is Harbor Advisors LLC's 5th Largest Position":                                   flow,
		"1,204 Shares in Acme Inc Acquired by Ridge Group":                                         flow,
		"Elliott Management takes $3.2 billion stake in Acme, urges breakup":                       pass,
		"Berkshire Hathaway sells 10 million shares of Acme":                                       pass,
		"Bolt Inc buys Acme for $2 billion":                                                        pass,
		"Acme to buy back 10 million shares":                                                       pass,
		"Acme cuts its stake in Bolt":                                                              pass,
		"Toyota Motor Corp raises stake in Subaru":                                                 pass,
		"Acme Inc sells $500 million stake in Bolt":                                                pass,
		"Apollo Global Management sells $1.2 billion stake in Acme":                                pass,
		"Acme Holdings buys 51% of Bolt":                                                           pass,
		"Volkswagen Group to raise stake in Navistar":                                              pass,
		"Watch: Acme CEO on the merger":                                                            media,
		"Acme's week in review [Video]":                                                            media,
		"Watch out for Acme's margins":                                                             pass,
		"Video game maker Acme beats estimates":                                                    pass,
		"Sponsored: Why Acme is the future":                                                        paid,
		"Global Widgets Market to Reach $12.3 Billion by 2027 at a CAGR of 5.2%":                   paid,
		"Widget Market Size, Share & Trends Analysis Report 2019-2025":                             paid,
		"Acme gains market share in China":                                                         pass,
		"Acme shares reach a record in a rising market":                                            pass,
		"Acme to sponsor the 2020 games":                                                           pass,
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := judged(t, item("https://site.example/a", title, "Site")); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAddressFilters(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://site.example/video/acme-ceo":             "rejected media",
		"https://site.example/news/videos/acme":           "rejected media",
		"https://site.example/video-games/acme":           "pending",
		"https://site.example/2019/photos-of-acme":        "pending",
		"https://www.youtube.com/watch?v=x":               "rejected media",
		"https://site.example/sponsored/acme":             "rejected promotional",
		"https://site.example/brandvoice/acme":            "rejected promotional",
		"https://www.marketbeat.com/a":                    "rejected publisher",
		"https://notmarketbeat.com/a":                     "pending",
		"https://marketbeat.com.example/a":                "pending",
		"https://www.investors.com/a":                     "rejected publisher",
		"https://www.goodinvestors.com/a":                 "pending",
		"https://seekingalpha.com/a":                      "rejected publisher",
		"https://www.wsj.com/a":                           "pending", // paywalled, and a newsroom
		"https://www.bbc.co.uk/news/business-1":           "pending",
		"https://news.google.com/rss/articles/CBMiWEFVX3": "pending",
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			if got := judged(t, item(link, "Acme to merge with Bolt", "")); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestPublisherBehindAGoogleLinkIsKnownByItsSource(t *testing.T) {
	t.Parallel()
	it := item("https://news.google.com/rss/articles/CBMiWEFVX3lxTFB4", "Acme shares rise - MarketBeat", "MarketBeat")
	it.PublisherURL = "https://www.marketbeat.com"
	if got := judged(t, it); got != "rejected publisher" {
		t.Errorf("got %s, want rejected publisher", got)
	}
}

func TestFeedAddressesSurviveAwkwardNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"AT&T", "P&G", "S&P Global", "Macy's", "L'Oréal", "Yum! Brands", "3M + Co", "100% Acme", "A#1", `The "Best" Co`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(ingest.GoogleNews(name))
			if err != nil {
				t.Fatal(err)
			}
			want := `"` + strings.ReplaceAll(name, `"`, "") + `" stock when:7d`
			if got := u.Query().Get("q"); got != want || u.Query().Get("ceid") != "US:en" || u.Fragment != "" {
				t.Errorf("got query %q of %s, want %q", got, u, want)
			}
		})
	}
}

func TestPlanReadsTwoFeedsAboutTheCompany(t *testing.T) {
	t.Parallel()
	for legal, want := range map[string]string{
		"Alphabet Inc.": "Alphabet", "Gannett Co., Inc.": "Gannett", "Volkswagen AG": "Volkswagen", "AT&T Inc.": "AT&T", "Nestlé S.A.": "Nestlé",
		"Procter & Gamble Co": "Procter & Gamble", "Group 1 Automotive, Inc.": "Group 1 Automotive", "Inc": "Inc", "The Kroger Co.": "Kroger",
	} {
		t.Run(legal, func(t *testing.T) {
			t.Parallel()
			plan := ingest.Plan(stockdigest.Ticker{Symbol: "BRK-B", Name: legal})
			if len(plan) != 2 || plan[0].Role != stockdigest.RoleCompany || plan[1].Role != stockdigest.RoleCompany {
				t.Fatalf("got %+v", plan)
			}
			if plan[0].Feed.URL != ingest.GoogleNews(want) {
				t.Errorf("got %s, want the search for %q", plan[0].Feed.URL, want)
			}
			if want := "https://feeds.finance.yahoo.com/rss/2.0/headline?lang=en-US&region=US&s=BRK-B"; plan[1].Feed.URL != want {
				t.Errorf("got %s, want %s", plan[1].Feed.URL, want)
			}
		})
	}
}
