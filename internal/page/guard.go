package page

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// The limits of a page. The largest page of the sets we measure with has about
// a third of the elements; the limits keep the slowest page within its second.
const (
	maxBytes    = 2 << 20
	maxElements = 40_000
	maxNodes    = 120_000 // elements, and the copies the parser makes of unclosed formatting
)

// guard refuses what must not reach the parser, and cuts a page off where it
// becomes too long: what comes late is comments and scripts far more often
// than the article. It is one pass over the bytes.
func guard(page []byte) ([]byte, error) {
	if len(page) > maxBytes {
		page = page[:maxBytes]
		if lt := bytes.LastIndexByte(page, '<'); lt > 0 {
			page = page[:lt] // no half tag
		}
	}
	if reason := notHTML(page); reason != "" {
		return nil, fmt.Errorf("%w: %s", ErrNotHTML, reason)
	}
	nodes, end := count(page)
	if nodes > maxNodes {
		return nil, fmt.Errorf("%w: %d nodes, at most %d", ErrTooLarge, nodes, maxNodes)
	}
	return page[:end], nil
}

func notHTML(page []byte) string {
	head := bytes.TrimLeft(page[:min(len(page), 2048)], "\xef\xbb\xbf \t\r\n")
	utf16 := bytes.HasPrefix(page, []byte{0xff, 0xfe}) || bytes.HasPrefix(page, []byte{0xfe, 0xff})
	switch {
	case utf16:
		return ""
	case len(head) == 0:
		return "it is empty"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "it is a PDF"
	case bytes.IndexByte(head, 0) >= 0:
		return "it is binary"
	case bytes.IndexByte(page, '<') < 0:
		return "it has no tags"
	case head[0] == '{' || head[0] == '[':
		return "it is JSON"
	}
	return ""
}

// count returns how many nodes the parser may make of a page, and where the
// page has to end for its elements to be few enough: a formatting element that
// is never closed is copied into every block that follows, so a small page can
// become millions of nodes.
func count(page []byte) (nodes, end int) {
	elements, open := 0, 0
	for i := 0; i < len(page); {
		lt := bytes.IndexByte(page[i:], '<')
		if lt < 0 || i+lt+1 >= len(page) {
			break
		}
		if elements >= maxElements {
			return nodes, i + lt
		}
		i += lt + 1
		closing := page[i] == '/'
		if closing {
			i++
		}
		name := tagName(page[i:])
		i += len(name)
		switch {
		case name == "":
		case closing && formatting(name):
			open = max(0, open-1)
		case closing:
		case name == "script" || name == "style":
			elements++
			i += endOf(page[i:], name)
		case formatting(name):
			elements++
			open++
			nodes++
		default:
			elements++
			nodes += 1 + open
		}
	}
	return nodes, len(page)
}

func tagName(s []byte) string {
	n := 0
	for n < len(s) && n < 12 && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || n > 0 && s[n] >= '0' && s[n] <= '9') {
		n++
	}
	return strings.ToLower(string(s[:n]))
}

func formatting(name string) bool {
	switch name {
	case "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u":
		return true
	}
	return false
}

// endOf returns where the end tag of a raw text element begins.
func endOf(s []byte, name string) int {
	for i := 0; i < len(s); {
		lt := bytes.Index(s[i:], []byte("</"))
		if lt < 0 {
			return len(s)
		}
		i += lt
		if tagName(s[i+2:]) == name {
			return i
		}
		i += 2
	}
	return len(s)
}

// decode returns the page as UTF-8. Valid UTF-8 is taken as it is, whatever
// the page declares.
func decode(page []byte) string {
	page = bytes.TrimPrefix(page, []byte("\xef\xbb\xbf"))
	if utf8.Valid(page) {
		return string(page)
	}
	if nearlyUTF8(page) {
		return strings.ToValidUTF8(string(page), "\uFFFD")
	}
	encoding, name, _ := charset.DetermineEncoding(page, "")
	if name == "utf-8" {
		return strings.ToValidUTF8(string(page), "\uFFFD")
	}
	decoded, _, err := transform.Bytes(encoding.NewDecoder(), page)
	if err != nil {
		return strings.ToValidUTF8(string(page), "\uFFFD")
	}
	return string(decoded)
}

// nearlyUTF8 reports whether a page is UTF-8 with a few broken bytes: text in
// any other charset hardly ever holds valid sequences of several bytes.
func nearlyUTF8(page []byte) bool {
	valid, broken := 0, 0
	for i := 0; i < len(page); {
		if page[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(page[i:])
		if r == utf8.RuneError && size == 1 {
			broken++
		} else {
			valid++
		}
		i += size
	}
	return valid > 4*broken
}
