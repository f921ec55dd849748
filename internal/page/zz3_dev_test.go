package page_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/page"
)

func TestZNight(t *testing.T) {
	if os.Getenv("ZN") == "" {
		t.Skip()
	}
	dir := "/work/shared/data/night-2019-11-20"
	var n struct {
		Exchanges []struct{ URL, File string }
	}
	b, _ := os.ReadFile(dir + "/night.json")
	json.Unmarshal(b, &n)
	for _, e := range n.Exchanges {
		if !strings.HasPrefix(filepath.Base(e.File), "page-") {
			continue
		}
		f, _ := os.Open(filepath.Join(dir, e.File))
		g, _ := gzip.NewReader(f)
		h, _ := io.ReadAll(g)
		a, err := page.Read(h, e.URL)
		ps := strings.Split(a.Text, "\n\n")
		fmt.Printf("##### %s\n  T %s\n  A %s | D %s (%s) mod %s | L %s | P %s | pay %v err %v | %d paras %d bytes\n", e.URL, a.Title, a.Author, a.PublishedAt, a.DateSource, a.ModifiedAt, a.Language, a.Publisher, a.Paywalled, err, len(ps), len(a.Text))
		for i, p := range ps {
			if len(ps) > 9 && i == 4 {
				fmt.Println("   ...")
			}
			if i < 4 || i >= len(ps)-4 {
				fmt.Println("   ", p[:min(len(p), 130)])
			}
		}
	}
}
