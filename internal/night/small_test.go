package night_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

const (
	maxSmall      = 1_500_000 // bytes: it travels in every binary and is reviewed by people
	smallTickers  = "BKNC BWLF NRMF PNHW QLRY"
	smallMornings = 3
)

// smallIndex is the part of night.json that these tests look at.
type smallIndex struct {
	Exchanges []struct {
		URL, From, File string
		Status          int
	}
}

func readSmall(tb testing.TB) smallIndex {
	tb.Helper()
	raw, err := os.ReadFile("small/night.json")
	if err != nil {
		tb.Fatal(err)
	}
	var in smallIndex
	if err := json.Unmarshal(raw, &in); err != nil {
		tb.Fatal(err)
	}
	return in
}

func TestSmallHasItsCompaniesAndMornings(t *testing.T) {
	t.Parallel()
	n, err := night.Small()
	if err != nil {
		t.Fatal(err)
	}
	var symbols []string
	for _, ticker := range n.Tickers {
		symbols = append(symbols, string(ticker.Symbol))
		company := slices.IndexFunc(ticker.Feeds, func(f stockdigest.TickerFeed) bool { return f.Role == stockdigest.RoleCompany })
		if company < 0 || len(ticker.Names) == 0 {
			t.Errorf("%s has no company feed or no names", ticker.Symbol)
		}
	}
	slices.Sort(symbols)
	if got := strings.Join(symbols, " "); got != smallTickers {
		t.Errorf("got %s, want %s", got, smallTickers)
	}
	if len(n.Mornings) != smallMornings || !n.Mornings[smallMornings-1].Equal(n.AsOf) {
		t.Errorf("mornings %v, as of %s", n.Mornings, n.AsOf)
	}
}

// Every feed and list answers on every morning, and every article that a feed
// links to, directly or in a Google News link, is in the night.
func TestSmallAnswersWhateverItsFeedsLinkTo(t *testing.T) {
	t.Parallel()
	n, err := night.Small()
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, morning := range n.Mornings {
		via := n.Transport(func() time.Time { return morning })
		for _, ticker := range n.Tickers {
			if got, _ := get(t, via, "https://data.sec.gov/submissions/CIK"+ticker.CIK+".json"); got.Status != 200 {
				t.Errorf("%s: filings of %s answer %d", morning, ticker.Symbol, got.Status)
			}
			for _, feed := range ticker.Feeds {
				got, _ := get(t, via, feed.Feed.URL)
				if got.Status != 200 {
					t.Errorf("%s: %s answers %d", morning, feed.Feed.URL, got.Status)
				}
				for _, link := range itemLinks(got.Body) {
					links++
					if page, _ := get(t, via, link); page.Status != 200 {
						t.Errorf("%s: %s lists %s, which answers %d", morning, feed.Feed.URL, link, page.Status)
					}
				}
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links", links)
	}
}

var itemLink = regexp.MustCompile(`(?s)<item>.*?<link>([^<]*)</link>`)

func itemLinks(feed string) []string {
	var links []string
	for _, m := range itemLink.FindAllStringSubmatch(feed, -1) {
		link := strings.ReplaceAll(m[1], "&amp;", "&")
		if inner, ok := stockdigest.Unwrap(link); ok {
			link = inner
		}
		links = append(links, link)
	}
	return links
}

// Nothing in the night may point at somebody who exists.
func TestSmallNamesOnlyInventedHosts(t *testing.T) {
	t.Parallel()
	allowed := []string{"data.sec.gov", "www.sec.gov", "news.google.com", "schema.org", "ogp.me", "search.yahoo.com", "purl.org", "www.w3.org"}
	address := regexp.MustCompile(`https?://[^\s"'<>)]+`)
	walkSmall(t, func(name string, body []byte) {
		for _, found := range address.FindAllString(string(body), -1) {
			u, err := url.Parse(strings.ReplaceAll(found, "&amp;", "&"))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !strings.HasSuffix(u.Hostname(), ".example") && !slices.Contains(allowed, u.Hostname()) {
				t.Errorf("%s names %s", name, u.Hostname())
			}
		}
	})
}

func TestSmallIsSmallAndHoldsNothingUnused(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"night.json": true, "README.md": true}
	for _, e := range readSmall(t).Exchanges {
		used[e.File] = true
	}
	size, pages := 0, 0
	var unused []string
	walkSmall(t, func(name string, body []byte) {
		size += len(body)
		if strings.HasPrefix(path.Base(name), "page-") {
			pages++
		}
		if !used[name] {
			unused = append(unused, name)
		}
		if bytes.IndexByte(body, 0) >= 0 {
			t.Errorf("%s is no text", name)
		}
	})
	if diff := cmp.Diff([]string(nil), unused); diff != "" {
		t.Errorf("unused files (-want +got):\n%s", diff)
	}
	if size > maxSmall || pages < 55 {
		t.Errorf("%d bytes in all, want at most %d; %d pages, want about 60", size, maxSmall, pages)
	}
}

// Each file that the README's table of traps names is there.
func TestSmallReadmeNamesFilesThatExist(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("small/README.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:page|feed|edgar|CIK|0009990001)[-0-9][A-Za-z0-9.-]*|CIK[0-9-]+\\.json)`").FindAllStringSubmatch(string(readme), -1)
	if len(named) < 40 {
		t.Errorf("found only %d names", len(named))
	}
	for _, m := range named {
		matches, err := fs.Glob(os.DirFS("small/bodies"), m[1]+"*")
		if err != nil || len(matches) == 0 {
			t.Errorf("%s is not in bodies (%v)", m[1], err)
		}
	}
}

func walkSmall(tb testing.TB, visit func(name string, body []byte)) {
	tb.Helper()
	files := os.DirFS("small")
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err == nil {
			visit(name, body)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}
