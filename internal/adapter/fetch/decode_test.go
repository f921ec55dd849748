package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

// pack puts text through content encodings, first one first.
func pack(tb testing.TB, text io.Reader, encodings ...string) []byte {
	tb.Helper()
	var out []byte
	for _, name := range encodings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch name {
		case "gzip":
			w, _ = gzip.NewWriterLevel(&b, gzip.BestSpeed)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "raw deflate":
			w, _ = flate.NewWriter(&b, flate.BestSpeed)
		case "br":
			w = brotli.NewWriterLevel(&b, 1)
		}
		if _, err := io.Copy(w, text); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		out, text = b.Bytes(), bytes.NewReader(b.Bytes())
	}
	return out
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func serving(encoding string, body []byte) http.RoundTripper {
	return via(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/robots.txt" {
			return say(req, 404, nil, http.NoBody), nil
		}
		h := http.Header{"Content-Type": {"text/html"}}
		if encoding != "" {
			h.Set("Content-Encoding", encoding)
		}
		return say(req, 200, h, bytes.NewReader(body)), nil
	})
}

func TestContentEncodingsAreDecoded(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("<p>Profit rose 4% to $3 billion.", 500)
	for header, encodings := range map[string][]string{
		"gzip": {"gzip"}, "X-GZIP": {"gzip"}, "br": {"br"}, "deflate": {"deflate"}, " deflate ": {"raw deflate"},
		"gzip, br": {"gzip", "br"}, "deflate,gzip": {"deflate", "gzip"}, "identity": nil, "br, identity": {"br"},
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			body := []byte(text)
			if encodings != nil {
				body = pack(t, strings.NewReader(text), encodings...)
			}
			got, err := client(serving(header, body)).Page(t.Context(), "https://a.example/")
			if err != nil || string(got.Bytes) != text {
				t.Errorf("got %d bytes, %v; want %d", len(got.Bytes), err, len(text))
			}
		})
	}
	for _, header := range []string{"gzip", "br", "deflate"} {
		t.Run("nothing called "+header, func(t *testing.T) {
			t.Parallel()
			got, err := client(serving(header, nil)).Page(t.Context(), "https://a.example/")
			if header != "br" && (err != nil || len(got.Bytes) != 0) {
				t.Errorf("got %q, %v", got.Bytes, err)
			}
		})
	}
}

// TestBombsStayOutOfMemory is not parallel: it counts what is allocated.
//
//nolint:paralleltest // see above
func TestBombsStayOutOfMemory(t *testing.T) {
	zero := func() io.Reader { return io.LimitReader(zeros{}, 20<<20) }
	huge := bytes.Repeat(pack(t, zero(), "gzip"), 10)                      // 200 MB, packed in members as it takes less time
	empty := bytes.Repeat(pack(t, strings.NewReader(""), "gzip"), 300_000) // unfolds to nothing, in two stages
	tests := []struct {
		name, header string
		body         []byte
	}{
		{"gzip", "gzip", huge},
		{"br", "br", pack(t, zero(), "br")},
		{"deflate", "deflate", pack(t, zero(), "raw deflate")},
		{"nested", "gzip, gzip", pack(t, bytes.NewReader(huge), "gzip")},
		{"nested thrice", "gzip, br, deflate", pack(t, bytes.NewReader(huge), "br", "deflate")},
		{"much that holds nothing", "gzip, br", pack(t, bytes.NewReader(empty), "br")},
		{"five layers", "gzip, gzip, gzip, gzip, gzip", pack(t, strings.NewReader("x"), "gzip", "gzip", "gzip", "gzip", "gzip")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := client(serving(tt.header, tt.body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.Page(t.Context(), "https://a.example/")
			runtime.ReadMemStats(&after)
			if got := reason(t, err); got != fetch.ReasonBomb && got != fetch.ReasonTooLarge {
				t.Errorf("got %s (%v)", got, err)
			}
			t.Logf("%d KB allocated", (after.TotalAlloc-before.TotalAlloc)>>10)
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 20 {
				t.Errorf("allocated %d MB, want at most 20", took)
			}
		})
	}
}

func TestSizesHaveALimit(t *testing.T) {
	t.Parallel()
	page := func(n int) []byte { return bytes.Repeat([]byte("<p>text "), n/8) }
	t.Run("2 MB page", func(t *testing.T) {
		t.Parallel()
		got, err := client(serving("", page(2<<20))).Page(t.Context(), "https://a.example/")
		if err != nil || len(got.Bytes) != 2<<20 {
			t.Errorf("got %d bytes, %v", len(got.Bytes), err)
		}
	})
	t.Run("one word more", func(t *testing.T) {
		t.Parallel()
		_, err := client(serving("", page(2<<20+8))).Page(t.Context(), "https://a.example/")
		if got := reason(t, err); got != fetch.ReasonTooLarge {
			t.Errorf("got %s", got)
		}
	})
	t.Run("50 MB told beforehand", func(t *testing.T) {
		t.Parallel()
		read := 0
		rt := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", strconv.Itoa(50<<20))
			for range 50 {
				n, err := w.Write(page(1 << 20))
				read += n
				if err != nil {
					return
				}
			}
		})
		_, err := client(rt).Page(t.Context(), "https://a.example/long")
		if got := reason(t, err); got != fetch.ReasonTooLarge || !strings.Contains(err.Error(), "https://a.example/long: too large, more than 2 MB") {
			t.Errorf("got %s: %v", got, err)
		}
	})
	t.Run("5 MB feed", func(t *testing.T) {
		t.Parallel()
		if _, err := client(serving("", page(5<<20))).Feed(t.Context(), "https://a.example/", "", ""); err != nil {
			t.Error(err)
		}
	})
	t.Run("data as told", func(t *testing.T) {
		t.Parallel()
		_, err := client(serving("", page(800))).Data(t.Context(), "https://a.example/", 799)
		if got := reason(t, err); got != fetch.ReasonTooLarge {
			t.Errorf("got %s", got)
		}
	})
	t.Run("packed text is no bomb", func(t *testing.T) {
		t.Parallel()
		var b strings.Builder
		for i := range 40_000 {
			b.WriteString("<tr><td>Row " + strconv.Itoa(i) + "</td></tr>\n")
		}
		for _, encoding := range []string{"gzip", "br"} {
			if _, err := client(serving(encoding, pack(t, strings.NewReader(b.String()), encoding))).Page(t.Context(), "https://a.example/"); err != nil {
				t.Errorf("%s: %v", encoding, err)
			}
		}
	})
}
