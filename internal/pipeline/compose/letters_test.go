package compose_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

var update = flag.Bool("update", false, "write the golden letters")

func house() compose.House {
	l := links()
	l.Site = "https://digest.example/"
	return compose.House{Links: l, Postal: "Example House, 1 Sample Street, Springfield", Draw: func(stockdigest.PriceHistory) []byte { return []byte("png") }}
}

func ownReader() compose.Own {
	return compose.Own{
		Zone:        "America/New_York",
		Unsubscribe: func(s stockdigest.Symbol) string { return "https://digest.example/u/token" + string(s) },
		Confirm:     "https://digest.example/c/token",
	}
}

func ownOperator() compose.Own { return compose.Own{Zone: "America/New_York"} }

// full is sample as a reader's digest: with a price, a late bullet, a model and
// a report that is not complete.
func full() stockdigest.Digest {
	d := withPrice(func(*stockdigest.PriceCard) {})
	r := &d.Reports[0]
	r.Writer, r.Written = "m-1", stockdigest.Written{Read: 5, Of: 6, Why: "the budget of the run is spent"}
	r.Status, r.Reason = stockdigest.ReportPartial, "one feed could not be read"
	r.Sections[0].Bullets[1].Late = true
	d.Day, d.Due, d.Reader, d.Version, d.State = "2026-03-04", d.AsOf, "reader-1", 1, stockdigest.DigestReady
	d.Reason = "without the held reports of ELM"
	return d
}

func reviewMatter() stockdigest.ReviewMatter {
	d := full()
	r := d.Reports[0]
	b := &r.Sections[0].Bullets[0]
	b.Why, b.Relevance = "a price change of the company itself", stockdigest.Direct
	b.Judged = stockdigest.Judgement{Verdict: stockdigest.Supported, By: "m-2"}
	r.Failures = []string{"https://feeds.example/bwl: timeout"}
	drop := stockdigest.Drop{
		Bullet: stockdigest.Bullet{Text: "Sales rose 80% last year."}, Section: stockdigest.SectionFinancial,
		Reasons: []string{"80% is not in the quote"},
	}
	return stockdigest.ReviewMatter{Batch: "batch-1", Runs: []stockdigest.Review{
		{Run: "run-1", Report: r, Drops: []stockdigest.Drop{drop}, Cost: 123_400},
		{Run: "run-2", Report: d.Reports[1]},
	}}
}

func alertMatter() stockdigest.AlertMatter {
	at := time.Date(2026, 3, 4, 19, 5, 0, 0, time.UTC)
	return stockdigest.AlertMatter{Stories: []stockdigest.Alert{
		{Story: "s1", Ticker: "BWL", Company: "Brightwell Instruments Inc.", Headline: "Brightwell agrees to be bought by Larkmoor for $2.1 billion", Why: "the headline tells of a deal", URL: "https://news.example/a?id=9", Publisher: "The Example Times", PublishedAt: at},
		{Story: "s2", Ticker: "BWL", Company: "Brightwell Instruments Inc.", Headline: "8-K: the entry into a material agreement", Why: "it reports the entry into a material agreement", URL: "https://www.sec.gov/Archives/x.htm", PublishedAt: at, Form: "8-K", Items: []string{"1.01", "9.01"}},
		{Story: "s3", Ticker: "OAK", Company: "Oak & Sons plc", Headline: "Oak recalls a kettle", Why: "the headline tells of a recall", URL: "https://wire.example/oak", PublishedAt: at},
	}}
}

