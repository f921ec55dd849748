package edgar

import (
	"regexp"
	"strings"

	"stockdigest.app/stockdigest"
)

// A 40-F is a cover around what its company files in Canada: the annual
// information form, which has the risk factors, the management's discussion and
// the statements, each an exhibit.
const (
	minWrapped = 10 << 10 // bytes; certificates and consents name the same documents and are shorter
	wrappedTop = 6 << 10  // bytes in which an exhibit says what it is
)

var (
	informationForm = regexp.MustCompile(`(?im)^.{0,60}\bannual information form\b.{0,60}$`)
	discussion      = regexp.MustCompile(`(?im)^.{0,60}(?:management[’']?s[’']? discussion (?:and|&) analysis|\bmd&a\b).{0,80}$`)

	// Headings of an information form, with or without a number and a page.
	formHead  = regexp.MustCompile(`(?i)^(?:(?:item\s*)?\d{1,2}(?:\.\d{1,2})?[.)]?\s*[|:–—-]?\s*|[a-z][.)]\s+)?(.*?)[\s.:|]*\d*$`)
	formOther = regexp.MustCompile(`(?i)^(?:dividends?(?: and distributions| policy)?|(?:(?:general )?description of (?:the )?)?(?:share )?capital(?: structure)?|` +
		`(?:credit )?ratings|market for (?:our )?securities|trading price and volume|prior sales|escrowed securities.*|directors(?:,| and) .*officers|` +
		`promoters?|legal proceedings.*|interests? of management.*|transfer agents?.*|material contracts|(?:interests? of )?experts|audit committee.*|additional information)$`)
)

// isWrapper reports a form whose sections are its exhibits.
func isWrapper(form string) bool { return strings.TrimSuffix(form, "/A") == "40-F" }

// wrappedItems are the parts of a 40-F's exhibit that a 10-K has as items: all of
// a management's discussion, and the risk factors of an information form. Other
// exhibits have none. The earlier name counts: each speaks of the other.
func wrappedItems(d stockdigest.Document) []stockdigest.Item {
	if len(d.Text) < minWrapped {
		return nil
	}
	top := d.Description + "\n" + d.Text[:wrappedTop]
	form, talk := informationForm.FindStringIndex(top), discussion.FindStringIndex(top)
	switch {
	case form != nil && (talk == nil || form[0] < talk[0]):
		return formItems(d.Text)
	case talk != nil:
		return []stockdigest.Item{{Number: stockdigest.ItemDiscussion, Title: "Management's Discussion and Analysis", End: len(d.Text)}}
	}
	return nil
}

// formItems finds the risk factors of an information form: the longest stretch
// from their heading to another one.
func formItems(text string) []stockdigest.Item {
	var heads []head
	for _, l := range lines(text) {
		if len(heads) == maxHeads {
			break
		}
		m := formHead.FindStringSubmatch(text[l.start:min(l.end, l.start+160)])
		if m == nil {
			continue
		}
		open := len(heads) > 0 && heads[len(heads)-1].number != ""
		switch {
		case !open && strings.EqualFold(m[1], risksTitle):
			heads = append(heads, head{stockdigest.ItemRisks, l})
		case open && formOther.MatchString(m[1]):
			heads = append(heads, head{"", l})
		}
	}
	items := cut(text, heads)
	for i := range items {
		items[i].Title = risksTitle
	}
	return items
}
