package feeds

import (
	"html"
	"strings"
)

// tokenKind tells what a token is.
type tokenKind int

const (
	endOfInput tokenKind = iota
	text                 // character data, entities not decoded
	cdata                // character data as it stands
	open                 // <name attrs>
	closed               // </name>
)

// A token is one piece of markup. Its strings share the input's memory.
type token struct {
	kind  tokenKind
	name  string // lower case, with prefix: "dc:date"
	data  string // text and CDATA: the characters; open: the attributes, raw
	empty bool   // <name/>
	raw   string // the markup as it stands
}

// A scanner cuts forgiving XML into tokens, in one pass and without recursion.
// What cannot be markup is text.
type scanner struct {
	in  string
	pos int
	// Where a search for a closing mark failed once it fails for the rest of
	// the input: remembering that keeps the scan linear.
	noCDATAEnd, noCommentEnd, noPIEnd bool
	sawSubset                         bool
}

// next returns the next token; comments, declarations and processing
// instructions are skipped.
func (s *scanner) next() token {
	for s.pos < len(s.in) {
		rest := s.in[s.pos:]
		if rest[0] != '<' {
			return s.text(rest)
		}
		switch {
		case len(rest) == 1:
			s.pos++
		case isNameStart(rest[1]):
			return s.open(rest)
		case rest[1] == '/':
			if t, ok := s.close(rest); ok {
				return t
			}
		case strings.HasPrefix(rest, "<![CDATA["):
			return s.cdata(rest)
		case strings.HasPrefix(rest, "<!--"):
			s.skip(rest, 4, "-->", &s.noCommentEnd)
		case rest[1] == '!':
			s.declaration(rest)
		case rest[1] == '?':
			s.skip(rest, 2, "?>", &s.noPIEnd)
		default:
			return s.text(rest)
		}
	}
	return token{}
}

// text takes everything up to the next '<'; a '<' at the very start that
// opened no markup belongs to it.
func (s *scanner) text(rest string) token {
	end := strings.IndexByte(rest[1:], '<') + 1
	if end == 0 {
		end = len(rest)
	}
	s.pos += end
	return token{kind: text, data: rest[:end], raw: rest[:end]}
}

func (s *scanner) cdata(rest string) token {
	body := rest[len("<![CDATA["):]
	end := -1
	if !s.noCDATAEnd {
		end = strings.Index(body, "]]>")
	}
	if end < 0 { // a cut tail: what is there is the text
		s.noCDATAEnd = true
		s.pos = len(s.in)
		return token{kind: cdata, data: body, raw: rest}
	}
	s.pos += len("<![CDATA[") + end + len("]]>")
	return token{kind: cdata, data: body[:end], raw: rest[:len(rest)-len(body)+end+3]}
}

// skip passes markup that ends with mark, or with '>' when mark never comes.
func (s *scanner) skip(rest string, head int, mark string, missing *bool) {
	if !*missing {
		if end := strings.Index(rest[head:], mark); end >= 0 {
			s.pos += head + end + len(mark)
			return
		}
		*missing = true
	}
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		end = len(rest) - 1
	}
	s.pos += end + 1
}

// declaration skips <!DOCTYPE … [ … ]>. Entities that it declares are not
// expanded: that is the door for bombs and for foreign files.
func (s *scanner) declaration(rest string) {
	end := strings.IndexAny(rest, ">[")
	if end >= 0 && rest[end] == '[' {
		end = s.subsetEnd(rest, end)
	}
	if end < 0 {
		end = len(rest) - 1
	}
	s.pos += end + 1
}

// subsetEnd finds the '>' behind an internal subset. Only the first of a
// document is looked for, so that many of them cost no more than one.
func (s *scanner) subsetEnd(rest string, from int) int {
	if !s.sawSubset {
		s.sawSubset = true
		if subset := strings.IndexByte(rest[from:], ']'); subset >= 0 {
			if last := strings.IndexByte(rest[from+subset:], '>'); last >= 0 {
				return from + subset + last
			}
		}
	}
	return strings.IndexByte(rest, '>')
}