// letters are all letters by name, as they go out.
func letters(t *testing.T) map[string]compose.Letter {
	t.Helper()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 6, 40, 10, 0, time.UTC)
	all := map[string]compose.Letter{}
	add := func(name string, l compose.Letter, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = l
	}
	matter := func(name string, kind stockdigest.MailKind, m any, own compose.Own) {
		t.Helper()
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Letter(kind, raw, own)
		add(name, l, err)
	}
	follows := ownReader()
	follows.Missing = []stockdigest.Ticker{{Symbol: "ELM", Name: "Elm Power Corp."}}
	l, err := p.Digest(full(), nil, follows)
	add("digest", l, err)
	one := full()
	one.Reports, one.Ticker, one.TimeZone = one.Reports[1:], "OAK", "Europe/London"
	l, err = p.Digest(one, nil, ownReader())
	add("digest-one", l, err)
	held := full()
	held.State, held.Reason = stockdigest.DigestHeld, "every report in it is held"
	held.Reports[0].Status, held.Reports[0].Reason = stockdigest.ReportHeld, "4 of 9 bullets failed the evidence check"
	l, err = p.Preview(held, nil, ownReader())
	add("preview", l, err)
	single := reviewMatter()
	single.Batch, single.Runs = "", single.Runs[:1]
	matter("selection", stockdigest.MailSelection, single, ownOperator())
	matter("selection-batch", stockdigest.MailSelection, reviewMatter(), ownOperator())
	matter("content", stockdigest.MailContent, single, ownOperator())
	matter("content-batch", stockdigest.MailContent, reviewMatter(), ownOperator())
	matter("batch", stockdigest.MailBatch, stockdigest.BatchMatter{
		Batch: "batch-1", Kind: stockdigest.Daily, Began: at, Ended: at.Add(38*time.Minute + 4*time.Second), Due: at.Add(7 * time.Hour),
		Counts: stockdigest.Counts{Done: 11, Quarantined: 1}, Cost: 1_840_000,
		Reports: map[stockdigest.ReportStatus]int{stockdigest.ReportReady: 7, stockdigest.ReportQuiet: 3, stockdigest.ReportHeld: 1},
		Look:    []stockdigest.Attention{{Ticker: "BWL", What: "held", Why: "4 of 9 bullets failed the evidence check"}, {Ticker: "OAK", What: "failed", Why: "the source answered 500 three times"}},
	}, ownOperator())
	matter("not-sent", stockdigest.MailMissing, stockdigest.MissingMatter{Due: at.Add(7 * time.Hour), Digests: []stockdigest.MissingDigest{
		{Reader: "reader-1", Digest: "digest-1", State: "held", Since: at, Why: "every report in it is held"},
		{Reader: "reader-2", Ticker: "OAK", State: "no digest", Why: "no report of this night"},
	}}, ownOperator())
	matter("welcome", stockdigest.MailWelcome, stockdigest.WelcomeMatter{Tickers: []stockdigest.Symbol{"BWL", "OAK"}, At: 8*60 + 30, Alerts: true}, ownReader())
	matter("confirm", stockdigest.MailConfirm, stockdigest.ConfirmMatter{AskedAt: at, Tickers: []stockdigest.Symbol{"BWL", "OAK"}}, ownReader())
	matter("alert", stockdigest.MailAlert, alertMatter(), ownReader())
	return all
}

func TestLettersReadAsTheirGoldens(t *testing.T) {
	t.Parallel()
	for name, l := range letters(t) {
		for ending, got := range map[string]string{".html": string(l.HTML), ".txt": "Subject: " + l.Subject + "\n\n" + string(l.Text)} {
			path := filepath.Join("testdata", "letters", name+ending)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got, write it with -update):\n%s", path, diff)
			}
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	const hostile = "Deal\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script> \u202egnp.exe\u202c\u2066x\u2069 <img src=x onerror=alert(1)> "
	for name, l := range hostileLetters(t, p, hostile+strings.Repeat("long ", 60), "javascript:alert(1)") {
		harmless(t, name, l)
		if strings.Contains(string(l.Text), "\nBcc:") {
			t.Errorf("%s: a title began a line of its own:\n%s", name, l.Text)
		}
	}
}

