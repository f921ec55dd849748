package gnews_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/gnews"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestRecordedShapes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(datatest.Dir(t, "gnews_urls"), "batchexecute_shapes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var shapes struct {
		Page struct {
			HTML string
			Want struct{ ID, TS, SG string }
		}
		Answers []struct{ Body, Want string }
	}
	if err := json.Unmarshal(raw, &shapes); err != nil || len(shapes.Answers) == 0 {
		t.Fatalf("read shapes: %v", err)
	}
	signature, stamp, err := gnews.ReadPage([]byte(shapes.Page.HTML), shapes.Page.Want.ID)
	if err != nil || signature != shapes.Page.Want.SG || stamp != shapes.Page.Want.TS {
		t.Errorf("page: got %q, %q, %v, want %+v", signature, stamp, err, shapes.Page.Want)
	}
	for _, a := range shapes.Answers {
		if got, err := gnews.ReadAnswer([]byte(a.Body)); err != nil || got != a.Want {
			t.Errorf("answer %s: got %q, %v, want %q", a.Body, got, err, a.Want)
		}
	}
}

// chunked answers carry the length of each part in front of it.
func TestAnswerInChunks(t *testing.T) {
	t.Parallel()
	answer := ")]}'\n\n96\n[[\"wrb.fr\",\"Fbv4je\",\"[\\\"garturlres\\\",\\\"https://a.example/?q\\\\u003d1\\\",1]\",null,null,null,\"generic\"]]\n25\n[[\"e\",4,null,null,129]]\n"
	if got, err := gnews.ReadAnswer([]byte(answer)); err != nil || got != "https://a.example/?q=1" {
		t.Errorf("got %q, %v, want the address with its query", got, err)
	}
}

func TestRecordedLinksOfTheNewStyle(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(datatest.Dir(t, "gnews_urls"), "new_style_pairs_goleaf.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 50 {
		t.Fatalf("read pairs: %d, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if _, ok := stockdigest.Unwrap(row[1]); ok {
			t.Errorf("%s opened offline, want two calls", row[1])
		}
		g := &anyone{target: row[0]}
		client, _, _ := setup(nil, func(http.RoundTripper) http.RoundTripper { return gnews.Wrap(g) })
		if got, err := client.Resolve(t.Context(), row[1]); err != nil || got != row[0] {
			t.Errorf("%s: got %q, %v, want %q", row[1], got, err, row[0])
		}
	}
}

// anyone is Google for any token.
type anyone struct{ target string }

func (a *anyone) RoundTrip(req *http.Request) (*http.Response, error) {
	g := &google{target: a.target}
	switch _, token, _ := strings.Cut(req.URL.Path, "/rss/articles/"); {
	case token != "":
		g.page = `<div data-n-a-id="` + token + `" data-n-a-ts="1784915408" data-n-a-sg="s">`
	default:
		g.answer = answerWith(a.target)
	}
	return g.RoundTrip(req)
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<c-wiz><div data-n-a-id="CBMiabc" data-n-a-ts="1784915408" data-n-a-sg="A&amp;B">`), "CBMiabc")
	f.Add([]byte(`<div data-n-a-sg= data-n-a-ts=007`), "x")
	f.Fuzz(func(t *testing.T, page []byte, id string) {
		signature, stamp, err := gnews.ReadPage(page, id)
		if err == nil && (signature == "" || len(signature) > 256 || strings.Trim(stamp, "0123456789") != "" || stamp == "") {
			t.Errorf("page %q: got %q, %q, want both bounded and the stamp a number", page, signature, stamp)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(")]}'\n\n[[\"wrb.fr\",\"Fbv4je\",\"[\\\"garturlres\\\",\\\"https://a.example/\\\",1]\",null]]"))
	f.Add([]byte(`[["wrb.fr","Fbv4je","[\"garturlres\",\"javascript:x\"`))
	f.Add([]byte(strings.Repeat("[", 5000)))
	f.Fuzz(func(t *testing.T, answer []byte) {
		target, err := gnews.ReadAnswer(answer)
		if err != nil {
			return
		}
		got, err := gnews.Checked(target)
		if err != nil {
			return
		}
		if _, err := stockdigest.CanonicalURL(got); err != nil || !utf8.ValidString(got) {
			t.Errorf("answer %q: got %q (%v), want a web address", answer, got, err)
		}
	})
}
