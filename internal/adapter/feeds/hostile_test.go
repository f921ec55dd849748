package feeds_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/feeds"
)

// hostile documents: each is built to be as large as a feed may be.
func hostile() map[string]string {
	const size = hostileSize - 200
	fill := func(head, unit string) string {
		return head + strings.Repeat(unit, (size-len(head))/len(unit))
	}
	const rss, entry = "<rss><channel>", "<rss><channel><item><title>t</title><description>"
	return map[string]string{
		"nested elements":          fill(rss, "<a>"),
		"nested extensions":        fill(rss+"<item>", "<x:a>"),
		"nested in a text":         fill(entry, "<b>"),
		"nested same name":         fill(entry, "<description>"),
		"nested titles":            fill(rss+"<item>", "<title>"),
		"nested channels":          fill("", "<channel>"),
		"many items":               fill(rss, "<item></item>"),
		"many empty elements":      fill(rss, "<a/>"),
		"many end tags":            fill(rss, "</a>"),
		"open tags without end":    fill(rss, "<a "),
		"open quotes":              fill(rss, `<a b="`),
		"mixed quotes":             fill(rss, `<a b='<a b="`),
		"quotes and ends":          fill(rss, `<a b="> `),
		"comments without end":     fill(rss, "<!--"),
		"comments half ended":      fill(rss, "<!-- >"),
		"CDATA without end":        fill(rss, "<![CDATA["),
		"CDATA in a text":          fill(entry, "<![CDATA["),
		"subsets without end":      fill("", "<!a[>"),
		"doctypes":                 fill("", "<!DOCTYPE a [ ] "),
		"instructions without end": fill("", "<?a >"),
		"less than":                fill(rss, "<"),
		"less than in a text":      fill(entry, "< "),
		"ampersands":               fill(entry, "&"),
		"half entities":            fill(entry, "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"namespaces":               fill("<rss ", `xmlns:a="b" `),
		"namespace prefixes":       fill("<rss ", "xmlns:"),
		"attributes":               fill(rss+"<item><link ", `a="b" `),
		"attributes without value": fill(rss+"<item><link ", "a = "),
		"many tags with links":     fill(rss+"<item>", `<link rel="x" href="y">`),
		"long name":                fill("<", "a"),
		"zeros":                    fill("", "\x00"),
		"wide zeros":               fill("<\x00", "\x00\x00"),
		"one long date":            fill(rss+"<item><pubDate>", "1 "),
		"many dates":               fill(rss+"<item>", "<pubDate>Tue, 1 Foo 2019 1:1:1 +1</pubDate>"),
		"blanks":                   fill(entry, " "),
		"invalid UTF-8":            fill(entry, "\xff\xfe\x80"),
		"scrambled text":           fill(entry, "Ã"),
		"pages in pages":           fill("", "<html><body>"),
		"links in a page":          fill("<html>", `<link rel="alternate" href="x">`),
		"nested JSON":              fill(`{"version":"1","items":`, `[`),
		"nested JSON objects":      fill(`{"version":"1","items":[`, `{"a":`),
		"many JSON items":          fill(`{"version":"1","items":[`, `{},`) + "{}]}",
		"JSON numbers":             fill(`{"version":"1","items":[{"id":`, `9`) + "}]}",
		"open JSON text":           fill(`{"version":"`, `a\"`),
	}
}

// TestHostileFeedsCostLittle is not parallel: it measures time and memory.
func TestHostileFeedsCostLittle(t *testing.T) { //nolint:paralleltest // it measures
	for name, doc := range hostile() {
		t.Run(name, func(t *testing.T) {
			data := []byte(doc)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			answer, err := feeds.Parse(data, "text/xml", base)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			// Allocated in total, which bounds what was held at any moment.
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 2*time.Second || mb > 100 {
				t.Errorf("took %v and %d MB (%d items, error %v), want at most 2s and 100 MB", took, mb, len(answer.Items), err)
			}
		})
	}
}

// recorded returns the folder of recorded data, or skips; in CI it must be there.
func recorded(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("STOCKDIGEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("recorded data: %v", err)
		}
		tb.Skipf("recorded data is absent: %v", err)
	}
	return dir
}

// eachFile calls do with every file below dir.
func eachFile(tb testing.TB, dir string, do func(name string, data []byte)) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		do(path, data)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestRecordedAttacksCostLittle(t *testing.T) { //nolint:paralleltest // it measures
	eachFile(t, filepath.Join(recorded(t), "attacks"), func(name string, data []byte) {
		start := time.Now()
		answer, err := feeds.Parse(data, "", base)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %v (%d items, error %v)", name, took, len(answer.Items), err)
		}
	})
}
