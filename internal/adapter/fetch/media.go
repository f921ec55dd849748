package fetch

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// feedTypes are the types feeds come with, the wrong ones among them. An entry
// that starts with a plus is a suffix; "" is an answer that names no type.
func feedTypes() []string {
	return []string{"", "+xml", "+json", "application/xml", "text/xml", "application/json", "text/json", "text/html", "text/plain", "application/rss", "application/octet-stream", "binary/octet-stream"}
}

func pageTypes() []string {
	return []string{"", "text/html", "application/xhtml+xml", "text/plain"}
}

func dataTypes() []string {
	return []string{"", "+xml", "+json", "application/json", "application/xml", "text/html", "text/xml", "text/plain", "text/csv", "text/json", "application/javascript", "text/javascript", "application/octet-stream", "binary/octet-stream", "application/x-pem-file", "application/x-x509-ca-cert"}
}

// decodeText checks that raw is text of one of types and returns its media
// type and its bytes in UTF-8. Nil types take raw as it is.
func decodeText(contentType string, raw []byte, types []string) (string, []byte, error) {
	media, label := mediaType(contentType)
	if types == nil {
		return media, raw, nil
	}
	if !taken(media, types) {
		return "", nil, &Error{Reason: ReasonType, Err: fmt.Errorf("%.60s", media)}
	}
	if kind := binary(raw); kind != "" {
		return "", nil, &Error{Reason: ReasonType, Err: fmt.Errorf("%s, though called %s", kind, orNothing(media))}
	}
	text := toUTF8(raw, label)
	if media == "" || strings.HasSuffix(media, "/octet-stream") {
		media, _ = mediaType(http.DetectContentType(text))
	}
	return media, text, nil
}

func orNothing(media string) string {
	if media == "" {
		return "nothing"
	}
	return media
}

// mediaType splits a Content-Type into its type and its charset, taking what
// it can from a header that does not parse.
func mediaType(contentType string) (media, label string) {
	media, params, err := mime.ParseMediaType(contentType)
	if err == nil && strings.Contains(media, "/") {
		return media, params["charset"]
	}
	media, _, _ = strings.Cut(contentType, ";")
	if _, after, ok := strings.Cut(strings.ToLower(contentType), "charset="); ok {
		label, _, _ = strings.Cut(after, ";")
		label = strings.Trim(label, `"' `)
	}
	media, _, _ = strings.Cut(media, ",") // some servers send the header twice
	media = strings.ToLower(strings.TrimSpace(media))
	if !strings.Contains(media, "/") {
		media = "" // "html", "charset=utf-8": as good as none
	}
	return media, label
}

func taken(media string, types []string) bool {
	return slices.ContainsFunc(types, func(t string) bool {
		return media == t || (strings.HasPrefix(t, "+") && strings.HasSuffix(media, t))
	})
}

// binary names what raw is when it is not text. A magic number alone is not
// enough: a text that starts with BMW looks like a bitmap.
func binary(raw []byte) string {
	head := raw[:min(len(raw), 4<<10)]
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("%PDF-")) {
		return "a PDF"
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || looksUTF16(head) {
		return ""
	}
	control := 0
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			control++
		}
	}
	sniffed, _ := mediaType(http.DetectContentType(head))
	switch {
	case control > 0 && !strings.HasPrefix(sniffed, "text/") && sniffed != "application/octet-stream":
		return sniffed
	case control*50 > len(head):
		return "binary data"
	}
	return ""
}

// looksUTF16 finds markup in UTF-16 without a mark: every second byte is zero.
func looksUTF16(head []byte) bool {
	return len(head) >= 4 && ((head[0] == '<' && head[1] == 0 && head[3] == 0) || (head[0] == 0 && head[1] == '<' && head[2] == 0))
}

// toUTF8 decodes text. Bytes that are valid UTF-8 beyond ASCII are UTF-8
// whatever their labels say: other encodings make such bytes only by rare
// chance, while wrong labels are everyday. Otherwise the mark, the header, the
// document's own declaration and Windows-1252 are tried, in this order.
func toUTF8(raw []byte, label string) []byte {
	if rest, ok := bytes.CutPrefix(raw, []byte("\xef\xbb\xbf")); ok {
		return declareUTF8(bytes.ToValidUTF8(rest, []byte("\uFFFD")))
	}
	utf16 := bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) || looksUTF16(raw)
	if !utf16 && utf8.Valid(raw) && !isASCII(raw) {
		return declareUTF8(raw)
	}
	decoded, err := encodingOf(raw, label).NewDecoder().Bytes(raw)
	if err != nil {
		decoded = raw
	}
	return declareUTF8(bytes.ToValidUTF8(decoded, []byte("\uFFFD")))
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}

func encodingOf(raw []byte, label string) encoding.Encoding {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), len(raw) > 1 && looksUTF16(raw) && raw[0] != 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(raw, []byte("\xfe\xff")), looksUTF16(raw):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	for _, name := range []string{label, declared(raw)} {
		found, canonical := charset.Lookup(strings.TrimSpace(name))
		if found == nil || strings.HasPrefix(canonical, "utf-16") || canonical == "replacement" {
			continue // bytes without a mark or zeros are not UTF-16, whatever they say
		}
		if canonical == "utf-8" && !mostlyUTF8(raw) {
			continue
		}
		return found
	}
	if mostlyUTF8(raw) {
		return encoding.Nop
	}
	return charmap.Windows1252
}

// mostlyUTF8 allows for a few damaged bytes, as feeds that cut their
// descriptions at a byte count have.
func mostlyUTF8(raw []byte) bool {
	good, bad := 0, 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		raw = raw[size:]
	}
	return bad == 0 || bad*10 <= good
}

var (
	metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,300}charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})`)

	xmlEncoding = regexp.MustCompile(`(?i)^(\s*<\?xml[^>]{0,200}encoding\s*=\s*["'])([a-z0-9_:.-]{1,40})(["'])`)
)

// declared finds the encoding a document names in its first 4 KB.
func declared(raw []byte) string {
	head := raw[:min(len(raw), 4<<10)]
	if m := xmlEncoding.FindSubmatch(head); m != nil {
		return string(m[2])
	}
	if m := metaCharset.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

// declareUTF8 makes an XML declaration say what the bytes are now, so that no
// reader decodes them a second time.
func declareUTF8(text []byte) []byte {
	head := text[:min(len(text), 4<<10)]
	at := xmlEncoding.FindSubmatchIndex(head)
	if at == nil || strings.EqualFold(string(head[at[4]:at[5]]), "utf-8") {
		return text
	}
	return slices.Concat(text[:at[4]], []byte("utf-8"), text[at[5]:])
}
