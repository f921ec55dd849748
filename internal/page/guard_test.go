package page_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/page"
)

// hostile lists pages made to cost time or memory, each near the size limit.
func hostile() map[string]string {
	const size = 2<<20 - 4096
	fill := func(head, unit string) string { return head + strings.Repeat(unit, (size-len(head))/len(unit)) }
	var bold strings.Builder
	bold.WriteString("<p>")
	for i := range 400 {
		fmt.Fprintf(&bold, "<b id=%d>", i)
	}
	return map[string]string{
		"paragraphs without end": fill("<html><body>", "<p>x"),
		"links without end":      fill("<html><body>", "<a>x"),
		"nested elements":        fill("<html><body>", "<div>"),
		"open formatting copied": fill("<html><body>"+bold.String()+"</p>", "<p>x"),
		"one long paragraph":     fill("<html><body><article><p>", "word, and more. "),
		"long paragraphs":        fill("<html><body><article>", "<p>"+strings.Repeat("Sales rose 5 percent to $10 billion. ", 30)+"</p>"),
		"many short paragraphs":  "<html><body><article>" + strings.Repeat("<p>Sales rose 5 percent.</p>", 39_000),
		"attributes":             fill("<html><body><p ", `a="b" `),
		"one huge attribute":     fill(`<html><body><p class="`, "story-body "),
		"comments":               fill("<html><body>", "<!-- x -->"),
		"unclosed comment":       fill("<html><body>", "<!--"),
		"json-ld arrays":         `<html><script type="application/ld+json">` + strings.Repeat("[", 1<<20-100) + "</script><body><p>x",
		"json-ld strings":        fill(`<html><script type="application/ld+json">{"@type":"NewsArticle","articleBody":"`, `\n<p>word`),
		"many json-ld scripts":   strings.Repeat(`<script type="application/ld+json">{"@type":"Article","author":[{"@id":"a"}]}</script>`, 15_000),
		"entities":               fill("<html><body><p>", "&amp;&lt;"),
		"table cells":            "<html><body><table>" + strings.Repeat("<tr><td>1<td>2", 12_000),
		"broken tags":            fill("<html><body>", "<<<p<"),
		"line breaks":            "<html><body><article>" + strings.Repeat("text, more text.<br><br>", 19_000),
		"meta":                   strings.Repeat(`<meta name="author" content="A B">`, 39_000),
		"headings":               strings.Repeat("<h1>A title of many words</h1>", 19_000),
		"bylines":                strings.Repeat(`<div class="byline">`+strings.Repeat("word ", 10)+"</div>", 19_000),
	}
}

func TestReadRefusesWhatIsNoPage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		page string
		want error
	}{
		"nothing":         {"", page.ErrNotHTML},
		"blank":           {" \n", page.ErrNotHTML},
		"PDF":             {"%PDF-1.4 <html>", page.ErrNotHTML},
		"binary":          {"\x89PNG\r\n\x1a\n\x00\x00<", page.ErrNotHTML},
		"JSON":            {`{"html":"<p>x</p>"}`, page.ErrNotHTML},
		"plain text":      {"no tags at all", page.ErrNotHTML},
		"no text":         {"<html><body><script>var x = 1</script></body></html>", page.ErrEmpty},
		"too deep":        {strings.Repeat("<div>", 2_000), page.ErrTooLarge},
		"copied elements": {"<p>" + strings.Repeat("<b>", 400) + "</p>" + strings.Repeat("<p>x", 10_000), page.ErrTooLarge},
		"cookie wall":     {"<html><title>Before you continue to Example</title><body><p>We and our partners store cookies on your device. Accept all?</p></body></html>", page.ErrConsent},
		"bot wall":        {"<html><title>Just a moment...</title><body><p>Checking your browser before you can go on to example.com. This may take a few seconds.</p></body></html>", page.ErrConsent},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := page.Read([]byte(test.page), "https://example.com/story"); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<html><head><script type="application/ld+json">{"@type":"NewsArticle","author":[{"name":"A"},],}</script></head><body><article><p>Text.</p></article></body></html>`), "https://example.com/2019/11/20/a")
	f.Add([]byte("<table><tr><td>1<td>2</table><p>x<br><br>y"), "::")
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"), "")
	f.Fuzz(func(t *testing.T, source []byte, url string) {
		a, err := page.Read(source, url)
		if err == nil && strings.TrimSpace(a.Text) != a.Text {
			t.Errorf("text has blanks around it: %q", a.Text)
		}
	})
}

func TestALongTailIsCutOff(t *testing.T) {
	t.Parallel()
	story := "<html><body><article><h1>Acme to buy Bolt</h1>" + strings.Repeat("<p>Acme said on Tuesday that it would buy Bolt for $2 billion in cash, its largest deal.</p>", 3) + "</article>"
	tests := map[string]string{
		"bytes":    "<!-- " + strings.Repeat("comment ", 3<<17) + " -->",
		"elements": strings.Repeat("<i></i>", 60_000),
		"comments": `<div class="comments">` + strings.Repeat(`<div class="comment"><p>Great post, I love it, buy my pills at example dot com now.</p></div>`, 26_000) + "</div>",
	}
	for name, tail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := page.Read([]byte(story+tail+"</body></html>"), "https://example.com/2019/11/20/story")
			if err != nil || !strings.HasPrefix(got.Text, "Acme said on Tuesday") {
				t.Errorf("got %.120q, %v, want the story", got.Text, err)
			}
		})
	}
}
