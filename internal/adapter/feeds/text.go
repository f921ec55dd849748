package feeds

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// plainText turns the HTML that feeds put into titles and descriptions into
// one line of text: tags out, entities decoded, blanks folded, at most limit
// bytes, cut between words.
func plainText(s string, limit int) string {
	if strings.IndexByte(s, '<') >= 0 {
		s = stripTags(s, limit)
	}
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	// Titles come encoded twice ("AT&amp;amp;T") as often as right.
	for range 2 {
		s = decodeEntities(s)
	}
	return clip(fold(unscramble(s)), limit)
}

// unscramble mends text whose UTF-8 was once read as windows-1252 ("itâ€™s").
// Only text that is valid UTF-8 after the way back is touched.
func unscramble(s string) string {
	if !strings.ContainsAny(s, "ÃÂâÐÑ") {
		return s
	}
	raw := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case ok:
		case 0x80 <= r && r < 0xa0: // bytes that windows-1252 leaves open
			b = byte(r)
		default:
			return s
		}
		raw = append(raw, b)
	}
	if !utf8.Valid(raw) {
		return s
	}
	return string(raw)
}

// stripTags removes HTML tags, comments, scripts and styles. Tags that break a
// line become a blank. A '<' that opens no tag stays: "margins < 3%".
func stripTags(s string, limit int) string {
	var b strings.Builder
	sc := scanner{in: s}
	hidden := ""
	for b.Len() < 8*limit {
		t := sc.next()
		switch {
		case t.kind == endOfInput:
			return b.String()
		case hidden != "":
			if t.kind == closed && t.name == hidden {
				hidden = ""
			}
		case t.kind == open && !t.empty && (t.name == "script" || t.name == "style"):
			hidden = t.name
		case t.kind == text, t.kind == cdata:
			b.WriteString(t.data)
		case !isInline(t.name):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func isInline(name string) bool {
	switch name {
	case "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "nobr",
		"q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr":
		return true
	}
	return false
}

// fold makes every run of blanks and control characters one space, drops
// invisible characters and repairs invalid UTF-8.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			gap = b.Len() > 0
			continue
		case r == '\u00ad', r == '\u200b', r == '\u2060', r == '\ufeff', r == '\ufffe', '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			continue // soft hyphens, zero widths, direction overrides
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// clip cuts s to at most limit bytes, between words when it can.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	if space := strings.LastIndexByte(s[:cut], ' '); space > cut/2 {
		cut = space
	}
	return strings.TrimRight(s[:cut], " ,;:-") + "…"
}

// withoutComments cuts <!-- comments --> and declarations out of s.
func withoutComments(s string) string {
	var b strings.Builder
	sc := scanner{in: s}
	for {
		t := sc.next()
		if t.kind == endOfInput {
			return b.String()
		}
		b.WriteString(t.raw)
	}
}

// advertised returns the absolute address of the first feed that a web page
// names in <link rel="alternate">.
func advertised(page, base string) string {
	sc := scanner{in: page}
	for range maxElements {
		t := sc.next()
		switch {
		case t.kind == endOfInput, t.kind == open && t.name == "body":
			return ""
		case t.kind == open && t.name == "base":
			base = first(absolute(t.attr("href"), base), base)
		case t.kind == open && t.name == "link" && strings.Contains(strings.ToLower(t.attr("rel")), "alternate"):
			if isFeedType(t.attr("type")) {
				return absolute(t.attr("href"), base)
			}
		}
	}
	return ""
}

func isFeedType(mime string) bool {
	mime = strings.ToLower(mime)
	for _, known := range []string{"rss", "atom", "rdf", "feed+json"} {
		if strings.Contains(mime, known) {
			return true
		}
	}
	return false
}
