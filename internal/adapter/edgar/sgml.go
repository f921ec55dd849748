package edgar

import (
	"bytes"
	"strings"
	"time"
)

const (
	maxDocuments = 1000 // blocks read of one submission; the largest have a few hundred
	maxHeader    = 1 << 20
)

// A submission is a full submission text file, taken apart. Bodies are views
// of the file, not copies.
type submission struct {
	accepted  time.Time // zero when the header does not say
	documents []block
}

// A block is one <DOCUMENT> of a submission.
type block struct {
	kind        string // 8-K, EX-99.1, GRAPHIC
	filename    string
	description string
	body        []byte
}

// parseSubmission takes a full submission text file apart. Broken files give
// what can be read: a block that never ends reaches to the next one.
func parseSubmission(raw []byte) submission {
	head, rest := raw, []byte(nil)
	if i := tagLine(raw, "<DOCUMENT>"); i >= 0 {
		head, rest = raw[:i], raw[i:]
	}
	sub := submission{accepted: acceptance(head)}
	for len(rest) > 0 && len(sub.documents) < maxDocuments {
		rest = rest[len("<DOCUMENT>"):]
		doc := rest
		if i := tagLine(rest, "<DOCUMENT>"); i >= 0 {
			doc, rest = rest[:i], rest[i:]
		} else {
			rest = nil
		}
		sub.documents = append(sub.documents, parseBlock(doc))
	}
	return sub
}

// tagLine returns where tag first stands at the start of a line, or -1.
func tagLine(b []byte, tag string) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(tag))
		if i < 0 {
			return -1
		}
		i += from
		if i == 0 || b[i-1] == '\n' || b[i-1] == '\r' {
			return i
		}
		from = i + len(tag)
	}
}

// acceptance reads the header's acceptance time. Headers print it in the
// SEC's own time, Eastern, without a zone.
func acceptance(head []byte) time.Time {
	const tag = "<ACCEPTANCE-DATETIME>"
	head = head[:min(len(head), maxHeader)]
	i := bytes.Index(head, []byte(tag))
	if i < 0 || len(head) < i+len(tag)+14 {
		return time.Time{}
	}
	at, err := time.ParseInLocation("20060102150405", string(head[i+len(tag):i+len(tag)+14]), eastern())
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

func parseBlock(doc []byte) block {
	var b block
	body := doc
	if i := bytes.Index(doc, []byte("<TEXT>")); i >= 0 {
		body = doc[i+len("<TEXT>"):]
		doc = doc[:i]
		if j := bytes.LastIndex(body, []byte("</TEXT>")); j >= 0 {
			body = body[:j]
		}
	}
	b.body = body
	doc = doc[:min(len(doc), maxHeader)]
	b.kind = strings.ToUpper(headerValue(doc, "<TYPE>"))
	b.filename = headerValue(doc, "<FILENAME>")
	b.description = headerValue(doc, "<DESCRIPTION>")
	return b
}

// headerValue returns what stands behind a tag: up to the end of the line, or
// to the next tag in feeds that write all on one line.
func headerValue(doc []byte, tag string) string {
	_, value, _ := bytes.Cut(doc, []byte(tag))
	if i := bytes.IndexAny(value, "<\r\n"); i >= 0 {
		value = value[:i]
	}
	return strings.TrimSpace(string(value[:min(len(value), 300)]))
}
