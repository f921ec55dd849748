package fetch_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

func TestTextComesOutAsUTF8(t *testing.T) {
	t.Parallel()
	utf16 := func(text string, order int) string {
		var b bytes.Buffer
		for _, r := range text {
			pair := []byte{byte(r), byte(r >> 8)}
			b.WriteByte(pair[order])
			b.WriteByte(pair[1-order])
		}
		return b.String()
	}
	tests := []struct{ name, header, raw, want string }{
		{"header", "text/html; charset=iso-8859-1", "<p>caf\xe9", "<p>café"},
		{"quoted header", `text/html; charset="windows-1251"`, "<p>\xcf\xf0\xe8", "<p>При"},
		{"broken header", `text/html; charset=windows-1251; =`, "<p>\xcf\xf0\xe8", "<p>При"},
		{"meta", "text/html", `<meta charset=shift_jis><p>` + "\x93\x8c\x8b\x9e", `<meta charset=shift_jis><p>東京`},
		{"http-equiv", "text/html", `<meta http-equiv=Content-Type content="text/html; charset=gbk">` + "\xd6\xd0", `<meta http-equiv=Content-Type content="text/html; charset=gbk">中`},
		{"header before meta", "text/html; charset=iso-8859-2", "<meta charset=iso-8859-1>\xb3", "<meta charset=iso-8859-1>ł"},
		{"no label, Windows-1252", "text/html", "<p>\x93caf\xe9\x94", "<p>“café”"},
		{"no label, UTF-8", "text/html", "<p>café", "<p>café"},
		{"UTF-8 called Latin-1", "text/html; charset=iso-8859-1", "<p>café", "<p>café"},
		{"Latin-1 called UTF-8", "text/html; charset=utf-8", "<p>caf\xe9 au lait", "<p>café au lait"},
		{"UTF-8 with a cut letter", "text/html; charset=utf-8", "<p>" + strings.Repeat("é", 20) + "\xc3", "<p>" + strings.Repeat("é", 20) + "\uFFFD"},
		{"UTF-8 mark", "text/html; charset=iso-8859-1", "\xef\xbb\xbf<p>é", "<p>é"},
		{"UTF-16 mark", "text/html", "\xff\xfe" + utf16("<p>é", 0), "<p>é"},
		{"UTF-16 big endian mark", "text/html", "\xfe\xff" + utf16("<p>é", 1), "<p>é"},
		{"UTF-16 without mark", "text/html", utf16("<p>é", 0), "<p>é"},
		{"ASCII called UTF-16", "text/html; charset=utf-16", "<p>plain", "<p>plain"},
		{"charset alone", "charset=windows-1251", "<p>\xcf\xf0\xe8", "<p>При"},
		{"header sent twice", "text/html, text/html; charset=windows-1251", "<p>\xcf\xf0\xe8", "<p>При"},
		{"unknown charset", "text/html; charset=klingon", "<p>caf\xe9", "<p>café"},
		{"ISO-2022-JP", "text/html; charset=iso-2022-jp", "<p>\x1b$BEl\x1b(B", "<p>東"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, got, err := fetch.DecodeText(tt.header, []byte(tt.raw), fetch.PageTypes())
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	t.Run("an XML declaration is true afterwards", func(t *testing.T) {
		t.Parallel()
		_, got, err := fetch.DecodeText("application/rss+xml", []byte("<?xml version='1.0' encoding='windows-1252'?><t>\x80</t>"), fetch.FeedTypes())
		if want := "<?xml version='1.0' encoding='utf-8'?><t>€</t>"; err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
}

func TestTypesAreChecked(t *testing.T) {
	t.Parallel()
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	noise := string(bytes.Repeat([]byte{0x00, 0x01, 0x93, 0xfe, 0x41, 0x05}, 100))
	tests := []struct {
		name, header, raw string
		types             []string
		want              string // media type, empty for refused
	}{
		{"html", "text/html; charset=utf-8", "<p>x", fetch.PageTypes(), "text/html"},
		{"xhtml", "application/xhtml+xml", "<p>x", fetch.PageTypes(), "application/xhtml+xml"},
		{"plain that starts like a bitmap", "text/plain", "BMW shares rise", fetch.PageTypes(), "text/plain"},
		{"no type", "", "<!doctype html><p>x", fetch.PageTypes(), "text/html"},
		{"feed as page", "application/rss+xml", "<rss/>", fetch.PageTypes(), ""},
		{"PDF as page", "application/pdf", "%PDF-1.4", fetch.PageTypes(), ""},
		{"PDF called html", "text/html", "%PDF-1.4\n<<>>", fetch.PageTypes(), ""},
		{"image called html", "text/html", png, fetch.PageTypes(), ""},
		{"image without type", "", png, fetch.PageTypes(), ""},
		{"noise called html", "text/html", noise, fetch.PageTypes(), ""},
		{"noise called UTF-8", "text/html; charset=utf-8", noise, fetch.PageTypes(), ""},
		{"gzip without label", "text/html", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", fetch.PageTypes(), ""},
		{"one stray control byte", "text/html", "<p>a\x00b" + strings.Repeat(" more", 100), fetch.PageTypes(), "text/html"},
		{"rss", "application/rss+xml", "<rss/>", fetch.FeedTypes(), "application/rss+xml"},
		{"rss called html", "text/html", "<rss/>", fetch.FeedTypes(), "text/html"},
		{"JSON feed", "application/feed+json", "{}", fetch.FeedTypes(), "application/feed+json"},
		{"feed as octets", "application/octet-stream", "<?xml version='1.0'?><rss/>", fetch.FeedTypes(), "text/xml"},
		{"image as octets", "application/octet-stream", png, fetch.FeedTypes(), ""},
		{"video as feed", "video/mp4", "<rss/>", fetch.FeedTypes(), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := fetch.DecodeText(tt.header, []byte(tt.raw), tt.types)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			var e *fetch.Error
			if tt.want == "" && (!errors.As(err, &e) || e.Reason != fetch.ReasonType || !errors.Is(err, stockdigest.ErrInvalid)) {
				t.Errorf("got %v, want the wrong type", err)
			}
		})
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add("text/html; charset=gbk", []byte("<meta charset=big5>\xd6\xd0"))
	f.Add("text/xml", []byte("\xff\xfe<\x00?\x00"))
	f.Add(`text/html; charset="`, []byte("<?xml encoding='utf-7'?>"))
	f.Fuzz(func(t *testing.T, header string, raw []byte) {
		_, text, err := fetch.DecodeText(header, raw, fetch.FeedTypes())
		if err == nil && !utf8.Valid(text) {
			t.Errorf("%q as %q is no UTF-8: %q", raw, header, text)
		}
		if len(text) > 4*len(raw)+64 {
			t.Errorf("%d bytes became %d", len(raw), len(text))
		}
	})
}
