package edgar_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"paragraphs", "<p>One.</p><div>Two\nlines.</div>", "One.\n\nTwo lines."},
		{"figures of a table", `<table><tr><td>Revenue</td><td>$</td><td>1,234</td><td>&nbsp;</td><td>(</td><td>5.6</td><td>)</td><td>%</td></tr><tr><td>Loss</td><td>$ ( 12</td><td>)</td></tr></table>`, "Revenue | $1,234 | (5.6)%\nLoss | $(12)"},
		{"bullet in a layout table", `<table><tr><td>&#149;</td><td>Sales rose 4 %.</td></tr></table>`, "Sales rose 4%."},
		{"label of a list entry", `<table><tr><td>(d)</td><td>Exhibits.</td></tr></table>`, "(d) Exhibits."},
		{"heading in a layout table", `<table><tr><td>Item 5.02.</td><td>Departure of Directors</td></tr></table>`, "Item 5.02. Departure of Directors"},
		{"nested tables", `<table><tr><td><table><tr><td>A</td><td>1</td></tr></table></td></tr></table><p>After.</p>`, "A | 1\n\nAfter."},
		{"hidden inline XBRL", `<div style="display: none"><ix:header><ix:hidden>0000042</ix:hidden></ix:header></div><p><ix:nonFraction>12.5</ix:nonFraction> million</p>`, "12.5 million"},
		{"hidden element that never ends", `<div style="display:none"><p>Net income was $7 million.</p>`, "Net income was $7 million."},
		{"raised footnote", `<p>$5.60<sup>1</sup> on the 24<sup>th</sup></p>`, "$5.60 (1) on the 24th"},
		{"spaces and entities", "<p>AT&amp;T&nbsp;&nbsp;paid\u200b \u2002$ 3&#46;5</p>", "AT&T paid $3.5"},
		{"page number and sentence across a page", `<p>Sales of the</p><p>- 12 -</p><hr><p>new product rose 4%.</p>`, "Sales of the new product rose 4%."},
		{"footer with the page's number", "<p>Sales rose.</p><p>The Acme Company 7</p><hr><p>Costs fell.</p><p>The Acme Company 8</p><hr><p>All is well.</p><p>The Acme Company 9</p><hr>", "Sales rose.\n\nCosts fell.\n\nAll is well."},
		{"number that is no page number", `<p>Total</p><p>12</p><p>units</p>`, "Total\n\n12\n\nunits"},
		{"windows bytes", "<p>Acme\x92s \x93best\x94</p>", "Acme’s “best”"},
		{"text filing", "<PAGE>\n          ITEM 5. OTHER EVENTS\n\n     On June 3, Acme sold\nits unit for $ 3 million.\n     It will\nuse the cash.\n\n<TABLE>\n<CAPTION>\n<S>            <C>       <C>\nRevenue......  $ 1,200   $ 900\nLoss             (12)     (8)\n</TABLE>\n", "ITEM 5. OTHER EVENTS\n\nOn June 3, Acme sold its unit for $3 million.\n\nIt will use the cash.\n\nRevenue | $1,200 | $900\nLoss | (12) | (8)"},
		{"nothing", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, edgar.PlainText([]byte(tc.in))); diff != "" {
				t.Errorf("text of %q (-want +got):\n%s", tc.in, diff)
			}
		})
	}
}

// figure finds numbers as people would compare them: with a comma, a point
// or at least five digits, so that page numbers are left out.
var figure = regexp.MustCompile(`\d+(?:[.,]\d+)+|\d{5,}`)

func TestPlainTextKeepsEveryFigure(t *testing.T) {
	t.Parallel()
	edgarDir := datatest.Dir(t, "edgar")
	var files []string
	for _, dir := range []string{"primary_docs", "exhibits"} {
		found, err := filepath.Glob(filepath.Join(edgarDir, dir, "*.htm*"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatal("no documents found")
	}
	for i, p := range files {
		if (raceEnabled || testing.Short()) && i%8 != 0 {
			continue
		}
		t.Run(filepath.Base(p), func(t *testing.T) {
			t.Parallel()
			raw := readData(t, p)
			got := count(figure.FindAllString(edgar.PlainText(raw), -1))
			want := count(figure.FindAllString(visible(t, raw), -1))
			for _, n := range slices.Sorted(maps.Keys(want)) {
				if got[n] < want[n] {
					t.Errorf("%s: got %d times, want %d", n, got[n], want[n])
				}
			}
		})
	}
}

func count(tokens []string) map[string]int {
	n := map[string]int{}
	for _, s := range tokens {
		n[s]++
	}
	return n
}

// visible returns the text of a page by way of a tree, as a browser shows it.
func visible(t *testing.T, raw []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
		case html.ElementNode:
			if slices.Contains([]string{"script", "style", "title", "ix:header", "ix:hidden"}, n.Data) || slices.ContainsFunc(n.Attr, hides) {
				return
			}
			if !slices.Contains([]string{"font", "span", "b", "i", "u", "ix:nonfraction", "ix:nonnumeric"}, n.Data) {
				b.WriteByte(' ')
			}
		default: // the document itself, comments
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return b.String()
}

func hides(a html.Attribute) bool {
	return a.Key == "style" && strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none")
}

func TestPlainTextIsLinear(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in string }{
		{"one long line", strings.Repeat("word ( 12 ", 1<<17)},
		{"one long paragraph", "<p>" + strings.Repeat("$ 1 <br> Item 5 ", 1<<16)},
		{"nested tags", strings.Repeat("<div>", 2e5) + "x"},
		{"nested tables", strings.Repeat("<table><tr><td>", 1e5) + "x"},
		{"hidden tags", strings.Repeat(`<div style="display:none">`, 1e5) + "x"},
		{"attributes", "<p " + strings.Repeat("a=b ", 3e5) + ">x</p>"},
		{"page breaks", strings.Repeat("<hr>x<hr>y", 1e5)},
		{"cells", "<table><tr>" + strings.Repeat("<td>$</td><td>1</td>", 1e5)},
		{"headings", strings.Repeat("<p>Item 1. Business</p>", 5e4)},
		{"an open tag", "<p " + strings.Repeat("x", 2<<20)},
		{"a text filing of blanks", strings.Repeat("    ", 1<<19)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if raceEnabled {
				tc.in = tc.in[:len(tc.in)/8]
			}
			start := time.Now()
			if _, err := edgar.SplitItems("10-K.htm", []byte(tc.in)); err != nil {
				t.Fatal(err)
			}
			// Less than a second even on a slow machine; quadratic work takes minutes.
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
