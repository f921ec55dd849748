package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs a command line in an environment of its own.
func call(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, []string{"STOCKDIGEST_DIR=" + dir}, &out, &errs)
	return code, out.String(), errs.String()
}

// writeNight makes a recorded night of one company whose feed has one item, and
// lets a test replace the bodies of feed and page.
func writeNight(t *testing.T, feed, page []byte) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]byte{
		"night.json": []byte(`{"name":"n","as_of":"2026-03-03T07:00:00Z","time_zone":"America/New_York",
"tickers":[{"symbol":"ZQLA","name":"Zanderquill Optics Inc.","cik":"","feeds":[{"url":"https://feeds.example/z.xml","source":"feed","role":"company"}]}],
"exchanges":[{"url":"https://feeds.example/z.xml","status":200,"content_type":"application/rss+xml","file":"feed.xml"},
{"url":"https://news.example/1.html","status":200,"content_type":"text/html; charset=utf-8","file":"page.html"}]}`),
		"feed.xml": feed, "page.html": page,
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	oneItem = `<rss version="2.0"><channel><title>Z</title><item><title>Zanderquill Optics profit falls 12% in fourth quarter</title><link>https://news.example/1.html</link><pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate><description>Zanderquill Optics said profit fell 12% to $14 million in the fourth quarter.</description></item></channel></rss>`
	noItem  = `<rss version="2.0"><channel><title>Z</title></channel></rss>`
	story   = `<html><head><title>Zanderquill Optics profit falls 12%</title></head><body><article><h1>Zanderquill Optics profit falls 12%</h1><p>Zanderquill Optics said on Monday that profit fell 12% to $14 million in the fourth quarter, as demand for lenses slowed in Europe.</p><p>The company keeps its forecast of $1.2 billion in revenue for the full year and plans to open a plant in Norwick.</p></article></body></html>`
)

type answer struct {
	Reports []struct {
		Status, Reason string
		Sections       []struct {
			Bullets []struct{ Text string }
		}
		Articles []struct{ Decision, Gate, Reason, Label string }
	}
}

