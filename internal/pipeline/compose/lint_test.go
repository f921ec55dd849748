package compose_test

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// lint reports what no mail may hold: anything active, anything remote, a link
// to anywhere but our site and the sources, more bytes than fit.
func lint(t *testing.T, name string, l compose.Letter) {
	t.Helper()
	for _, fault := range faults(t, l) {
		t.Errorf("%s: %s", name, fault)
	}
}

func faults(t *testing.T, l compose.Letter) []string {
	t.Helper()
	var all []string
	for n := range parsed(t, l).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "iframe", "object", "embed", "form", "input", "button", "link", "base", "svg", "video", "audio"}, n.Data) {
			all = append(all, "active or remote element "+n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"):
				all = append(all, "active attribute "+a.Key)
			case a.Key == "src" && !strings.HasPrefix(a.Val, "cid:"):
				all = append(all, "remote content "+a.Val)
			case a.Key == "background" || a.Key == "style" && strings.Contains(a.Val, "url("):
				all = append(all, "remote content in "+a.Val)
			case a.Key == "href" && !known(a.Val):
				all = append(all, "link to a stranger: "+a.Val)
			}
		}
	}
	for _, address := range addresses(string(l.Text)) {
		if !known(address) {
			all = append(all, "text links to a stranger: "+address)
		}
	}
	if len(l.HTML) > 90_000 {
		all = append(all, strconv.Itoa(len(l.HTML))+" bytes")
	}
	return all
}

// known reports whether an address leads to our site or to one of the sources.
func known(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" &&
		slices.Contains([]string{"digest.example", "news.example", "wire.example", "www.sec.gov"}, u.Host)
}

func parsed(t *testing.T, l compose.Letter) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(string(l.HTML)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func addresses(text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^\s*<(https?://\S+)>$`).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestLettersHoldNothingActiveRemoteOrStrange(t *testing.T) {
	t.Parallel()
	for name, l := range letters(t) {
		lint(t, name, l)
	}
}

func TestTheLintFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]compose.Letter{
		"script":       {HTML: []byte(`<p>a<script>1</script></p>`)},
		"handler":      {HTML: []byte(`<p onclick="x()">a</p>`)},
		"remote image": {HTML: []byte(`<img src="https://news.example/a.png">`)},
		"background":   {HTML: []byte(`<p style="background-image:url(https://digest.example/a.png)">a</p>`)},
		"stranger":     {HTML: []byte(`<a href="https://evil.example/">a</a>`)},
		"scheme":       {HTML: []byte(`<a href="javascript:alert(1)">a</a>`)},
		"text":         {Text: []byte("a\n  <https://evil.example/>\n")},
		"size":         {HTML: []byte("<p>" + strings.Repeat("a", 90_000))},
	} {
		if len(faults(t, bad)) == 0 {
			t.Errorf("%s: the lint found nothing", name)
		}
	}
}

// TestTextSaysWhatHTMLSays compares the words that a person sees, and the
// addresses that the words lead to.
func TestTextSaysWhatHTMLSays(t *testing.T) {
	t.Parallel()
	for name, l := range letters(t) {
		for _, lost := range unequal(t, l) {
			t.Errorf("%s: %s", name, lost)
		}
		bare := l
		bare.Text = []byte(strings.Replace(string(l.Text), "information only", "information", 1))
		cut := regexp.MustCompile(`(?m)^\s*<https?://\S+>\n`).ReplaceAllString(string(l.Text), "")
		if name == "digest" && (len(unequal(t, bare)) == 0 || len(unequal(t, compose.Letter{HTML: l.HTML, Text: []byte(cut)})) == 0) {
			t.Error("a text that says less passes")
		}
	}
}

func unequal(t *testing.T, l compose.Letter) []string {
	t.Helper()
	text := regexp.MustCompile(`(?m)^\s*<https?://\S+>$`).ReplaceAllString(string(l.Text), "")
	inText, inHTML := bag(text), bag(shown(t, l))
	var all []string
	for word, n := range inHTML {
		// What links say of themselves is an address in the text.
		if linkWords[word] || inText[word] >= n {
			continue
		}
		all = append(all, "the text lacks "+strconv.Quote(word)+": "+strconv.Itoa(inText[word])+" of "+strconv.Itoa(n))
	}
	for word, n := range inText {
		if !linkWords[word] && inHTML[word] < n {
			all = append(all, "only the text says "+strconv.Quote(word))
		}
	}
	linked := map[string]bool{}
	for n := range parsed(t, l).Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" {
				linked[a.Val] = true
			}
		}
	}
	told := map[string]bool{}
	for _, a := range addresses(string(l.Text)) {
		told[a] = true
	}
	if !maps.Equal(linked, told) {
		all = append(all, "the links differ: "+cmp.Diff(linked, told))
	}
	return all
}

// linkWords are those of "see the sentence", "open the source" and "and why",
// of repeated openings of a list of ways out, and of a site's own address.
var linkWords = map[string]bool{
	"see": true, "the": true, "sentence": true, "open": true, "source": true, "and": true, "why": true,
	"stop": true, "mails": true, "about": true, "https": true, "digest.example": true,
}

// bag counts the words of a text.
func bag(s string) map[string]int {
	words := map[string]int{}
	for _, w := range regexp.MustCompile(`[\p{L}\p{N}$%.,]+`).FindAllString(strings.ToLower(s), -1) {
		if w = strings.Trim(w, ".,"); w != "" {
			words[w]++
		}
	}
	return words
}

// shown is what a person sees of a letter: no preheader, but what stands for a
// picture.
func shown(t *testing.T, l compose.Letter) string {
	t.Helper()
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		hidden := n.Data == "style" || n.Data == "title"
		for _, a := range n.Attr {
			hidden = hidden || a.Key == "aria-hidden"
			if a.Key == "alt" {
				b.WriteString(a.Val + " ")
			}
		}
		if hidden && n.Type == html.ElementNode {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(parsed(t, l))
	return b.String()
}