func (s *scanner) close(rest string) (token, bool) {
	end := 2
	for end < len(rest) && isNameByte(rest[end]) {
		end++
	}
	t := token{kind: closed, name: strings.ToLower(rest[2:end])}
	// A cut or careless end tag ("</title<item>") ends where the next tag begins.
	stop := strings.IndexAny(rest[end:], "<>")
	switch {
	case stop < 0:
		end = len(rest)
	case rest[end+stop] == '>':
		end += stop + 1
	default:
		end += stop
	}
	s.pos += end
	t.raw = rest[:end]
	return t, t.name != ""
}

func (s *scanner) open(rest string) token {
	nameEnd := 1
	for nameEnd < len(rest) && isNameByte(rest[nameEnd]) {
		nameEnd++
	}
	t := token{kind: open, name: strings.ToLower(rest[1:nameEnd])}
	end, next := tagEnd(rest, nameEnd)
	t.data, t.raw = rest[nameEnd:end], rest[:next]
	if strings.HasSuffix(t.data, "/") {
		t.empty = true
		t.data = t.data[:len(t.data)-1]
	}
	s.pos += next
	return t
}

// tagEnd finds the '>' that ends an open tag, and where to go on. A '>' in
// quotes does not count, unless the quote never closes before the next '<'.
func tagEnd(rest string, from int) (end, next int) {
	first := -1
	var quote byte
	for i := from; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '<' && (quote == 0 || first >= 0):
			if first >= 0 {
				return first, first + 1
			}
			return i, i
		case c == '>' && quote == 0:
			return i, i + 1
		case c == '>' && first < 0:
			first = i
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'') && precededByEquals(rest[from:i]):
			quote = c
		}
	}
	if quote != 0 && first >= 0 {
		return first, first + 1
	}
	return len(rest), len(rest)
}

func precededByEquals(s string) bool {
	for i := len(s) - 1; i >= 0 && len(s)-i < 16; i-- {
		switch s[i] {
		case '=':
			return true
		case ' ', '\t', '\r', '\n':
		default:
			return false
		}
	}
	return false
}

// attr returns the decoded value of the attribute with this lower-case name.
func (t token) attr(name string) string {
	rest := t.data
	for {
		rest = strings.TrimLeft(rest, " \t\r\n/")
		if rest == "" {
			return ""
		}
		end := strings.IndexAny(rest, "= \t\r\n")
		if end < 0 {
			return ""
		}
		key := rest[:end]
		rest = strings.TrimLeft(rest[end:], " \t\r\n")
		if !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t\r\n")
		var value string
		value, rest = attrValue(rest)
		if strings.EqualFold(key, name) {
			return strings.TrimSpace(decodeEntities(value))
		}
	}
}

func attrValue(rest string) (value, after string) {
	if rest == "" {
		return "", ""
	}
	if q := rest[0]; q == '"' || q == '\'' {
		if end := strings.IndexByte(rest[1:], q); end >= 0 {
			return rest[1 : end+1], rest[end+2:]
		}
		rest = rest[1:]
	}
	end := strings.IndexAny(rest, " \t\r\n")
	if end < 0 {
		end = len(rest)
	}
	return rest[:end], rest[end:]
}

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isNameByte(c byte) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == ':'
}

// localName returns a name without its prefix.
func localName(name string) string {
	return name[strings.LastIndexByte(name, ':')+1:]
}

// maxEntity is the length of the longest entity we decode, with & and ;.
const maxEntity = 34

// decodeEntities decodes numeric and named entities that end in a semicolon.
// Everything else that looks like one is text: "AT&T", "a=1&copy=2".
func decodeEntities(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		at := strings.IndexByte(s, '&')
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
		if end < 2 || strings.ContainsFunc(s[1:end], notInEntity) {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteString(html.UnescapeString(s[:end+1]))
		s = s[end+1:]
	}
}

func notInEntity(r rune) bool {
	return (r < '0' || '9' < r) && (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && r != '#'
}
