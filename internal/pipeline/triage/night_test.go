package triage_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

// TestRecordedNight runs the step and its second look over the real night and
// asks for exactly the pages that are about each company.
func TestRecordedNight(t *testing.T) {
	t.Parallel()
	n := loadNight(t)
	want := map[stockdigest.Symbol]map[string]string{
		"GOOGL": {
			"Google Stadia, Microsoft xCloud, Apple Arcade":   "selected",
			"Google Stadia Red Dead Redemption 2 doesn't run": "selected",
			"Google Bets on the Future With Launch of Stadia": "selected",
			"Stadia Falls Short of 4K at Launch":              "selected",
		},
		"AAPL": {
			"Google Stadia, Microsoft xCloud, Apple Arcade":         "selected",
			"The Future of Apple Innovation Is Backwards":           "selected",
			"16-inch MacBook Pro review":                            "selected",
			"The 10 best early Black Friday deals on Apple devices": "shopping",
			"MacBook sale at Amazon from $700":                      "shopping",
			"Best tech gadgets of 2019":                             "list",
		},
		"GCI": {"Column: The Gannett/GateHouse merger": "selected"},
		"VWAGY": {
			"The VW ID. SPACE VIZZION":                                "selected",
			"2020 Audi e-tron Sportback":                              "selected",
			"New SUVs and electric vehicles highlight L.A. Auto Show": "selected",
		},
	}
	for symbol, expected := range want {
		t.Run(string(symbol), func(t *testing.T) {
			t.Parallel()
			got := n.triage(t, symbol, triage.Jury{})
			for title, v := range got {
				fate := v.Gate
				if v.Decision == stockdigest.Selected {
					fate = "selected"
				}
				w := ""
				for begin, f := range expected {
					if strings.HasPrefix(title, begin) {
						w = f
					}
				}
				if w != "" && fate != w || w == "" && fate == "selected" {
					t.Errorf("%s: got %s (%s), want %q", title, fate, v.Reason, w)
				}
				t.Logf("%-9s %-12s %d %.60s | %s", v.Decision, v.Gate, v.Score, title, v.Reason)
			}
			if len(got) < 12 {
				t.Errorf("got %d candidates, want the whole feed", len(got))
			}
		})
	}
}

// triage runs the step for one ticker, then the second look on what is unsure.
func (n *night) triage(t *testing.T, symbol stockdigest.Symbol, jury triage.Jury) map[string]stockdigest.Verdict {
	t.Helper()
	linker := names.NewLinker(n.table)
	ticker, _ := linker.Ticker(symbol)
	s := &store{material: stockdigest.Material{Ticker: ticker, Candidates: n.candidates(t, symbol)}}
	if err := triage.New(s, linker, jury).Run(context.Background(), stockdigest.Run{Ticker: symbol}); err != nil {
		t.Fatal(err)
	}
	look := triage.SecondLook(linker)
	out := map[string]stockdigest.Verdict{}
	for i, c := range s.material.Candidates {
		v := s.verdicts[i]
		if v.Gate == triage.GateUnsure && v.Decision == stockdigest.Selected {
			about, reason := look(ticker, c, n.body(t, c.Article.URL))
			v.Reason = reason
			if !about {
				v.Decision, v.Gate = stockdigest.Rejected, triage.GateEntity
			}
		}
		out[c.Article.Title] = v
	}
	return out
}

// A night is a recorded night, read just enough for this test.
type night struct {
	dir     string
	Tickers []struct {
		Symbol, Name, CIK string
		Feeds             []struct{ URL, Source, Role string }
	}
	Exchanges []struct{ URL, File string }
	table     []stockdigest.Ticker
	files     map[string]string
}

func loadNight(t *testing.T) *night {
	t.Helper()
	dir := datatest.Dir(t, "night-2019-11-20")
	raw, err := os.ReadFile(filepath.Join(dir, "night.json"))
	if err != nil {
		t.Fatal(err)
	}
	n := &night{dir: dir, files: map[string]string{}, table: table()}
	if err := json.Unmarshal(raw, n); err != nil {
		t.Fatal(err)
	}
	for _, e := range n.Exchanges {
		n.files[e.URL] = e.File
	}
	return n
}

var asOf = time.Date(2019, 11, 20, 7, 0, 0, 0, time.UTC)

func (n *night) candidates(t *testing.T, symbol stockdigest.Symbol) []stockdigest.Candidate {
	t.Helper()
	byTitle := map[string]stockdigest.Candidate{}
	for _, tk := range n.Tickers {
		for _, f := range tk.Feeds {
			if tk.Symbol != string(symbol) {
				continue
			}
			var feed struct {
				Items []struct {
					Title       string `xml:"title"`
					Link        string `xml:"link"`
					Date        string `xml:"pubDate"`
					Description string `xml:"description"`
					Source      string `xml:"source"`
				} `xml:"channel>item"`
			}
			if err := xml.Unmarshal([]byte(n.read(t, n.files[f.URL])), &feed); err != nil {
				t.Fatal(err)
			}
			for _, it := range feed.Items {
				at, _ := time.Parse(time.RFC1123, it.Date)
				title := strings.TrimSuffix(it.Title, " - "+it.Source)
				c := stockdigest.Candidate{Role: stockdigest.RoleCompany, Verdict: stockdigest.Verdict{Decision: stockdigest.Pending}}
				c.Article = stockdigest.Article{ID: stockdigest.NewArticleID(title), URL: it.Link, Title: title, PublishedAt: at}
				if f.Source == "yahoo" {
					c.Article.Description = it.Description
				}
				old, seen := byTitle[title]
				if seen && c.Article.Description == "" || !stockdigest.Weekly.Window(asOf).Holds(at) {
					continue
				}
				if seen {
					c.Article.URL = old.Article.URL
				}
				byTitle[title] = c
			}
		}
	}
	var all []stockdigest.Candidate
	for _, c := range byTitle {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b stockdigest.Candidate) int {
		if d := b.Article.PublishedAt.Compare(a.Article.PublishedAt); d != 0 {
			return d
		}
		return strings.Compare(string(a.Article.ID), string(b.Article.ID))
	})
	return all
}

var (
	noText    = regexp.MustCompile(`(?is)<(script|style|nav|footer|header|aside|noscript|form)\b.*?</(script|style|nav|footer|header|aside|noscript|form)>`)
	paragraph = regexp.MustCompile(`(?is)<p\b[^>]*>(.*?)</p>`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
)

// body strips a page roughly. Wrapper links are not opened here: the page is
// found by the words of its address or its headline.
func (n *night) body(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	for page, file := range n.files {
		p, _ := url.Parse(page)
		if !strings.Contains(file, "page-") || !wraps(link, page) && (p.Host != u.Host || p.Path != u.Path) {
			continue
		}
		var b strings.Builder
		for _, m := range paragraph.FindAllStringSubmatch(noText.ReplaceAllString(n.read(t, file), " "), -1) {
			if text := strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(m[1], ""))); len(text) > 40 {
				b.WriteString(text + "\n\n")
			}
		}
		return b.String()
	}
	t.Logf("no page for %s", link)
	return ""
}

func (n *night) read(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(n.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToValidUTF8(string(raw), " ")
}
