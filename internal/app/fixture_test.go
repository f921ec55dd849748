package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A fixture is a recorded night that a test writes: two invented companies with
// a few pages each. Tests change it to break it.
type fixture struct {
	dir       string
	exchanges []map[string]any
	tickers   []map[string]any
}

const fixtureAsOf = "2026-03-03T07:00:00Z"

// newFixture writes the night's files but not yet its index; save does that.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	f.company(t, "ZQLA", "Zanderquill Optics Inc.", []string{
		"Zanderquill Optics raises full-year revenue forecast to $1.4 billion",
		"Zanderquill Optics names Ada Merrow chief financial officer",
		"Regulators open probe into Zanderquill Optics over lens recall",
		"Zanderquill Optics signs $90 million supply contract with Norwick Rail",
	})
	f.company(t, "MRRW", "Morrowgate Foods Corp.", []string{
		"Morrowgate Foods to cut 400 jobs at its Dunmere plant",
		"Morrowgate Foods profit falls 12% in fourth quarter",
	})
	return f
}

func (f *fixture) company(t *testing.T, symbol, name string, titles []string) {
	t.Helper()
	var items strings.Builder
	for i, title := range titles {
		url := fmt.Sprintf("https://news%d.example/%s/%d.html", i%3, strings.ToLower(symbol), i)
		f.add(t, url, "text/html; charset=utf-8", fmt.Sprintf("%s-%d.html", symbol, i), page(name, title, i))
		fmt.Fprintf(&items, "<item><title>%s</title><link>%s</link><pubDate>Mon, 02 Mar 2026 1%d:30:00 GMT</pubDate><description>%s, the company said.</description></item>", title, url, i, title)
	}
	feed := "https://feeds.example/" + symbol + ".xml"
	f.add(t, feed, "application/rss+xml", symbol+".xml", "<rss version=\"2.0\"><channel><title>"+name+"</title>"+items.String()+"</channel></rss>")
	f.tickers = append(f.tickers, map[string]any{
		"symbol": symbol, "name": name, "cik": "",
		"feeds": []map[string]string{{"url": feed, "source": "feed", "role": "company"}},
	})
}

func page(name, title string, i int) string {
	short := strings.Fields(name)[0]
	var b strings.Builder
	fmt.Fprintf(&b, `<!DOCTYPE html><html lang="en"><head><title>%s</title><meta property="article:published_time" content="2026-03-02T1%d:30:00Z"></head><body><header><nav><a href="/">Home</a> <a href="/m">Markets</a></nav></header><article><h1>%s</h1>`, title, i, title)
	for n, sentence := range []string{
		"%s said on Monday that " + strings.ToLower(title[:1]) + title[1:] + ", in a statement released after the market closed.",
		"The company, which makes most of its sales in the northern states, told investors the change would take effect in the second quarter of 2026.",
		"%s shares closed at $4%d.20, and the company expects revenue of $%d50 million in the quarter that ends in June.",
		"Analysts at two brokers had expected the step for several weeks, and one of them called it overdue after a difficult winter for the industry.",
		"%s employs 3,%d00 people at five sites and reported operating income of $8%d million for the year before.",
	} {
		text := strings.ReplaceAll(sentence, "%s", short)
		text = strings.ReplaceAll(text, "%d", strconv.Itoa(i+n))
		fmt.Fprintf(&b, "<p>%s</p>", text)
	}
	b.WriteString(`</article><footer>Copyright 2026. All rights reserved.</footer></body></html>`)
	return b.String()
}

// add puts an answer into the night.
func (f *fixture) add(t *testing.T, url, contentType, file, body string) {
	t.Helper()
	f.addFrom(t, "", url, contentType, file, body)
}

// addFrom puts an answer into the night that is given from a moment on.
func (f *fixture) addFrom(t *testing.T, from, url, contentType, file, body string) {
	t.Helper()
	path := filepath.Join(f.dir, "bodies", file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	f.exchanges = append(f.exchanges, map[string]any{"url": url, "status": 200, "content_type": contentType, "file": "bodies/" + file, "from": from})
}

// save writes night.json and returns the folder.
func (f *fixture) save(t *testing.T) string {
	t.Helper()
	data, err := json.MarshalIndent(map[string]any{
		"name": "fixture", "as_of": fixtureAsOf, "time_zone": "America/New_York", "tickers": f.tickers, "exchanges": f.exchanges,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "night.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return f.dir
}