func TestKnownAttacksStayWords(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	n := 100
	if os.Getenv("TORTURE") != "" {
		n = 2_000
	}
	for _, attack := range attacks(t, n) {
		address := attack
		if u, err := url.Parse(attack); err == nil && u.Host != "" {
			address = "data:text/html," + attack // an address of the web is a source like any other
		}
		for name, l := range hostileLetters(t, p, attack, address) {
			harmless(t, fmt.Sprintf("%s with %q", name, attack), l)
		}
	}
}

// attacks are about n strings of collections of hostile input, evenly spread.
func attacks(t *testing.T, n int) []string {
	t.Helper()
	raw, err := os.ReadFile(datatest.Dir(t, "attacks", "blns", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	lists, err := filepath.Glob(datatest.Dir(t, "attacks", "payloads", "XSS Injection", "Intruders") + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lists {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.Split(strings.ToValidUTF8(string(raw), "\uFFFD"), "\n")...)
	}
	if len(all) < n {
		t.Fatalf("%d strings, want %d", len(all), n)
	}
	var some []string
	for i := 0; i < len(all); i += len(all) / n {
		some = append(some, all[i])
	}
	return some
}

// hostileLetters have the same words, and the same address, wherever others
// give them.
func hostileLetters(t *testing.T, p *compose.Press, words, address string) map[string]compose.Letter {
	t.Helper()
	alert := alertMatter()
	for i := range alert.Stories {
		s := &alert.Stories[i]
		s.Headline, s.Why, s.Company, s.Publisher, s.URL = words, words, words, words, address
	}
	d := full()
	for i := range d.Reports {
		r := &d.Reports[i]
		r.Name, r.BottomLine, r.Reason, r.Writer = words, words, words, words
		for j := range r.Sections {
			for k := range r.Sections[j].Bullets {
				b := &r.Sections[j].Bullets[k]
				b.Text, b.Update, b.Why, b.Carriers = words, words, words, []string{words}
				b.Evidence[0].Publisher, b.Evidence[0].URL, b.Evidence[0].Quote = words, address, words
			}
		}
		for j := range r.Articles {
			r.Articles[j].Title, r.Articles[j].URL, r.Articles[j].Reason, r.Articles[j].Publisher = words, address, words, words
		}
	}
	d.Reason = words
	drop := stockdigest.Drop{Bullet: stockdigest.Bullet{Text: words}, Reasons: []string{words}}
	review := stockdigest.ReviewMatter{Runs: []stockdigest.Review{{Report: d.Reports[0], Drops: []stockdigest.Drop{drop}}}}
	all := map[string]compose.Letter{}
	add := func(name string, l compose.Letter, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s with %q: %v", name, words, err)
		}
		all[name] = l
	}
	own := ownReader()
	own.Missing = []stockdigest.Ticker{{Symbol: "ELM", Name: words}}
	l, err := p.Preview(d, nil, own)
	add("preview", l, err)
	l, err = p.Alert(alert, ownReader())
	add("alerts", l, err)
	l, err = p.Alert(stockdigest.AlertMatter{Stories: alert.Stories[:1]}, ownReader())
	add("alert", l, err)
	l, err = p.Selection(review, ownOperator())
	add("selection", l, err)
	l, err = p.Content(review, ownOperator())
	add("content", l, err)
	return all
}

// harmless wants one line of subject, no character that turns others, and
// nothing that the lint refuses.
func harmless(t *testing.T, name string, l compose.Letter) {
	t.Helper()
	if n := utf8.RuneCountInString(l.Subject); n > 120 || n == 0 || strings.ContainsFunc(l.Subject, turns) {
		t.Errorf("%s: subject of %d runes: %q", name, n, l.Subject)
	}
	if strings.ContainsFunc(strings.ReplaceAll(string(l.HTML)+string(l.Text), "\n", ""), turns) {
		t.Errorf("%s: a control character reached the mail", name)
	}
	lint(t, name, l)
}

func turns(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

func TestALateBulletSaysSo(t *testing.T) {
	t.Parallel()
	l := letters(t)["digest"]
	if !strings.Contains(string(l.HTML), "Added this morning") || strings.Count(string(l.Text), "Added this morning") != 1 {
		t.Errorf("want one late bullet:\n%s", l.Text)
	}
}

// TestCompanyWithoutAReportSaysSo looks for the line, the name and the way out of
// each company that has no report, in both parts, and nowhere else.
func TestCompanyWithoutAReportSaysSo(t *testing.T) {
	t.Parallel()
	for name, l := range letters(t) {
		for part, text := range map[string]string{"HTML": string(l.HTML), "text": strings.Join(strings.Fields(string(l.Text)), " ")} {
			line, named := strings.Count(text, "No report today: none was ready"), strings.Contains(text, "Elm Power Corp.")
			out := strings.Contains(text, "https://digest.example/u/tokenELM")
			if want := name == "digest"; (line == 1) != want || named != want || out != want || line > 1 {
				t.Errorf("%s, %s: got %d lines, name %t, way out %t", name, part, line, named, out)
			}
		}
	}
}

func TestOnlyWhatAModelWroteIsCalledSo(t *testing.T) {
	t.Parallel()
	const said = "worded by artificial intelligence (m-1)"
	byModel, byRules := full(), sample()
	if l := digestLetter(t, byModel); !strings.Contains(string(l.HTML), said) || !strings.Contains(fold(string(l.Text)), said) {
		t.Errorf("want %q in\n%s", said, l.Text)
	}
	if l := digestLetter(t, byRules); strings.Contains(string(l.HTML)+string(l.Text), "artificial") {
		t.Errorf("rules alone wrote\n%s", l.Text)
	}
}

func TestDatesAreWrittenAsPeopleThereDo(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"America/New_York":    "Wednesday, March 4, 2026. Times in EST.",
		"America/Toronto":     "Wednesday, March 4, 2026. Times in EST.",
		"Europe/Berlin":       "Wednesday 4 March 2026. Times in CET.",
		"America/Mexico_City": "Wednesday 4 March 2026. Times in CST.",
		"Asia/Dubai":          "Wednesday 4 March 2026. Times in UTC+04.",
	} {
		d := sample()
		d.TimeZone = zone
		if l := digestLetter(t, d); !strings.Contains(string(l.HTML), strings.ReplaceAll(want, "+", "&#43;")) || !strings.Contains(string(l.Text), want) {
			t.Errorf("%s: want %q in\n%s", zone, want, l.Text)
		}
	}
}

func TestALongReviewFitsOneMail(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	m := reviewMatter()
	for range 400 {
		m.Runs[0].Report.Articles = append(m.Runs[0].Report.Articles, m.Runs[0].Report.Articles[1])
	}
	for range 11 {
		m.Runs = append(m.Runs, m.Runs[0])
	}
	for name, write := range map[string]func(stockdigest.ReviewMatter, compose.Own) (compose.Letter, error){"selection": p.Selection, "content": p.Content} {
		l, err := write(m, ownOperator())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(l.HTML) > 90_000 {
			t.Errorf("%s has %d bytes", name, len(l.HTML))
		}
	}
	if l, err := p.Selection(m, ownOperator()); err != nil || !strings.Contains(string(l.Text), "more.") {
		t.Errorf("want what is left out counted, got %v", err)
	}
}

func TestAMailWithoutItsLinkIsRefused(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm(stockdigest.ConfirmMatter{}, compose.Own{Confirm: "javascript:alert(1)"}); err == nil {
		t.Error("a confirm mail without a page was written")
	}
	if _, err := p.Alert(stockdigest.AlertMatter{}, ownReader()); err == nil {
		t.Error("an alert without a story was written")
	}
	if _, err := p.Letter(stockdigest.MailDigest, nil, ownReader()); err == nil {
		t.Error("a digest was written from a matter")
	}
}
