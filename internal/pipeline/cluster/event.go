package cluster

import (
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// An event is a kind of hard news, with the stems that betray it and the 8-K
// items that report it.
type event struct {
	name   string
	points int
	stems  string // between spaces
	items  string // between spaces
}

// hardEvents lists the hard events, most important first.
//
//nolint:gochecknoglobals // read-only table
var hardEvents = []event{
	{"bankruptcy", 12, " bankruptci chapter insolv default restructur delist ", " 1.03 2.04 3.01 "},
	{"deal", 12, " acquir acquisit merger merg takeov buyout divest spinoff bid tender stake joint ", " 1.01 1.02 2.01 5.01 "},
	{"results", 11, " earn result quarter quarterli guidanc forecast outlook revenu profit eps ", " 2.02 "},
	{"regulator", 10, " fda antitrust regul probe investig subpoena indict fine penalti sanction ban approv ", " 8.01 "},
	{"people", 9, " ceo cfo chief chairman resign step depart appoint oust successor retir director ", " 5.02 "},
	{"accounting", 9, " restat audit auditor account fraud weak ", " 4.01 4.02 "},
	{"court", 8, " lawsuit sue settl settlement verdict court judg rule patent alleg ", " 8.01 "},
	{"safety", 8, " recal breach hack outag crash explos fire ", " 1.05 8.01 "},
	{"capital", 7, " dividend buyback repurchas offer split bond note debt convert rais ", " 1.01 2.03 3.02 8.01 "},
	{"jobs", 7, " layoff job cut strike union plant closur ", " 2.05 2.06 "},
	{"contract", 6, " contract award order partnership agreement deal launch unveil ", " 1.01 8.01 7.01 "},
	{"rating", 4, " upgrad downgrad rate target analyst ", " "},
}

// hardness returns the points of the hardest event that a title speaks of.
func hardness(title string) int {
	for _, e := range hardEvents {
		if e.in(title) > 0 {
			return e.points
		}
	}
	return 0
}

// in counts the words of s that betray the event.
func (e event) in(s string) int {
	found := 0
	for _, word := range text.Words(s) {
		if strings.Contains(e.stems, " "+text.Stem(strings.TrimSuffix(word, "'s"))+" ") {
			found++
		}
	}
	return found
}

// itemHardness returns the points of the hardest event among a filing's items.
// Items 7.01, 8.01 and 9.01 say nothing by themselves.
func itemHardness(f *stockdigest.Filing) int {
	most := 0
	for _, e := range hardEvents {
		for _, item := range f.Items {
			if item < "7" && strings.Contains(e.items, " "+item+" ") {
				most = max(most, e.points)
			}
		}
	}
	return most
}

// fits returns how well a filing fits a story, 1 for just enough: by its
// words, the kind of its items, the amounts both name, and the days between.
func fits(story []source, filing source, known map[string]bool) float64 {
	const enough = 0.40
	like, apart := 0.0, 1e9
	for _, s := range story {
		if s.filing != nil {
			continue
		}
		like = max(like, likeness(s.doc, filing.doc, known))
		apart = min(apart, s.doc.At.Sub(filing.doc.At).Abs().Hours())
	}
	const reach = 4 * 24 // hours; an 8-K is due four business days after the event
	if apart > reach {
		return 0
	}
	title := story[0].doc.Title
	for _, e := range hardEvents {
		if e.in(title) == 0 {
			continue
		}
		for _, item := range filing.filing.Items {
			if strings.Contains(e.items, " "+item+" ") {
				like += 0.10
			}
		}
		break
	}
	shared := 0
	said := amounts(filing.doc)
	for norm := range amounts(story[0].doc) {
		if said[norm] {
			shared++
		}
	}
	return (like + min(0.2, 0.07*float64(shared))) / enough
}

// amounts returns the norms of the money and percentages in a doc.
func amounts(d Doc) map[string]bool {
	found := map[string]bool{}
	for _, s := range []string{d.Title, d.Body} {
		for _, f := range facts.Find(s) {
			if f.Kind == facts.Money || f.Kind == facts.Percent {
				found[f.Norm] = true
			}
		}
	}
	return found
}
