package edgar

import (
	"regexp"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// maxHeads bounds the headings looked at in one document; real ones have
// fewer than two hundred with their tables of contents.
const maxHeads = 5000

var (
	// An item of an 8-K opens with "Item 5.02." at the start of a line.
	itemHead = regexp.MustCompile(`(?i)^(?:[•·\-–—*]\s*)?(?:section\s+\d\s*[-–—.:]?.{0,80}?\s)?items?\s*(?:\|\s*)?(?:no\.?\s*)?(?:(\d\s?\.\s?\d\s?\d)(?:\D|$)|(\d{1,2}\s?[a-c]?)(?:[\s.,:;()\-–—|]|$))`)
	// The items end where the signatures begin.
	signatureHead = regexp.MustCompile(`(?i)^[\s|]*(?:s\s?i\s?g\s?n\s?a\s?t\s?u\s?r\s?e(?:\s?s|\s?\(s\)|s?\s?page)?[\s.:|]*\d*$|pursuant to the requirements? of (?:section.{0,40}of )?the securities)`)
)

// isHeading reports whether a line opens an item.
func isHeading(line string) bool {
	return itemHead.MatchString(line[:min(len(line), 160)])
}

// splitItems finds the numbered items of a document by its form.
func splitItems(form, text string) []stockdigest.Item {
	switch strings.TrimSuffix(form, "/A") {
	case "8-K", "8-K12B":
		return split8K(text)
	case "10-K", "10-KT", "10-K405", "10-KSB":
		return splitPeriodic(text, false)
	case "10-Q", "10-QT", "10-QSB":
		return splitPeriodic(text, true)
	case "20-F":
		return splitForeign(text)
	case "40-F":
		return formItems(text) // some have the information form in them
	}
	return nil
}

// A line is one line of a text, by its bytes.
type line struct{ start, end int }

func lines(text string) []line {
	var out []line
	for start := 0; start < len(text); {
		end := strings.IndexByte(text[start:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += start
		}
		if end > start {
			out = append(out, line{start, end})
		}
		start = end + 1
	}
	return out
}

// A head is the opening line of an item, or of the signatures, which have no
// number and end the item before them.
type head struct {
	number string
	line   line
}

func split8K(text string) []stockdigest.Item {
	var heads []head
	for _, l := range lines(text) {
		if len(heads) == maxHeads {
			break
		}
		s := text[l.start:min(l.end, l.start+160)]
		if len(heads) > 0 && signatureHead.MatchString(s) {
			heads = append(heads, head{"", l})
			continue
		}
		if m := itemHead.FindStringSubmatch(s); m != nil {
			if n := number8K(m[1] + m[2]); n != "" {
				heads = append(heads, head{n, l})
			}
		}
	}
	return cut(text, oneNumbering(heads))
}

// number8K returns the item's number in the form EDGAR writes it, or nothing
// when the form has no such item.
func number8K(s string) string {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if slices.Contains(items8K(), s) {
		return s
	}
	if whole, _, dotted := strings.Cut(s, "."); dotted && slices.Contains(items8K(), whole) {
		return whole // "Item 7. 99 Press release": the number of an exhibit ran into the heading
	}
	return ""
}

func items8K() []string {
	return []string{
		"1.01", "1.02", "1.03", "1.04", "1.05", "2.01", "2.02", "2.03", "2.04", "2.05", "2.06", "3.01", "3.02", "3.03", "4.01", "4.02",
		"5.01", "5.02", "5.03", "5.04", "5.05", "5.06", "5.07", "5.08", "6.01", "6.02", "6.03", "6.04", "6.05", "6.06", "6.10", "7.01", "8.01", "9.01",
		// until 23 August 2004
		"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
	}
}

// oneNumbering keeps the numbering that the form is written in: a new form
// may quote an old item, and Regulation S-K has items of its own.
func oneNumbering(heads []head) []head {
	isNew := slices.ContainsFunc(heads, func(h head) bool { return strings.Contains(h.number, ".") })
	return slices.DeleteFunc(heads, func(h head) bool { return h.number != "" && strings.Contains(h.number, ".") != isNew })
}

// cut makes items of heads: each reaches to the next head. A number that
// comes again keeps its longest stretch (a table of contents is short).
func cut(text string, heads []head) []stockdigest.Item {
	var items []stockdigest.Item
	for i, h := range heads {
		if h.number == "" {
			continue
		}
		stop := len(text)
		if i+1 < len(heads) {
			stop = heads[i+1].line.start
		}
		items = append(items, item(text, h, stop))
	}
	return longest(items)
}

// item makes the item that opens with h and ends before stop.
func item(text string, h head, stop int) stockdigest.Item {
	body := strings.TrimRight(text[h.line.start:stop], " \n|")
	return stockdigest.Item{Number: h.number, Title: title(body), Start: h.line.start, End: h.line.start + len(body)}
}

func longest(items []stockdigest.Item) []stockdigest.Item {
	best := map[string]int{}
	for i, it := range items {
		if j, ok := best[it.Number]; !ok || it.End-it.Start > items[j].End-items[j].Start {
			best[it.Number] = i
		}
	}
	var out []stockdigest.Item
	for i, it := range items {
		if best[it.Number] == i {
			out = append(out, it)
		}
	}
	return out
}

// title returns what the heading says behind the number, on its own line or
// on the next one.
func title(body string) string {
	first, rest, _ := strings.Cut(body, "\n")
	if m := partHead.FindString(first); m != "" {
		first = first[len(m):]
	}
	loc := itemHead.FindStringSubmatchIndex(first[:min(len(first), 160)])
	if loc == nil {
		return ""
	}
	t := strings.Trim(first[max(loc[3], loc[5]):], " .,:;-–—|")
	if t == "" {
		next, _, _ := strings.Cut(strings.TrimLeft(rest, "\n"), "\n")
		t = strings.Trim(next, " .,:;-–—|")
	}
	if len(t) > 200 {
		return ""
	}
	return t
}

// coverForm is the form's name on the cover.
var coverForm = regexp.MustCompile(`(?i)\bform\s{0,3}(?:(8|6)-?(k)|(10)-?(k(?:sb|405|t)?|q(?:sb|t)?)|(20|40)-?(f))\b`)

// formOf reads the form from the cover of a document; 8-K when it is silent.
func formOf(text string) string {
	m := coverForm.FindStringSubmatch(text[:min(len(text), 4<<10)])
	if m == nil {
		return "8-K"
	}
	return strings.ToUpper(m[1] + m[3] + m[5] + "-" + m[2] + m[4] + m[6])
}

// SplitItems returns the items of a filing as EDGAR or its filer wrote it, a
// full submission or a document alone, by their numbers: "5.02", "7A"; those
// of a 10-Q with their part, "II.1A", and sections of a 20-F with their item, "3.D".
func SplitItems(_ string, raw []byte) (map[string]string, error) {
	form, body := "", raw
	if sub := parseSubmission(raw); len(sub.documents) > 0 {
		form, body = sub.documents[0].kind, sub.documents[0].body
	}
	text := plainText(body)
	if form == "" {
		form = formOf(text)
	}
	out := map[string]string{}
	for _, it := range splitItems(form, text) {
		out[it.Number] = text[it.Start:it.End]
	}
	return out, nil
}
