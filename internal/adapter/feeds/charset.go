package feeds

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// toUTF8 decodes data. Bytes that are valid UTF-8 are UTF-8, whatever the
// feed says about itself: the fetcher may have decoded them already, and feeds
// that lie about UTF-8 are common while other encodings that happen to be
// valid UTF-8 are not. Else the byte order mark, the shape of the first bytes,
// the header and the declaration are believed in that order.
func toUTF8(data []byte, contentType string) string {
	if enc, skip := wideEncoding(data); enc != nil {
		return decode(enc, data[skip:])
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	escaped := bytes.IndexByte(data, 0x1b) >= 0 // ISO-2022 in seven bits
	if utf8.Valid(data) && !escaped {
		return string(data)
	}
	for _, label := range []string{headerCharset(contentType), declaredCharset(data)} {
		enc, name := charset.Lookup(label)
		if enc == nil || name == "utf-8" || name == "replacement" || strings.HasPrefix(name, "utf-16") {
			continue
		}
		if out := decode(enc, data); !strings.Contains(out, "\ufffd") {
			return out
		}
	}
	return mixed(data)
}

// wideEncoding recognises UTF-16 and UTF-32 by mark or by the zeros around the
// first '<' or '{'.
func wideEncoding(data []byte) (enc encoding.Encoding, skip int) {
	starts := func(prefix string) bool { return bytes.HasPrefix(data, []byte(prefix)) }
	big, little := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big32, little32 := utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	switch {
	case starts("\x00\x00\xfe\xff"):
		return big32, 4
	case starts("\xff\xfe\x00\x00"):
		return little32, 4
	case starts("\xfe\xff"):
		return big, 2
	case starts("\xff\xfe"):
		return little, 2
	case starts("\x00\x00\x00<"), starts("\x00\x00\x00{"):
		return big32, 0
	case starts("<\x00\x00\x00"), starts("{\x00\x00\x00"):
		return little32, 0
	case starts("\x00<"), starts("\x00{"):
		return big, 0
	case starts("<\x00"), starts("{\x00"):
		return little, 0
	}
	return nil, 0
}

func decode(enc encoding.Encoding, data []byte) string {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return mixed(data)
	}
	return string(out)
}

// mixed reads UTF-8 with single bytes of windows-1252 strewn in, which is what
// pasted quotes and careless templates make.
func mixed(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(data[0])
		}
		b.WriteRune(r)
		data = data[n:]
	}
	return b.String()
}

func headerCharset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

// declaredCharset reads encoding="…" of the XML declaration.
func declaredCharset(data []byte) string {
	head := data[:min(len(data), 1024)]
	at := bytes.Index(head, []byte("<?xml"))
	if at < 0 {
		return ""
	}
	decl, _, _ := bytes.Cut(head[at:], []byte("?>"))
	return token{data: string(decl[len("<?xml"):])}.attr("encoding")
}
