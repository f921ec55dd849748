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
	"stockdigest.app/stockdigest/internal/datatest"
)

// A bomb is a document that repeats one unit until it is as large as wanted.
type bomb struct{ head, unit, tail string }

func (b bomb) build(size int) []byte {
	n := max(1, (size-len(b.head)-len(b.tail))/len(b.unit))
	return []byte(b.head + strings.Repeat(b.unit, n) + b.tail)
}

func hostile() map[string]bomb {
	const rss, entry = "<rss><channel>", "<rss><channel><item><title>t</title><description>"
	return map[string]bomb{
		"nested elements":          {rss, "<a>", ""},
		"nested extensions":        {rss + "<item>", "<x:a>", ""},
		"nested in a text":         {entry, "<b>", ""},
		"nested same name":         {entry, "<description>", ""},
		"nested titles":            {rss + "<item>", "<title>", ""},
		"nested channels":          {"", "<channel>", ""},
		"many items":               {rss, "<item></item>", ""},
		"many empty elements":      {rss, "<a/>", ""},
		"many end tags":            {rss, "</a>", ""},
		"open tags without end":    {rss, "<a ", ""},
		"open quotes":              {rss, `<a b="`, ""},
		"mixed quotes":             {rss, `<a b='<a b="`, ""},
		"quotes and ends":          {rss, `<a b="> `, ""},
		"comments without end":     {rss, "<!--", ""},
		"comments half ended":      {rss, "<!-- >", ""},
		"CDATA without end":        {rss, "<![CDATA[", ""},
		"CDATA in a text":          {entry, "<![CDATA[", ""},
		"subsets without end":      {"", "<!a[>", ""},
		"doctypes":                 {"", "<!DOCTYPE a [ ] ", ""},
		"instructions without end": {"", "<?a >", ""},
		"less than":                {rss, "<", ""},
		"less than in a text":      {entry, "< ", ""},
		"ampersands":               {entry, "&", ""},
		"half entities":            {entry, "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
		"namespaces":               {"<rss ", `xmlns:a="b" `, ""},
		"namespace prefixes":       {"<rss ", "xmlns:", ""},
		"attributes":               {rss + "<item><link ", `a="b" `, ""},
		"attributes without value": {rss + "<item><link ", "a = ", ""},
		"many tags with links":     {rss + "<item>", `<link rel="x" href="y">`, ""},
		"long name":                {"<", "a", ""},
		"zeros":                    {"", "\x00", ""},
		"wide zeros":               {"<\x00", "\x00\x00", ""},
		"one long date":            {rss + "<item><pubDate>", "1 ", ""},
		"many dates":               {rss + "<item>", "<pubDate>Tue, 1 Foo 2019 1:1:1 +1</pubDate>", ""},
		"blanks":                   {entry, " ", ""},
		"invalid UTF-8":            {entry, "\xff\xfe\x80", ""},
		"scrambled text":           {entry, "Ã", ""},
		"pages in pages":           {"", "<html><body>", ""},
		"links in a page":          {"<html>", `<link rel="alternate" href="x">`, ""},
		"nested JSON":              {`{"version":"1","items":`, `[`, ""},
		"nested JSON objects":      {`{"version":"1","items":[`, `{"a":`, ""},
		"many JSON items":          {`{"version":"1","items":[`, `{},`, "{}]}"},
		"JSON numbers":             {`{"version":"1","items":[{"id":`, `9`, "}]}"},
		"open JSON text":           {`{"version":"`, `a\"`, ""},
	}
}

// TestHostileFeedsCostLittle is not parallel: it measures time and memory.
func TestHostileFeedsCostLittle(t *testing.T) { //nolint:paralleltest // it measures
	for name, bomb := range hostile() {
		t.Run(name, func(t *testing.T) {
			data := bomb.build(hostileSize)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			answer, err := feeds.Parse(data, "text/xml", base)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			// Allocated in total, which bounds what was held at any moment.
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; took > hang || mb > 100 {
				t.Errorf("took %v and %d MB (%d items, error %v), want no hang and at most 100 MB", took, mb, len(answer.Items), err)
			}
		})
	}
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

// hang is far above what any of these documents takes (well below 2 s of CPU on
// a quiet machine), so that a loaded one decides nothing.
const hang = 30 * time.Second

func TestRecordedAttacksCostLittle(t *testing.T) { //nolint:paralleltest // it measures
	eachFile(t, datatest.Dir(t, "attacks"), func(name string, data []byte) {
		start := time.Now()
		answer, err := feeds.Parse(data, "", base)
		if took := time.Since(start); took > hang {
			t.Errorf("%s: took %v (%d items, error %v)", name, took, len(answer.Items), err)
		}
	})
}
