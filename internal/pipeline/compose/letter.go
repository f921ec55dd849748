package compose

import (
	"fmt"
	"strings"
	"unicode"

	"stockdigest.app/stockdigest"
)

// A Letter is what a mail says. HTML and Text are the same in content.
type Letter struct {
	Subject  string // one line of at most 120 runes
	HTML     []byte // below 90,000 bytes
	Text     []byte
	Pictures []stockdigest.Picture // that HTML shows by cid:
}

// maxSubject is the longest subject in runes.
const maxSubject = 120

// A frame is what surrounds the matter of every letter.
type frame struct {
	Title     string   // the subject
	Preheader string   // the line that mail programs show beside the subject
	Banner    []string // above everything, for the operator
	Date      string   // under our name
	Heading   string   // of a letter that is no digest
	Foot      footView
}

// A footView is the end of a letter.
type footView struct {
	Notes  []string
	Why    string     // why its reader gets it
	Stops  []linkView // ways out
	Postal string
	Site   string
}

// A letterView is a letter that is no digest, as people read it. HTML and text
// are rendered from the same one.
type letterView struct {
	frame
	Lead   []string // paragraphs
	Button *linkView
	Groups []groupView
}

// A groupView is what a letter says of one company, or of one thing.
type groupView struct {
	Name, Ticker string
	Status       string
	Lines        []string
	Lists        []listView
}

type listView struct {
	Name  string
	Items []itemView
	More  string // how many are left out to keep the mail small
}

type itemView struct {
	Text   string
	URL    string
	Tags   []tagView
	Meta   string
	Notes  []string
	Quotes []quoteView
}

type quoteView struct {
	Text   string
	Source sourceView
}

// letter renders a view. When it would be larger than a mail may be, its lists
// show fewer items and say how many are missing.
func (t typeset) letter(v letterView) (Letter, error) {
	v.Title, v.Preheader = oneLine(v.Title, maxSubject), oneLine(v.Preheader, maxPreheader)
	for limit := longest(v); ; limit /= 2 {
		short := v.limited(limit)
		page, err := t.render("letter", short, frameSize)
		if err != nil {
			return Letter{}, err
		}
		page = []byte(clean(string(page)))
		if len(page) <= maxHTML {
			return Letter{Subject: v.Title, HTML: page, Text: []byte(short.text())}, nil
		}
		if limit == 0 {
			return Letter{}, stockdigest.Invalid(fmt.Sprintf("a letter about %d companies does not fit one mail", len(v.Groups)))
		}
	}
}

// longest is the length of the longest list.
func longest(v letterView) int {
	most := 0
	for _, g := range v.Groups {
		for _, l := range g.Lists {
			most = max(most, len(l.Items))
		}
	}
	return most
}

// limited is the view with lists of at most limit items.
func (v letterView) limited(limit int) letterView {
	groups := make([]groupView, 0, len(v.Groups))
	for _, g := range v.Groups {
		lists := make([]listView, 0, len(g.Lists))
		for _, l := range g.Lists {
			if more := len(l.Items) - limit; more > 0 {
				l.Items, l.More = l.Items[:limit], fmt.Sprintf("And %d more.", more)
			}
			lists = append(lists, l)
		}
		g.Lists = lists
		groups = append(groups, g)
	}
	v.Groups = groups
	return v
}

// oneLine makes text of anywhere fit a header or a line: without breaks,
// controls and turns of direction, at most n runes long.
func oneLine(s string, n int) string {
	return shorten(strings.Join(strings.Fields(clean(spaced(s))), " "), n)
}

// spaced turns what breaks lines into blanks, so that words stay apart.
func spaced(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
