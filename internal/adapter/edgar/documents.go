package edgar

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// documents makes the documents of a filing: the primary one and the
// exhibits that people read. Agreements are only named, with their opening; of
// a 40-F only the exhibits are kept that hold what other forms hold themselves.
func documents(f stockdigest.Filing, sub submission) []stockdigest.Document {
	var docs []stockdigest.Document
	for i, b := range sub.documents {
		limit := kept(f.Form, i, b.kind)
		if limit == 0 || len(docs) == maxTexts || !isText(b.filename) || isBinary(b.body) {
			continue
		}
		d := document(f, i+1, b, limit)
		if i > 0 && isWrapper(f.Form) {
			if d.Items = wrappedItems(d); len(d.Items) == 0 {
				continue
			}
		}
		docs = append(docs, d)
	}
	return docs
}

// kept is how many bytes are kept of a form's document in its place and of its
// kind.
func kept(form string, place int, kind string) int {
	switch {
	case place == 0, strings.HasPrefix(kind, "EX-99"), isWrapper(form) && strings.HasPrefix(kind, "EX-1"):
		return maxText
	case isAgreement(kind):
		return shortText
	}
	return 0
}

func document(f stockdigest.Filing, seq int, b block, limit int) stockdigest.Document {
	whole, more := readText(b.body)
	text := shorten(whole, limit)
	d := stockdigest.Document{
		Accession:   f.Accession,
		Seq:         seq,
		Type:        b.kind,
		Description: b.description,
		URL:         f.URL,
		Text:        text,
		Hash:        stockdigest.Hash(text),
	}
	if limit == maxText && (more || len(text) < len(whole)) {
		d.Description = strings.TrimSpace(d.Description + " (the text is cut: it is longer than we read)")
	}
	if validName(b.filename) {
		d.URL = folder(f) + b.filename
	}
	if seq == 1 {
		d.Items = listed(splitItems(f.Form, text), f.Items)
	}
	return d
}

// listed drops headings that the filing's own list does not know: quotations
// of other filings. A list that agrees with nothing is not believed.
func listed(found []stockdigest.Item, items []string) []stockdigest.Item {
	known := func(it stockdigest.Item) bool { return slices.Contains(items, it.Number) }
	if !slices.ContainsFunc(found, known) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(it stockdigest.Item) bool { return !known(it) })
}

// itemsOf returns the filing's items as the list told them; when it told
// none, those of an 8-K's text.
func itemsOf(f stockdigest.Filing) []string {
	if len(f.Items) > 0 || len(f.Documents) == 0 || !strings.HasPrefix(f.Form, "8-K") {
		return f.Items
	}
	var items []string
	for _, it := range f.Documents[0].Items {
		items = append(items, it.Number)
	}
	return items
}

// isAgreement reports whether the exhibit is a contract: underwriting (1),
// merger (2) or material (10).
func isAgreement(kind string) bool {
	return strings.HasPrefix(kind, "EX-1.") || strings.HasPrefix(kind, "EX-2.") || strings.HasPrefix(kind, "EX-10.")
}

// isText reports whether the file's name promises text. Old submissions give
// no names.
func isText(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case "", ".htm", ".html", ".txt":
		return true
	}
	return false
}

// isBinary reports whether the body is a PDF or a uuencoded file.
func isBinary(body []byte) bool {
	head := bytes.TrimSpace(body[:min(len(body), 256)])
	return bytes.HasPrefix(head, []byte("<PDF>")) || bytes.HasPrefix(head, []byte("begin 6"))
}

// shorten cuts text at the end of a paragraph, or of a letter, before limit.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	if i := strings.LastIndex(text[:limit], "\n\n"); i > 0 {
		return text[:i]
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