func reportJSON(t *testing.T, night string) answer {
	t.Helper()
	code, out, errs := call(t, t.TempDir(), "report", "ZQLA", "--night", night, "--json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var a answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return a
}

func TestBadInputIsOneLineWithAWayOut(t *testing.T) {
	t.Parallel()
	good := writeNight(t, []byte(oneItem), []byte(story))
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := writeNight(t, []byte(oneItem), []byte(story))
	if err := os.WriteFile(filepath.Join(broken, "night.json"), []byte("{\n\"name\": oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  string
		args []string
		code int
		want []string
	}{
		"unknown ticker":      {"", []string{"report", "AAPPL", "--night", good}, exitInvalid, []string{"AAPPL", "AAPL"}},
		"ticker of no night":  {"", []string{"report", "AAPL", "--night", good}, exitInvalid, []string{"AAPL", "ZQLA"}},
		"no night folder":     {"", []string{"report", "ZQLA", "--night", filepath.Join(good, "none")}, exitInvalid, []string{"none"}},
		"broken night":        {"", []string{"report", "ZQLA", "--night", broken}, exitInvalid, []string{"night.json", "line 2"}},
		"unwritable folder":   {"STOCKDIGEST_DIR=" + filepath.Join(blocked, "var"), []string{"report", "ZQLA", "--night", good}, exitInvalid, []string{blocked, "STOCKDIGEST_DIR"}},
		"no PostgreSQL":       {"DATABASE_URL=postgres://u:hunter2@127.0.0.1:" + closedPort(t) + "/x", []string{"report", "ZQLA", "--night", good}, exitUnavailable, []string{"127.0.0.1", "DATABASE_URL"}},
		"unknown setting":     {"STOCKDIGEST_DRI=x", []string{"version"}, exitInvalid, []string{"STOCKDIGEST_DRI"}},
		"unknown flag":        {"", []string{"report", "ZQLA", "--nigth", good}, exitInvalid, []string{"--nigth"}},
		"unknown kind":        {"", []string{"report", "ZQLA", "--kind", "hourly"}, exitInvalid, []string{"hourly", "daily"}},
		"as-of without night": {"", []string{"report", "ZQLA", "--as-of", "2026-03-03T07:00:00Z"}, exitInvalid, []string{"--as-of", "--night"}},
		"unknown evaluation":  {"", []string{"eval", "taste", "--data", good}, exitInvalid, []string{"taste", "extraction"}},
		"no evaluation data":  {"", []string{"eval", "feeds", "--data", filepath.Join(good, "none")}, exitInvalid, []string{"none", "--data"}},
		"ticker file":         {"", []string{"tickers", "import", filepath.Join(good, "feed.xml")}, exitInvalid, []string{"feed.xml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := []string{"STOCKDIGEST_DIR=" + t.TempDir(), c.env}
			var out, errs bytes.Buffer
			code := run(append(c.args, "--json"), environ, &out, &errs)
			line := errs.String()
			if out.Len() > 0 {
				t.Errorf("standard output has %q", out.String())
			}
			if code != c.code || strings.Count(line, "\n") != 1 || strings.Contains(line, "hunter2") || len(line) > 400 {
				t.Errorf("got code %d, want %d, and one short line without secrets: %s", code, c.code, line)
			}
			for _, want := range c.want {
				if !strings.Contains(line, want) {
					t.Errorf("%q does not name %q", line, want)
				}
			}
		})
	}
}

// closedPort is a port of this machine at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestFeedWithoutItemsIsAQuietDay(t *testing.T) {
	t.Parallel()
	a := reportJSON(t, writeNight(t, []byte(noItem), []byte(story)))
	if a.Reports[0].Status != "quiet" {
		t.Errorf("got %+v, want a quiet day", a.Reports[0])
	}
}

func TestBrokenFeedIsHeldNotQuiet(t *testing.T) {
	t.Parallel()
	a := reportJSON(t, writeNight(t, []byte("<html><body>Sign in</body></html>"), []byte(story)))
	if a.Reports[0].Status != "held" || a.Reports[0].Reason == "" {
		t.Errorf("got %+v, want held with a reason", a.Reports[0])
	}
}

func TestBadPageKeepsTheArticleWithItsReason(t *testing.T) {
	t.Parallel()
	for name, page := range map[string][]byte{
		"50 MB":  append([]byte(story), bytes.Repeat([]byte("<p>padding</p>"), 50<<20/14)...),
		"binary": append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 1, 2, 3}, 5000)...),
		"empty":  {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := reportJSON(t, writeNight(t, []byte(oneItem), page))
			got := a.Reports[0].Articles[0]
			if got.Decision != "selected" || got.Label == "" && got.Reason == "" {
				t.Errorf("got %+v, want the article kept, with a label or a reason", got)
			}
		})
	}
}

func TestWrongEncodingReadsRight(t *testing.T) {
	t.Parallel()
	page := strings.ReplaceAll(story, "in Europe.", "in Europe, said Ren\xe9 Fa\xefence.") // Windows-1252, declared as UTF-8
	a := reportJSON(t, writeNight(t, []byte(oneItem), []byte(page)))
	var all []string
	for _, s := range a.Reports[0].Sections {
		for _, b := range s.Bullets {
			all = append(all, b.Text)
		}
	}
	if text := strings.Join(all, " "); !strings.Contains(text, "profit fell 12% to $14 million") || strings.Contains(text, "\ufffd") {
		t.Errorf("got %q, want the figure and no damaged letters", text)
	}
}

func TestVersionAndDoctor(t *testing.T) {
	t.Parallel()
	if code, out, _ := call(t, t.TempDir(), "version", "--json"); code != exitOK || !json.Valid([]byte(out)) {
		t.Errorf("version: code %d, %q", code, out)
	}
	code, out, errs := call(t, t.TempDir(), "doctor", "--offline")
	if code != exitOK || !strings.Contains(out, "SQLite") || !strings.Contains(out, "STOCKDIGEST_CONTACT") {
		t.Errorf("doctor: code %d, %q, %q", code, out, errs)
	}
}
