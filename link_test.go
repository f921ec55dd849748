package stockdigest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestCanonicalURLIsOnePerPage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"plain":                         {"https://example.com/a", "https://example.com/a"},
		"scheme and host lower case":    {"HTTPS://WWW.Example.COM/News/A", "https://www.example.com/News/A"},
		"default port":                  {"https://example.com:443/a", "https://example.com/a"},
		"default port of http":          {"http://example.com:80/a", "http://example.com/a"},
		"empty port":                    {"http://example.com:/a", "http://example.com/a"},
		"other port stays":              {"http://example.com:443/a", "http://example.com:443/a"},
		"trailing dot of host":          {"https://example.com./a", "https://example.com/a"},
		"fragment":                      {"https://example.com/a#comments", "https://example.com/a"},
		"empty path":                    {"https://example.com", "https://example.com/"},
		"trailing slash stays":          {"https://example.com/a/", "https://example.com/a/"},
		"http stays":                    {"http://example.com/a", "http://example.com/a"},
		"www stays":                     {"https://www.example.com/a", "https://www.example.com/a"},
		"phone host stays":              {"https://m.example.com/a", "https://m.example.com/a"},
		"blanks around":                 {" https://example.com/a\n", "https://example.com/a"},
		"IDN stays":                     {"https://bücher.example/a", "https://bücher.example/a"},
		"escapes stay":                  {"https://example.com/a%20b%2Fc", "https://example.com/a%20b%2Fc"},
		"campaign":                      {"https://example.com/a?utm_source=rss&utm_medium=feed", "https://example.com/a"},
		"Yahoo's mark":                  {"https://example.com/a?.tsrc=rss", "https://example.com/a"},
		"click ids":                     {"https://example.com/a?gclid=1&fbclid=2&mc_cid=3&mc_eid=4&msclkid=5", "https://example.com/a"},
		"Yahoo counter":                 {"https://finance.yahoo.com/news/a.html?guccounter=1&guce_referrer=x", "https://finance.yahoo.com/news/a.html"},
		"campaign key in capitals":      {"https://example.com/a?UTM_Source=x&CMPID=y&CMP=z", "https://example.com/a"},
		"escaped campaign key":          {"https://example.com/a?utm%5Fsource=x", "https://example.com/a"},
		"empty query":                   {"https://example.com/a?", "https://example.com/a"},
		"query sorted":                  {"https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"},
		"equal keys keep their order":   {"https://example.com/a?x=2&x=1", "https://example.com/a?x=2&x=1"},
		"value kept as written":         {"https://example.com/a?q=a+b%2Bc", "https://example.com/a?q=a+b%2Bc"},
		"broken escape kept":            {"https://example.com/a?q=100%&b", "https://example.com/a?b&q=100%"},
		"key that starts like a family": {"https://example.com/a?utmost=1", "https://example.com/a?utmost=1"},
		"id that a cut would lose":      {"https://example.com/story?id=7&utm_source=x&page=2", "https://example.com/story?id=7&page=2"},
		"article named by the query":    {"https://example.com/story.php?p=1&ref=2&src=3&cid=4", "https://example.com/story.php?cid=4&p=1&ref=2&src=3"},
		"tracking first, article last":  {"https://example.com/?utm_source=a&p=99", "https://example.com/?p=99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := stockdigest.CanonicalURL(tc.in)
			if err != nil || got != tc.want {
				t.Errorf("CanonicalURL(%q): got %q, %v, want %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func TestCanonicalURLRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":          "",
		"relative":         "/news/a",
		"no host":          "https:///a",
		"opaque":           "https:example.com",
		"script":           "javascript:alert(1)",
		"file":             "file:///etc/passwd",
		"mail":             "mailto:a@example.com",
		"user name":        "https://user:secret@example.com/a",
		"user name alone":  "https://example.com@evil.example/a",
		"control byte":     "https://exa\x00mple.com/",
		"blank in host":    "https://exa mple.com/",
		"markup in host":   "https://<script>/",
		"backslash":        `https://example.com\@evil.example/`,
		"broken escape":    "https://example.com/%zz",
		"longer than 8 KB": "https://example.com/" + strings.Repeat("a", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := stockdigest.CanonicalURL(in); !errors.Is(err, stockdigest.ErrInvalid) {
				t.Errorf("CanonicalURL(%q): got %q, %v, want ErrInvalid", in, got, err)
			}
		})
	}
}

