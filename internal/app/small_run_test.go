package app_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/night"
)

// smallFolder holds the shipped night. Its README tells the traps that the
// tests below spring, by their numbers.
const smallFolder = "../night/small"

const (
	takeover8K   = "0009990001-26-000007"
	takeoverPart = takeover8K + "/2" // exhibit 99.1
)

// A smallRun is the shipped night run once for all tests, held in memory.
type smallRun struct {
	mornings []app.Morning
	again    []app.Answer      // the same mornings a second time
	served   map[string]int    // what the second time fetched
	pages    map[string]string // URL to the name of the page's file
	written  map[string]string // every file of the digests, by path
	sources  map[string]string // stored texts that bullets quote, and the exhibit
}

// smallOnce runs the night once for all tests of the binary; a test calls small.
var smallOnce = sync.OnceValues(runSmall)

func small(t *testing.T) *smallRun {
	t.Helper()
	run, err := smallOnce()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func runSmall() (*smallRun, error) {
	dir, err := os.MkdirTemp("", "small-night-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	opts, err := app.ReadOptions([]string{"STOCKDIGEST_DIR=" + dir})
	if err != nil {
		return nil, err
	}
	run := &smallRun{}
	if run.mornings, err = app.Demo(ctx, opts, filepath.Join(dir, "out"), silent()); err != nil {
		return nil, err
	}
	if err := run.runAgain(ctx, opts, filepath.Join(dir, "again")); err != nil {
		return nil, err
	}
	if run.pages, err = smallPages(); err != nil {
		return nil, err
	}
	if run.written, err = readTree(filepath.Join(dir, "out")); err != nil {
		return nil, err
	}
	return run, run.readSources(ctx, opts)
}

func (run *smallRun) runAgain(ctx context.Context, opts app.Options, out string) error {
	n, err := night.Small()
	if err != nil {
		return err
	}
	for _, asOf := range n.Mornings {
		world := app.OfNight(n, asOf)
		var symbols []string
		for _, t := range world.Tickers() {
			symbols = append(symbols, string(t.Symbol))
		}
		answer, _, err := app.ReportFiles(ctx, opts, world, symbols, stockdigest.Daily, out, silent())
		if err != nil {
			return err
		}
		run.again = append(run.again, answer)
	}
	run.served = n.Served()
	return nil
}

// smallPages reads which file of the night answers which address.
func smallPages() (map[string]string, error) {
	raw, err := os.ReadFile(filepath.Join(smallFolder, "night.json"))
	if err != nil {
		return nil, err
	}
	var index struct{ Exchanges []struct{ URL, File string } }
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, err
	}
	pages := map[string]string{}
	for _, e := range index.Exchanges {
		if file, ok := strings.CutSuffix(strings.TrimPrefix(e.File, "bodies/"), ".html"); ok {
			url, err := stockdigest.CanonicalURL(e.URL)
			if err != nil {
				return nil, err
			}
			pages[url] = file
		}
	}
	return pages, nil
}

func readTree(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(body)
		return err
	})
	return files, err
}

func (run *smallRun) readSources(ctx context.Context, opts app.Options) error {
	n, err := night.Small()
	if err != nil {
		return err
	}
	world := app.OfNight(n, time.Time{})
	db, err := store.Open(ctx, store.Config{Path: filepath.Join(opts.Dir, world.File()), Now: world.Now})
	if err != nil {
		return err
	}
	defer db.Close()
	run.sources = map[string]string{takeoverPart: ""}
	for _, m := range run.mornings {
		for _, r := range m.Digest("").Reports {
			for _, b := range bullets(r) {
				for _, e := range b.Evidence {
					run.sources[e.Source] = ""
				}
			}
		}
	}
	for source := range run.sources {
		if run.sources[source], _, _, err = db.SourceText(ctx, source); err != nil {
			return err
		}
	}
	return nil
}

// report returns the report of a ticker on morning 1, 2 or 3.
func (run *smallRun) report(t *testing.T, symbol stockdigest.Symbol, morning int) stockdigest.Report {
	t.Helper()
	for _, r := range run.mornings[morning-1].Digest("").Reports {
		if r.Ticker == symbol {
			return r
		}
	}
	t.Fatalf("no report of %s on morning %d", symbol, morning)
	return stockdigest.Report{}
}

// article returns the row of a page in a report.
func (run *smallRun) article(t *testing.T, r stockdigest.Report, page string) stockdigest.ReportArticle {
	t.Helper()
	for _, a := range r.Articles {
		if run.pages[a.URL] == page {
			return a
		}
	}
	t.Fatalf("%s of %s has no %s", r.Ticker, r.AsOf, page)
	return stockdigest.ReportArticle{}
}

// story returns the story of a page in a report.
func (run *smallRun) story(t *testing.T, r stockdigest.Report, page string) stockdigest.ReportStory {
	t.Helper()
	id := run.article(t, r, page).Story
	i := slices.IndexFunc(r.Stories, func(s stockdigest.ReportStory) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("%s of %s has no story %q of %s", r.Ticker, r.AsOf, id, page)
	}
	return r.Stories[i]
}

// from returns the bullets of a report that quote a page.
func (run *smallRun) from(r stockdigest.Report, page string) []stockdigest.Bullet {
	return slices.DeleteFunc(bullets(r), func(b stockdigest.Bullet) bool {
		return !slices.ContainsFunc(b.Evidence, func(e stockdigest.Evidence) bool { return run.pages[e.URL] == page })
	})
}

func bullets(r stockdigest.Report) []stockdigest.Bullet {
	var all []stockdigest.Bullet
	for _, s := range r.Sections {
		all = append(all, s.Bullets...)
	}
	return all
}

// told returns the texts of bullets, one to a line.
func told(list []stockdigest.Bullet) string {
	var lines []string
	for _, b := range list {
		lines = append(lines, b.Text)
	}
	return strings.Join(lines, "\n")
}
