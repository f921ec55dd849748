package page_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/markusmobius/go-trafilatura"

	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/page"
)

// extractors are what the benchmark compares.
func extractors() map[string]func(source []byte, link string) string {
	return map[string]func([]byte, string) string{
		"own": func(source []byte, link string) string {
			a, _ := page.Read(source, link)
			return a.Text
		},
		"readability": func(source []byte, link string) string {
			a, err := readability.FromReader(bytes.NewReader(source), address(link))
			if err != nil || a.Node == nil {
				return ""
			}
			var text strings.Builder
			if a.RenderText(&text) != nil {
				return ""
			}
			return text.String()
		},
		"trafilatura": func(source []byte, link string) string {
			a, err := trafilatura.Extract(bytes.NewReader(source), trafilatura.Options{OriginalURL: address(link), EnableFallback: true, ExcludeComments: true})
			if err != nil {
				return ""
			}
			return a.ContentText
		},
	}
}

func address(link string) *url.URL {
	u, err := url.Parse(link)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// A benchPage is a page with what people say its article is.
type benchPage struct {
	set, truth, url string
	source          []byte
}

// BenchmarkExtractors reads the same pages with each extractor: pages a second
// and p99 on one core, and F1 on each set. Without the labelled sets it reads
// an invented page.
func BenchmarkExtractors(b *testing.B) {
	var pages []benchPage
	dir := os.Getenv("STOCKDIGEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	_, err := eval.ExtractionTruth(filepath.Join(dir, "extraction"), func(set, _, truth string, source []byte, link string) {
		pages = append(pages, benchPage{set, truth, link, source})
	})
	if err != nil {
		b.Logf("no labelled pages, an invented one is read: %v", err)
		pages = []benchPage{{source: []byte(invented), url: "https://example.com/a"}}
	}
	for _, name := range slices.Sorted(maps.Keys(extractors())) {
		b.Run(name, func(b *testing.B) { compare(b, pages, extractors()[name]) })
	}
}

func compare(b *testing.B, pages []benchPage, read func([]byte, string) string) {
	b.Helper()
	var took []time.Duration
	texts := map[int]string{}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pages[i%len(pages)]
		start := time.Now()
		text := read(p.source, p.url)
		took = append(took, time.Since(start))
		if len(texts) < len(pages) {
			texts[i%len(pages)] = text
		}
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "pages/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	sums := map[string][3]float64{}
	for i, p := range pages {
		text, ok := texts[i]
		if p.truth == "" {
			return
		}
		if !ok {
			text = read(p.source, p.url)
		}
		precision, recall := eval.Shingles(p.truth, text)
		s := sums[p.set]
		sums[p.set] = [3]float64{s[0] + precision, s[1] + recall, s[2] + 1}
	}
	for set, s := range sums {
		precision, recall := s[0]/s[2], s[1]/s[2]
		b.ReportMetric(2*precision*recall/(precision+recall), set+"-f1")
	}
}

// BenchmarkCost builds a small program with each extractor and runs it: what it
// adds to a binary, to the start, and to the memory of a program at rest.
func BenchmarkCost(b *testing.B) {
	for _, tag := range []string{"none", "own", "readability", "trafilatura"} {
		b.Run(tag, func(b *testing.B) {
			program := filepath.Join(b.TempDir(), tag)
			build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags", tag, "-o", program, "./testdata/cost")
			if out, err := build.CombinedOutput(); err != nil {
				b.Skipf("build: %v\n%s", err, out)
			}
			info, err := os.Stat(program)
			if err != nil {
				b.Fatal(err)
			}
			var first, heap, resident, runs float64
			for b.Loop() {
				out, err := exec.Command(program).Output()
				if err != nil {
					b.Fatal(err)
				}
				var f, h, r float64
				if _, err := fmt.Sscan(string(out), &f, &h, &r); err != nil {
					b.Fatal(err)
				}
				first, heap, resident, runs = first+f, heap+h, resident+r, runs+1
			}
			b.ReportMetric(first/runs/1000, "first-page-ms")
			b.ReportMetric(heap/runs/1024, "idle-heap-MB")
			b.ReportMetric(resident/runs/1024, "idle-resident-MB")
			b.ReportMetric(float64(info.Size())/(1<<20), "binary-MB")
		})
	}
}