// googleNews wraps addresses as Google News did until 2024.
func googleNews(path, target, amp string) string {
	message := []byte{0x08, 0x13}
	field := func(tag []byte, value string) {
		message = append(message, tag...)
		for n := len(value); ; n >>= 7 {
			if n < 0x80 {
				message = append(message, byte(n))
				break
			}
			message = append(message, byte(n&0x7f|0x80))
		}
		message = append(message, value...)
	}
	field([]byte{0x22}, target)
	field([]byte{0xd2, 0x01}, amp)
	return "https://news.google.com" + path + base64.RawURLEncoding.EncodeToString(message) + "?oc=5"
}

func TestUnwrapOpensWhatCarriesItsTarget(t *testing.T) {
	t.Parallel()
	const target = "https://www.example.com/news/a-story?id=7&x=1"
	long := "https://www.example.com/" + strings.Repeat("long-", 40)
	for name, tc := range map[string]struct{ in, want string }{
		"Google News feed":         {googleNews("/rss/articles/", target, ""), target},
		"Google News page":         {googleNews("/articles/", target, ""), target},
		"Google News redirect":     {googleNews("/__i/rss/rd/articles/", target, ""), target},
		"Google News with AMP":     {googleNews("/rss/articles/", target, "https://amp.example.com/a"), target},
		"Google News long address": {googleNews("/rss/articles/", long, long+"/amp"), long},
		"Google News padded":       {strings.Replace(googleNews("/rss/articles/", target, ""), "?oc", "==?oc", 1), target},
		"consent page":             {"https://consent.google.com/ml?continue=" + url.QueryEscape(googleNews("/rss/articles/", target, "")) + "&gl=DE", target},
		"Google search":            {"https://www.google.com/url?sa=t&q=" + url.QueryEscape(target), target},
		"Google search, country":   {"https://www.google.co.uk/url?url=" + url.QueryEscape(target), target},
		"Google AMP":               {"https://www.google.com/amp/s/www.example.com/news/a-story", "https://www.example.com/news/a-story"},
		"AMP cache":                {"https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/a?x=1", "https://www.example.com/news/a?x=1"},
		"Yahoo search":             {"https://r.search.yahoo.com/_ylt=AwrE/RV=2/RE=1/RO=10/RU=https%3a%2f%2fwww.example.com%2fnews%2fa/RK=2/RS=x-", "https://www.example.com/news/a"},
		"Yahoo redirect":           {"http://us.rd.yahoo.com/finance/news/rss/story/*http://www.example.com/a", "http://www.example.com/a"},
		"Bing News":                {"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url=https%3a%2f%2fwww.example.com%2fa&c=1", "https://www.example.com/a"},
		"Facebook":                 {"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.example.com%2Fa", "https://www.example.com/a"},
		"wrapper in a wrapper":     {"https://www.google.com/url?q=" + url.QueryEscape("https://r.search.yahoo.com/x/RU=https%3a%2f%2fwww.example.com%2fa/RK=2"), "https://www.example.com/a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := stockdigest.Unwrap(tc.in); !ok || got != tc.want {
				t.Errorf("Unwrap(%q): got %q, %v, want %q", tc.in, got, ok, tc.want)
			}
		})
	}
}

func TestUnwrapLeavesTheRest(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"plain article":            "https://www.example.com/a",
		"new Google News":          googleNews("/rss/articles/", "AU_yqLPx3gGxhbBs", "AU_yqLNsDVZi"),
		"Google News, no base64":   "https://news.google.com/rss/articles/!!!",
		"Google News, cut message": "https://news.google.com/rss/articles/CBMi",
		"script inside":            googleNews("/rss/articles/", "javascript:alert(1)", ""),
		"file inside":              "https://www.google.com/url?q=file%3A%2F%2F%2Fetc%2Fpasswd",
		"relative inside":          "https://www.google.com/url?q=%2Fsearch",
		"user name inside":         "https://www.google.com/url?q=https%3A%2F%2Fa%3Ab%40example.com%2F",
		"no host inside":           "https://www.google.com/url?q=https%3A%2F%2F%2Fa",
		"somebody's google.com":    "https://google.com.evil.example/url?q=https%3A%2F%2Fexample.com",
		"other page of Google":     "https://www.google.com/search?q=https%3A%2F%2Fexample.com",
		"link in an article":       "https://www.example.com/share?url=https%3A%2F%2Fother.example%2F",
		"not a link":               "hello",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := stockdigest.Unwrap(in); ok {
				t.Errorf("Unwrap(%q): got %q, want none", in, got)
			}
		})
	}
}

