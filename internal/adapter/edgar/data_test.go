package edgar_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
)

// readData reads a file of the sets, unpacked.
func readData(tb testing.TB, p string) []byte {
	tb.Helper()
	b, err := os.ReadFile(p)
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasSuffix(p, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	b, err = io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// A fakeSEC answers from memory; what it does not know is ErrNotFound.
type fakeSEC struct {
	bodies map[string][]byte
	errs   map[string]error
	asked  []string
}

func (f *fakeSEC) Data(_ context.Context, url string, maxBytes int64) (stockdigest.Body, error) {
	f.asked = append(f.asked, url)
	body, ok := f.bodies[url]
	switch {
	case f.errs[url] != nil:
		return stockdigest.Body{}, f.errs[url]
	case !ok:
		return stockdigest.Body{}, stockdigest.NotFound("no such page")
	case int64(len(body)) > maxBytes:
		return stockdigest.Body{}, stockdigest.Invalid("body too large")
	}
	return stockdigest.Body{URL: url, FinalURL: url, Status: 200, Bytes: body}, nil
}

// nightSEC serves the SEC's answers of a recorded night.
func nightSEC(tb testing.TB) *fakeSEC {
	tb.Helper()
	dir := datatest.Dir(tb, "night-2019-11-20")
	var night struct {
		Exchanges []struct{ URL, File string }
	}
	if err := json.Unmarshal(readData(tb, filepath.Join(dir, "night.json")), &night); err != nil {
		tb.Fatal(err)
	}
	sec := &fakeSEC{bodies: map[string][]byte{}}
	for _, e := range night.Exchanges {
		if strings.Contains(e.URL, ".sec.gov/") && e.File != "" {
			sec.bodies[e.URL] = readData(tb, filepath.Join(dir, filepath.FromSlash(e.File)))
		}
	}
	return sec
}
