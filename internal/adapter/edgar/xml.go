package edgar

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of an XML document; a Form 4 may have 30 transactions of 40 elements.
const (
	maxXML      = 4 << 20 // bytes
	maxXMLDepth = 32
	maxElements = 100_000
	maxValue    = 16 << 10 // bytes of one element's text that are kept
)

// An element is one element of an XML document that has ended.
type element struct {
	path []string // local names from the root to the element itself
	text string   // its own text, trimmed
	id   string   // its attribute of that name
}

// name returns the element's name and that of its parent.
func (e element) name() (name, parent string) {
	name = e.path[len(e.path)-1]
	if len(e.path) > 1 {
		parent = e.path[len(e.path)-2]
	}
	return name, parent
}

// walkXML calls ended for every element of a document, children before their
// parents. It expands no entities but the five of XML itself.
func walkXML(raw []byte, ended func(element)) error {
	if len(raw) > maxXML {
		return fmt.Errorf("read XML: %d bytes are more than %d", len(raw), maxXML)
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = charset
	var path, ids []string
	var texts [][]byte
	for n := 0; ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if n++; n > maxElements || len(path) == maxXMLDepth {
				return errors.New("read XML: more elements, or deeper ones, than a filing has")
			}
			path, texts, ids = append(path, t.Name.Local), append(texts, nil), append(ids, attribute(t, "id"))
		case xml.CharData:
			if last := len(texts) - 1; last >= 0 && len(texts[last]) < maxValue {
				texts[last] = append(texts[last], t[:min(len(t), maxValue)]...)
			}
		case xml.EndElement:
			last := len(path) - 1
			if last < 0 || path[last] != t.Name.Local {
				return fmt.Errorf("read XML: element %.80q ends unopened", t.Name.Local)
			}
			ended(element{path, strings.Join(strings.Fields(strings.ToValidUTF8(string(texts[last]), "")), " "), ids[last]})
			path, texts, ids = path[:last], texts[:last], ids[:last]
		}
	}
	if len(path) > 0 {
		return fmt.Errorf("read XML: element %.80q never ends", path[len(path)-1])
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func charset(label string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "iso-8859-1", "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(r), nil
	}
	return nil, fmt.Errorf("read XML: unknown encoding %.40q", label)
}

// xmlPart returns the XML document in raw: a file of its own, or the part of
// a submission that stands between <XML> tags.
func xmlPart(raw []byte) []byte {
	if _, after, ok := bytes.Cut(raw, []byte("<XML>")); ok {
		raw, _, _ = bytes.Cut(after, []byte("</XML>"))
	}
	return bytes.TrimSpace(raw)
}
