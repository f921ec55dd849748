package summarize

import (
	"regexp"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/text"
)

// A source is one stored text that a story may quote.
type source struct {
	evidence stockdigest.Evidence // all but the quote
	body     string
	role     stockdigest.Role
	subject  string              // keyword or peer the feed stood for
	filing   *stockdigest.Filing // nil for articles
	doc      *stockdigest.Document
	earlier  bool // a filing of before the window
}

// maxSentences bounds how far into a text the writer reads: news tells early,
// and a filing's item is found by its range, not by its position.
const maxSentences = 400

// sourcesOf returns the texts of a story, in the story's order: its articles,
// most representative first, then its filings.
func sourcesOf(m stockdigest.Material, s stockdigest.Story) []source {
	var all []source
	for _, id := range s.Articles {
		for _, c := range m.Candidates {
			if c.Article.ID == id && c.Text != nil && c.Verdict.Decision == stockdigest.Selected && readable(c.Text) {
				all = append(all, articleSource(c))
			}
		}
	}
	for _, accession := range s.Filings {
		for i := range m.Filings {
			if m.Filings[i].Accession == accession {
				all = append(all, filingSources(&m.Filings[i])...)
			}
		}
	}
	return all
}

// readable reports a text in the language of the reports.
func readable(t *stockdigest.Text) bool { return t.Language == "" || t.Language == "en" }

func articleSource(c stockdigest.Candidate) source {
	title := c.Text.Title
	if title == "" {
		title = c.Article.Title
	}
	return source{
		body: c.Text.Body, role: c.Role, subject: c.Subject,
		evidence: stockdigest.Evidence{
			Source: string(c.Article.ID), URL: c.Article.URL, Hash: c.Text.Hash, Title: title,
			Publisher: c.Article.Publisher, PublishedAt: c.Article.PublishedAt, Label: c.Text.Label,
		},
	}
}

func filingSources(f *stockdigest.Filing) []source {
	all := make([]source, 0, len(f.Documents))
	for i := range f.Documents {
		d := &f.Documents[i]
		if d.Text == "" || !telling(f, d) {
			continue
		}
		all = append(all, documentSource(f, d))
	}
	return all
}

func documentSource(f *stockdigest.Filing, d *stockdigest.Document) source {
	publisher := "SEC " + stockdigest.FormName(f.Form)
	if f.Form == stockdigest.FormCall {
		publisher = f.Form
	}
	return source{
		body: d.Text, role: stockdigest.RoleCompany, filing: f, doc: d,
		evidence: stockdigest.Evidence{
			Source: stockdigest.DocumentSource(f.Accession, d.Seq), URL: d.URL, Hash: d.Hash,
			Title: documentTitle(f, d), Publisher: publisher, PublishedAt: f.FiledAt,
		},
	}
}

// telling reports a document that tells news: the primary document, when its
// items are known, and press releases. Contracts, certificates and opinions
// (exhibits 1 to 98) tell terms. A 40-F is a cover around its exhibits, and in a
// call nobody is quoted who is not known.
func telling(f *stockdigest.Filing, d *stockdigest.Document) bool {
	switch {
	case strings.HasPrefix(f.Form, "40-F"), f.Form == stockdigest.FormCall:
		return len(d.Items) > 0
	case d.Seq == 1:
		return len(d.Items) > 0 || !strings.HasPrefix(f.Form, "8-K")
	}
	return strings.HasPrefix(d.Type, "EX-99")
}

// documentTitle names a document by its filing, and an exhibit by both.
func documentTitle(f *stockdigest.Filing, d *stockdigest.Document) string {
	switch {
	case f.Form == stockdigest.FormCall:
		return f.Form + " " + d.Description
	case d.Type == f.Form, d.Type == "":
		return stockdigest.FormName(f.Form)
	}
	return stockdigest.FormName(f.Form) + " " + d.Type
}

// A sentence is a part of a source that may become a bullet.
type sentence struct {
	source   *source
	span     text.Span
	text     string
	index    int // of the sentences of its source that can be read
	features features
	score    float64
	words    []string // content words, stemmed
}

// quotation is the sentence as evidence; of a call under the name of who says it.
func (s sentence) quotation() stockdigest.Evidence {
	e := s.source.evidence
	e.Quote, e.Start, e.End = s.text, s.span.Start, s.span.End
	if f := s.source.filing; f != nil {
		if who := f.Speaker(*s.source.doc, e.Start, e.End); who != "" {
			e.Publisher = who + ", " + e.Publisher
		}
	}
	return e
}

// sentences returns the sentences of a source that stand on their own.
func (s *source) sentences() []sentence { return s.read(s.ranges(), maxSentences) }

// read returns those of so many sentences of some ranges.
func (s *source) read(ranges []text.Span, most int) []sentence {
	var all []sentence
	limit := maxBytes
	if s.filing != nil {
		limit = maxFilingBytes
	}
	index := 0
	for _, span := range ranges {
		for _, sub := range text.Sentences(s.body[span.Start:span.End]) {
			sub = text.Span{Start: sub.Start + span.Start, End: sub.End + span.Start}
			index++
			if index > most {
				return all
			}
			sub.Start += dateline(sub.Of(s.body))
			if s.filing != nil {
				sub.Start += len(enumerator.FindString(sub.Of(s.body)))
			}
			t := sub.Of(s.body)
			if s.stands(t, limit) || index <= early && s.filing == nil && briefLead(t, s.evidence.Title) {
				all = append(all, sentence{source: s, span: sub, text: t, index: index - 1, words: contentWords(t)})
			}
		}
	}
	return all
}

