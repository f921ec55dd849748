package page_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/page"
)

func TestZNight(t *testing.T) {
	filepath.WalkDir(os.Getenv("STOCKDIGEST_DATA")+"/night-2019-11-20", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(p, ".html") {
			return nil
		}
		b, _ := os.ReadFile(p)
		if strings.HasSuffix(p, ".gz") {
			f, _ := os.Open(p)
			z, _ := gzip.NewReader(f)
			b, _ = io.ReadAll(z)
		}
		a, err := page.Read(b, "https://example.com/x")
		ps := strings.Split(a.Text, "\n\n")
		fmt.Printf("=== %s | %s | %s | %s %s | pw %v | %d paras %d bytes %v\n", filepath.Base(p)[:min(12, len(filepath.Base(p)))], a.Title, a.Author, a.PublishedAt.Format("2006-01-02T15:04"), a.DateSource, a.Paywalled, len(ps), len(a.Text), err)
		for i, x := range ps {
			if i < 2 || i >= len(ps)-2 || len(x) < 60 {
				fmt.Printf("   %d %.130s\n", i, x)
			}
		}
		return nil
	})
}
