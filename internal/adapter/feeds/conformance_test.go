package feeds_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/datatest"
)

// TestRecordedFeedsReadAsGofeedReadsThem holds the parser against another one
// on recorded feeds: what gofeed reads we read, with as many items.
func TestRecordedFeedsReadAsGofeedReadsThem(t *testing.T) {
	t.Parallel()
	read, failed, counts := 0, 0, 0
	eachFile(t, datatest.Dir(t, "feeds"), func(name string, data []byte) {
		if ext := filepath.Ext(name); ext != ".xml" && ext != ".rss" && ext != ".atom" {
			return
		}
		theirs, err := gofeed.NewParser().Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		read++
		ours, err := feeds.Parse(data, "", base)
		switch {
		case err != nil:
			failed++
			t.Errorf("%s: %v", name, err)
		case len(ours.Items) < len(theirs.Items) && len(ours.Items) < feeds.MaxItems:
			counts++
			t.Logf("%s: got %d items, gofeed %d", name, len(ours.Items), len(theirs.Items))
		}
	})
	if read < 1000 || counts > read/500 {
		t.Errorf("of %d feeds that gofeed reads, %d failed and %d had fewer items", read, failed, counts)
	}
}

func FuzzParse(f *testing.F) {
	for _, doc := range samples() {
		f.Add(doc[:2000], "text/xml")
	}
	for _, bomb := range hostile() {
		f.Add(bomb.build(400), "")
	}
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":1}]}`), "application/json; charset=latin1")
	f.Fuzz(func(t *testing.T, data []byte, contentType string) {
		answer, err := feeds.Parse(data, contentType, base)
		if err != nil {
			return
		}
		for _, item := range answer.Items {
			link := item.Link
			if link != "" && !strings.HasPrefix(link, "http://") && !strings.HasPrefix(link, "https://") {
				t.Errorf("link %q is not http(s)", link)
			}
			if strings.ContainsAny(item.Title+item.Description, "\x00\r\n\t") {
				t.Errorf("text is not one clean line: %q, %q", item.Title, item.Description)
			}
		}
	})
}
