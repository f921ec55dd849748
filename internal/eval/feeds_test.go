package eval_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/eval"
)

func TestFeedsKeepsPredictionsAndCountsBySubset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"feedparser_x/wellformed/a.xml": "<!-- Expect: not bozo and entries[0]['title'] == 'One'\n-->\n<rss><channel><title>A</title></channel></rss>",
		"feedparser_x/illformed/b.xml":  "<rss><channel>broken",
		"somebody/live.rss":             "<rss><channel><title>L</title></channel></rss>",
		"somebody/live.json":            `{"title":"the answer beside live.rss"}`,
		"somebody/page.html":            "<html>page</html>",
		"somebody/LICENSE":              "<rss>",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parse := func(data []byte, _, _ string) (stockdigest.FeedAnswer, error) {
		if !strings.Contains(string(data), "</rss>") {
			return stockdigest.FeedAnswer{}, errors.New("no feed")
		}
		return stockdigest.FeedAnswer{Title: "T", Items: []stockdigest.FeedItem{{Title: "One"}}}, nil
	}
	got, err := eval.Feeds(dir, parse, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := eval.FeedPrediction{OK: true, Items: 1, Title: "T"}
	refused := eval.FeedPrediction{Error: "no feed"}
	want := eval.Result{
		Name: "feeds",
		Figures: map[string]float64{
			"well-formed": 1, "well-formed/files": 1, "ill-formed": 0, "ill-formed/files": 1,
			"live": 1, "live/files": 1, "refused": 1, "refused/files": 1, "stated": 1, "stated/files": 1,
		},
		Predictions: map[string]any{
			"feedparser_x/wellformed/a.xml": read, "feedparser_x/illformed/b.xml": refused,
			"somebody/live.rss": read, "somebody/page.html": refused,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
