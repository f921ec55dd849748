package page

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A hint is what the name or class of an element suggests about the text in it.
type hint uint32

const (
	hintNav hint = 1 << iota
	hintFooter
	hintAside
	hintHeader
	hintForm
	hintFigure
	hintComment
	hintRelated
	hintPromo
	hintShare
	hintAd
	hintBio
	hintTag
	hintList
	hintLegal
	hintMeta
	hintArticle
	hintMain
	hintBody
	hintSummary
)

const hintBits = 20

// suggests lists the words of class names and ids, with what they suggest. A
// word of five letters or more also stands for the longer words it begins.
func suggests() map[string]hint {
	table := map[string]hint{}
	add := func(h hint, words string) {
		for w := range strings.FieldsSeq(words) {
			table[w] |= h
		}
	}
	add(hintNav, "nav navbar navigation menu breadcrumb breadcrumbs crumbs pagination pager skip topbar masthead toolbar tabs toc")
	add(hintFooter, "footer foot bottom colophon")
	add(hintAside, "sidebar aside rail widget secondary complementary tertiary supplementary")
	add(hintHeader, "header head banner hero masthead")
	add(hintForm, "form login signin signup register search modal popup overlay dialog paywall gate button btn")
	add(hintFigure, "caption figcaption credit photo image img gallery slideshow slide media video player figure carousel picture thumbnail thumb embed lightbox")
	add(hintComment, "comment comments disqus reply replies discussion respond livefyre")
	add(hintRelated, "related recommended recommend recommendations recirc recirculation more readmore readnext next trending popular most latest suggested similar outbrain taboola also upnext teaser card cards river stream teasers promo-list moreon seealso further")
	add(hintPromo, "promo promotion newsletter subscribe subscription signup cta callout marketing offer donate donation membership app apps mailing upsell")
	add(hintShare, "share shares sharing social follow facebook twitter addthis whatsapp linkedin pinterest tools toolbar print email")
	add(hintAd, "ad ads adv advert advertisement advertising sponsor sponsored sponsors dfp gpt banner commercial affiliate")
	add(hintBio, "bio biography about author authors contributor byline profile vcard writer")
	add(hintTag, "tag tags topic topics keyword keywords category categories label labels kicker eyebrow section-name")
	add(hintList, "list listing index archive archives grid feed feeds roundup")
	add(hintLegal, "cookie cookies consent gdpr privacy legal disclaimer copyright terms notice")
	add(hintMeta, "meta date time timestamp dateline published updated byline info details reading")
	add(hintArticle, "article post story entry news blog")
	add(hintMain, "main content primary contents page")
	add(hintBody, "body text paragraph paragraphs richtext rte prose copy articlebody storybody maincontent bodytext storytext articletext")
	add(hintSummary, "summary standfirst dek deck subtitle subhead subheadline subheading lead lede intro excerpt abstract description highlights keypoints")
	return table
}

// hinter reads hints and remembers the names it has read.
type hinter struct {
	table map[string]hint
	names map[string]hint
}

func newHinter() *hinter { return &hinter{table: suggests(), names: map[string]hint{}} }

// of returns what one element suggests.
func (r *hinter) of(n *html.Node) hint {
	h := elementHint(n.DataAtom)
	if n.DataAtom == atom.Body || n.DataAtom == atom.Html {
		return h
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "class", "id", "role", "data-testid", "data-component", "itemprop", "data-module":
			h |= r.name(a.Val)
		}
	}
	return h
}

func elementHint(a atom.Atom) hint {
	switch a {
	case atom.Nav:
		return hintNav
	case atom.Footer:
		return hintFooter
	case atom.Aside:
		return hintAside
	case atom.Header:
		return hintHeader
	case atom.Form, atom.Button, atom.Dialog:
		return hintForm
	case atom.Figure, atom.Figcaption, atom.Caption:
		return hintFigure
	case atom.Article:
		return hintArticle
	case atom.Main:
		return hintMain
	case atom.Time, atom.Address:
		return hintMeta
	default:
		return 0
	}
}

const maxName = 200 // bytes of a class attribute that are read

func (r *hinter) name(s string) hint {
	s = s[:min(len(s), maxName)]
	if h, ok := r.names[s]; ok {
		return h
	}
	var h hint
	for _, word := range nameWords(s) {
		h |= r.table[word]
		for n := min(len(word), 15); n >= 5; n-- {
			if prefix, ok := r.table[word[:n]]; ok {
				h |= prefix
				break
			}
		}
	}
	r.names[s] = h
	return h
}

// nameWords splits "storyBody__2xT main-text" into story, body, t, main, text.
func nameWords(s string) []string {
	var words []string
	start := -1
	end := func(i int) {
		if start >= 0 {
			words = append(words, strings.ToLower(s[start:i]))
			start = -1
		}
	}
	var last rune
	for i, c := range s {
		switch {
		case !unicode.IsLetter(c):
			end(i)
		case start >= 0 && unicode.IsUpper(c) && unicode.IsLower(last):
			end(i)
			start = i
		case start < 0:
			start = i
		}
		last = c
	}
	end(len(s))
	return words
}

// phrases are groups of words that stand in text around articles, by what they
// give away.
func phrases() [][]string {
	return [][]string{
		{"newsletter", "sign up", "subscribe", "subscription", "inbox", "sign in", "log in", "register", "free trial", "become a member", "download our", "download the app", "enter your email", "support our", "donate"},
		{"read more", "read also", "related", "see also", "more from", "also read", "recommended", "you may also", "you might also", "must read", "click here", "don't miss", "trending", "most popular", "most read", "read next", "up next", "more stories", "continue reading", "learn more", "watch:", "read:", "more:", "view all", "see all", "show more", "load more"},
		{"share", "follow us", "follow @", "on twitter", "on facebook", "facebook", "instagram", "whatsapp", "tweet", "retweet", "like us", "copy link", "email this", "print this", "bookmark"},
		{"cookie", "privacy policy", "terms of", "all rights reserved", "copyright", "©", "disclaimer", "not investment advice", "affiliate", "commission", "may not be published", "reproduced", "disclosure", "contributed to this report", "editing by", "reporting by"},
		{"photo", "image", "getty", "courtesy", "credit", "picture:", "via ap", "afp", "shutterstock", "pictured", "screenshot", "file photo", "illustration", "video"},
		{"comment", "reply", "report abuse", "contact us", "contact the", "reach the", "can be reached", "send tips", "have a tip", "letters to the editor", "correction", "about the author"},
		{"min read", "minutes read", "minute read", "updated", "published", "posted", "last modified", " ago", "a.m.", "p.m.", " est", " edt", " gmt", " ist"},
		{"advertisement", "sponsored", "story continues", "article continues", "scroll to continue", "paid content", "skip ad", "ad feedback", "promoted"},
	}
}