func TestOneArticleThroughManyLinks(t *testing.T) {
	t.Parallel()
	const page = "https://www.example.com/news/merger"
	links := []string{
		page + "?.tsrc=rss", page + "#top", "HTTPS://www.example.com:443/news/merger?utm_source=a",
		"https://www.google.com/url?q=" + url.QueryEscape(page+"?utm_medium=feed"),
	}
	for _, path := range []string{"/rss/articles/", "/articles/", "/__i/rss/rd/articles/"} {
		links = append(links, googleNews(path, page, ""), googleNews(path, page+"?cmpid=x", page+"/amp"), googleNews(path, page+"?fbclid=1", ""))
	}
	for _, link := range links {
		if target, ok := stockdigest.Unwrap(link); ok {
			link = target
		}
		if got, err := stockdigest.CanonicalURL(link); err != nil || got != page {
			t.Errorf("%s: got %q, %v, want %q", link, got, err, page)
		}
	}
}

func TestTrimPublisher(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ title, publisher, want string }{
		"dash":                 {"Gannett to merge - Reuters", "Reuters", "Gannett to merge"},
		"bar":                  {"Best gadgets | ZDNet", "ZDNet", "Best gadgets"},
		"letter case":          {"Mystery illness - CNN", "cnn", "Mystery illness"},
		"domain as publisher":  {"Rescue in hotel - CBS News", "cbsnews.com", "Rescue in hotel"},
		"last one only":        {"Stocks - a history - Reuters", "Reuters", "Stocks - a history"},
		"another name":         {"The Guardian view on trade | Editorial", "The Guardian", "The Guardian view on trade | Editorial"},
		"no publisher":         {"Gannett to merge - Reuters", "", "Gannett to merge - Reuters"},
		"nothing but the name": {"Reuters", "Reuters", "Reuters"},
		"hyphenated word":      {"GE spin-off Reuters", "Reuters", "GE spin-off Reuters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stockdigest.TrimPublisher(tc.title, tc.publisher); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestNormalTitle(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ title, want string }{
		"quotes and dashes":  {"“Meth. We’re on it”: Ad — Divided", "meth were on it ad divided"},
		"spacing":            {"  Apple\u00a0 beats ", "apple beats"},
		"thousands":          {"Sells 1,000 cars", "sells 1000 cars"},
		"decimals stay":      {"Falls 1.5%", "falls 1.5%"},
		"minus stays":        {"Outlook at -3%", "outlook at -3%"},
		"range is no minus":  {"2019-20 season", "2019 20 season"},
		"initials":           {"U.S. stocks", "us stocks"},
		"other numbers stay": {"Profit up 15%", "profit up 15%"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stockdigest.NormalTitle(tc.title); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestUnwrapDecodesRecordedLinks(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(datatest.Dir(t, "gnews_urls", "old_style_pairs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []struct{ Link, Target string }
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	for _, pair := range pairs {
		if got, ok := stockdigest.Unwrap(pair.Link); !ok || got != pair.Target {
			t.Errorf("Unwrap(%s): got %q, %v, want %q", pair.Link, got, ok, pair.Target)
		}
	}
}

func TestUnwrapLeavesRecordedNewLinksAlone(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(datatest.Dir(t, "gnews_urls", "new_style_pairs_goleaf.csv"))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for field := range strings.FieldsFuncSeq(string(data), func(r rune) bool { return strings.ContainsRune("\",\r\n", r) }) {
		if !strings.HasPrefix(field, "https://news.google.com/") {
			continue
		}
		links++
		if got, ok := stockdigest.Unwrap(field); ok {
			t.Errorf("Unwrap(%s): got %q, want none", field, got)
		}
	}
	if links < 10 {
		t.Errorf("found %d links in the recording, want at least 10", links)
	}
}

func FuzzCanonicalURL(f *testing.F) {
	f.Add("https://example.com:443/a?b=2&a=1&utm_source=x#y")
	f.Add("http://[::1]/%2f?%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := stockdigest.CanonicalURL(raw)
		if err != nil {
			return
		}
		if twice, err := stockdigest.CanonicalURL(once); err != nil || twice != once {
			t.Errorf("%q: canonical %q, canonical again %q, %v", raw, once, twice, err)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	f.Add(googleNews("/rss/articles/", "https://example.com/a", ""))
	f.Add("https://www.google.com/url?q=https%3A%2F%2Fexample.com")
	f.Add("https://r.search.yahoo.com/RU=https%3a%2f%2fexample.com/RK=2")
	f.Fuzz(func(t *testing.T, raw string) {
		target, ok := stockdigest.Unwrap(raw)
		if !ok {
			return
		}
		if _, err := stockdigest.CanonicalURL(target); err != nil {
			t.Errorf("%q: unwrapped to %q: %v", raw, target, err)
		}
	})
}

func FuzzNormalTitle(f *testing.F) {
	f.Add("U.S. stocks fall 1.5% - Reuters")
	f.Fuzz(func(t *testing.T, title string) {
		once := stockdigest.NormalTitle(title)
		if strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
			t.Errorf("%q: got %q with stray blanks", title, once)
		}
	})
}