// stands reports a sentence that stands on its own. One that says we tells news
// only where the company speaks, in a filing of its own.
func (s *source) stands(t string, limit int) bool {
	if s.filing == nil {
		return usable(t, limit) && !text.FirstPerson(t)
	}
	return usable(t, limit) || (s.earlier || s.own()) && ownVoice(t, limit)
}

// own reports a filing in which the company itself speaks.
func (s *source) own() bool { return s.filing != nil && s.filing.Own() }

// briefLead reports an early sentence that is too short to be usable by itself
// and is the headline again, such as "Brightwell grows revenue 36%".
func briefLead(t, title string) bool {
	words := text.Words(t)
	return len(words) >= 3 && len(words) < minWords && acting(t) && len(t) >= minBytes/2 && len(t) < 2*minBytes && endsWell(t) && startsWell(t) && balanced(t) &&
		overlap(contentWords(t), contentWords(title)) >= 0.8 && !leans(t, words) && !furniture(t) && !text.Addressed(t, words) && !text.Marked(t)
}

// acting reports a short line with something like a verb in it, which a mere
// label has not: "Brightwell scanner update".
func acting(t string) bool {
	for w := range strings.FieldsSeq(strings.TrimRight(t, ".")) {
		if w == strings.ToLower(w) && len(w) > 1 && (strings.HasSuffix(w, "s") || strings.HasSuffix(w, "ed") || has([]string{w}, "to", "by", "hit", "cut", "will")) {
			return true
		}
	}
	return false
}

// place is the opening of a wire's story: "NEW YORK (Reuters) - ", "DAYTON,
// March 3, 2026 /Wire/ -- ", "(Wire) — ".
var place = regexp.MustCompile(
	`^(\p{Lu}[\p{Lu} .'’-]{2,30}(, [\p{L}. ]{2,20})?(, [A-Z][a-z]{2,8}\.? \d{1,2}(, \d{4})?)? ?)?(\([^()]{2,40}\)|/[^/]{2,40}/)? ?(-{1,2}|–|—) `)

// enumerator is the letter before a paragraph of a filing's item: "(b) On ...".
var enumerator = regexp.MustCompile(`^\([a-z]{1,3}\) `)

// dateline returns the length of the place and agency before a story's first
// words.
func dateline(s string) int { return len(place.FindString(s[:min(len(s), 160)])) }

// teaserParagraphs are the headline, the description and the first paragraph of
// a page that tells no more.
const teaserParagraphs = 3

// headlines returns what a text that is only headline and description tells:
// its first lines, of which the very first may lack the full stop. The rest of a
// teaser leads up to what only subscribers read.
func (s *source) headlines() []sentence {
	var all []sentence
	paragraphs := text.Paragraphs(s.body)
	for i, p := range paragraphs[:min(teaserParagraphs, len(paragraphs))] {
		for _, sub := range text.Sentences(p.Of(s.body)) {
			sub = text.Span{Start: sub.Start + p.Start, End: sub.End + p.Start}
			t := sub.Of(s.body)
			if headlike(t) && (i == 0 || endsWell(t)) {
				all = append(all, sentence{source: s, span: sub, text: t, index: i, words: contentWords(t)})
			}
		}
	}
	return all
}

// headlike reports a line that may be printed as the headline it is.
func headlike(t string) bool {
	words := text.Words(t)
	return len(t) >= minBytes/2 && len(t) <= maxBytes && len(words) >= 3 && !strings.ContainsAny(t, "\n\t<>{}|\\?") &&
		!strings.HasSuffix(t, "…") && !strings.HasSuffix(t, "...") && startsWell(t) && balanced(t) && !leans(t, words) && !furniture(t) && !text.Addressed(t, words) && !foreign(words) && !teaser(t)
}

// ranges are the parts of the body worth quoting: all of an article, what is new
// of a report that was compared with the one before, the most telling first, and
// of a filing's primary document else the items that tell something.
func (s *source) ranges() []text.Span {
	if s.filing != nil && s.filing.Previous != "" {
		var fresh []text.Span
		for _, p := range s.doc.Fresh {
			if p.Start >= 0 && p.Start < p.End && p.End <= len(s.body) {
				fresh = append(fresh, text.Span{Start: p.Start, End: p.End})
			}
		}
		return fresh
	}
	whole := []text.Span{{Start: 0, End: len(s.body)}}
	if s.doc == nil || len(s.doc.Items) == 0 {
		return whole
	}
	return s.items(func(number string) bool { return !silentItem(s.filing.Form, number) })
}

// silentItem reports items that only list exhibits or repeat the form, and those
// of a 20-F that are not about the business.
func silentItem(form, number string) bool {
	switch {
	case strings.HasPrefix(form, "8-K"):
		return number == "9.01"
	case form == "20-F":
		return !ofBusiness(form, number)
	}
	return slices.Contains([]string{"6", "15", "16"}, number)
}

func contentWords(s string) []string {
	var words []string
	for _, w := range text.Words(s) {
		if !text.Stop(w) {
			words = append(words, text.Stem(w))
		}
	}
	return words
}

// carriers are the other publishers of a story, sorted, the quoted one left out.
func carriers(m stockdigest.Material, s stockdigest.Story, quoted string) []string {
	in := map[stockdigest.ArticleID]bool{}
	for _, id := range s.Articles {
		in[id] = true
	}
	seen := map[string]bool{"": true, quoted: true}
	var names []string
	for _, c := range m.Candidates {
		same := in[c.Article.ID] || (c.Verdict.Decision == stockdigest.Duplicate && in[c.Verdict.Of]) || (c.Story == s.ID && c.Verdict.Decision != stockdigest.Rejected)
		if same && !seen[c.Article.Publisher] {
			seen[c.Article.Publisher] = true
			names = append(names, c.Article.Publisher)
		}
	}
	slices.Sort(names)
	return names
}
