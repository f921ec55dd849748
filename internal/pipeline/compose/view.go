package compose

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// Links tells a renderer where the pages around a digest lie, the same for all
// its readers. A nil function or an empty answer leaves that link out.
type Links struct {
	Evidence func(stockdigest.Evidence) string // the stored text with the sentence marked
	WhyNot   func(stockdigest.Report) string   // every article with its gate and reason
	Chart    func(stockdigest.Report) string   // the picture of the closes: a file beside the digest, or cid: and the name of a part of the mail
	Site     string                            // https address of our site
}

type companyView struct {
	Ticker, Name string
	Status       string // what is not as it should be, for people; empty: nothing
	Price        *priceView
	BottomLine   string
	Sections     []sectionView
	More         string // how many bullets are left out to keep the mail small
	Repeats      []string
	Sources      []sourcesView
	Filings      []filingView
	Coverage     string
	WhyNot       string
	LeftOut      string
}

type sectionView struct {
	Name    string
	Bullets []bulletView
}

type bulletView struct {
	Text     string
	Late     string // that it came after the night; empty: it did not
	Update   string
	Tags     []tagView
	Source   sourceView
	Carriers string
	Context  *contextView
}

// A tagView is a word about a bullet: never colour alone.
type tagView struct{ Kind, Text string }

type contextView struct {
	Text   string
	Source sourceView
}

type sourceView struct {
	Publisher string
	When      string
	Label     string
	Sentence  string // link to the marked sentence; may be empty
	Original  string // link to the source itself; may be empty
}

type sourcesView struct {
	Role  string
	Links []linkView
	More  string // how many are left out for want of room
}

type linkView struct{ Text, URL string }

type filingView struct{ Text, URL string }

// A painter turns nouns into words and links.
type painter struct {
	links Links
	in    locale
}

func (p painter) company(r stockdigest.Report, limit int) companyView {
	c := companyView{
		Ticker: string(r.Ticker), Name: r.Name, Status: statusWord(r), Price: p.price(r), BottomLine: r.BottomLine,
		Repeats: p.repeats(r), Sources: append(sourcesByRole(r), p.calls(r)...), Filings: p.filings(r), Coverage: coverageLine(r),
	}
	more := 0
	for _, s := range r.Sections {
		section := sectionView{Name: string(s.Name)}
		for _, b := range s.Bullets {
			if b.Duplicate != "" && !again(s.Name) {
				continue // told with the one above
			}
			if limit == 0 {
				more++
				continue
			}
			limit--
			section.Bullets = append(section.Bullets, p.bullet(b))
		}
		if len(section.Bullets) > 0 {
			c.Sections = append(c.Sections, section)
		}
	}
	if more > 0 {
		c.More = "And " + digits(more, "bullet") + " for which this mail has no room."
	}
	if p.links.WhyNot != nil {
		c.WhyNot = p.links.WhyNot(r)
	}
	if left := r.Coverage.Articles - r.Coverage.Selected; left > 0 {
		c.LeftOut = digits(left, "article") + " left out"
	}
	return c
}

// again reports a section that is made of bullets which stand above.
func again(s stockdigest.SectionName) bool {
	return slices.Contains([]stockdigest.SectionName{stockdigest.SectionUpside, stockdigest.SectionDownside, stockdigest.SectionVariables}, s)
}

func (p painter) bullet(b stockdigest.Bullet) bulletView {
	v := bulletView{Text: spoken(b), Update: updateLine(b), Tags: tags(b)}
	if b.Late {
		v.Late = "Added this morning"
	}
	if len(b.Evidence) > 0 {
		v.Source = p.source(b.Evidence[0])
	}
	if n := len(b.Carriers); n > 0 {
		v.Carriers = "also in " + list(b.Carriers, 4)
	}
	if b.Context != nil {
		v.Context = &contextView{Text: b.Context.Text, Source: p.filing(*b.Context)}
	}
	return v
}

// spoken is the text of a bullet, with who speaks where it says we.
func spoken(b stockdigest.Bullet) string {
	if b.Speaker == "" {
		return b.Text
	}
	return capital(b.Speaker) + " says: “" + b.Text + "”"
}

// updateLine is what changed, without the sentence when the bullet tells it.
func updateLine(b stockdigest.Bullet) string {
	return strings.TrimSuffix(strings.TrimSuffix(b.Update, b.Text), ": ")
}

func (p painter) source(e stockdigest.Evidence) sourceView {
	v := sourceView{Publisher: e.Publisher, Original: textFragment(e.URL, e.Quote)}
	if v.Publisher == "" {
		v.Publisher = host(e.URL)
	}
	switch {
	case e.PublishedAt.IsZero():
	case strings.HasSuffix(e.Publisher, stockdigest.FormCall): // of whose time only the day is known
		v.When = p.in.date(e.PublishedAt)
	default:
		v.When = p.in.moment(e.PublishedAt)
	}
	if p.links.Evidence != nil {
		v.Sentence = p.links.Evidence(e)
	}
	switch e.Label {
	case stockdigest.TextFull:
	case stockdigest.TextPaywall:
		v.Label = "paywalled: headline and description only"
	case stockdigest.TextHeadline:
		v.Label = "headline and description only"
	}
	return v
}

// filing is where a context stands. It may be a year old, so that its date says
// which.
func (p painter) filing(c stockdigest.Context) sourceView {
	v := p.source(c.Evidence)
	if c.Item != "" {
		v.Publisher += ", item " + c.Item
	}
	if v.When != "" {
		v.When = p.in.fullDate(c.Evidence.PublishedAt)
	}
	return v
}

func (p painter) filings(r stockdigest.Report) []filingView {
	all := make([]filingView, 0, len(r.Filings))
	for _, f := range r.Filings {
		if f.Form == stockdigest.FormCall {
			continue
		}
		all = append(all, filingView{Text: formLine(f.Form, f.Items) + ", " + p.in.moment(f.FiledAt), URL: webURL(f.URL)})
	}
	return all
}

// calls lists the calls with analysts.
func (p painter) calls(r stockdigest.Report) []sourcesView {
	var group []sourcesView
	for _, f := range r.Filings {
		if f.Form == stockdigest.FormCall {
			group = append(group, sourcesView{Role: f.Form, Links: []linkView{{Text: "transcript of " + p.in.fullDate(f.FiledAt), URL: webURL(f.URL)}}})
		}
	}
	return group
}

// formLine names a filing and its items.
func formLine(form string, items []string) string {
	text := stockdigest.FormName(form)
	switch len(items) {
	case 0:
		return text
	case 1:
		return text + " (item " + items[0] + ")"
	}
	return text + " (items " + strings.Join(items, ", ") + ")"
}

func tags(b stockdigest.Bullet) []tagView {
	var all []tagView
	if b.Impact == stockdigest.ImpactHigh {
		all = append(all, tagView{"high", "high impact"})
	}
	switch b.Sentiment {
	case stockdigest.Positive:
		all = append(all, tagView{"positive", "▲ positive"})
	case stockdigest.Negative:
		all = append(all, tagView{"negative", "▼ negative"})
	case stockdigest.Mixed:
		all = append(all, tagView{"mixed", "◆ mixed"})
	case stockdigest.Neutral:
	}
	return all
}

func statusWord(r stockdigest.Report) string {
	switch r.Status {
	case stockdigest.ReportReady, stockdigest.ReportQuiet: // the bottom line says it
		return ""
	case stockdigest.ReportPartial:
		return sentence("Not complete", r.Reason)
	case stockdigest.ReportHeld:
		return sentence("Held by our checks", r.Reason)
	}
	return capital(string(r.Status))
}

// sentence puts a reason behind what it explains.
func sentence(what, reason string) string {
	if reason == "" {
		return what + "."
	}
	return what + ": " + strings.TrimSuffix(reason, ".") + "."
}

// repeats names the stories that were told before and have nothing new:
// known, but not told again.
func (p painter) repeats(r stockdigest.Report) []string {
	var lines []string
	for _, s := range r.Stories {
		if s.State == stockdigest.StoryRepeat {
			line := shorten(s.Headline, 110)
			if !s.LastTold.IsZero() {
				line += " (told " + p.in.date(s.LastTold) + ")"
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func sourcesByRole(r stockdigest.Report) []sourcesView {
	var all []sourcesView
	for _, role := range stockdigest.Roles() {
		group := sourcesView{Role: string(role)}
		for _, a := range r.Articles {
			if a.Role != role || a.Decision != stockdigest.Selected {
				continue
			}
			publisher := a.Publisher
			if publisher == "" {
				publisher = host(a.URL)
			}
			group.Links = append(group.Links, linkView{Text: publisher + ": " + shorten(a.Title, 90), URL: webURL(a.URL)})
		}
		if len(group.Links) > 0 {
			all = append(all, group)
		}
	}
	return all
}

func coverageLine(r stockdigest.Report) string {
	c := r.Coverage
	line := fmt.Sprintf("%s from %d of %s, %d selected; %s", digits(c.Articles, "article"), c.FeedsOK, digits(c.FeedsTotal, "feed"), c.Selected, digits(c.Filings, "filing"))
	if c.Dropped > 0 {
		line += fmt.Sprintf("; %s refused by the evidence check", digits(c.Dropped, "bullet"))
	}
	if how := writtenLine(r); how != "" {
		line += "; " + how
	}
	return line
}

// writtenLine says how much a model read and why not all; empty when none was
// asked.
func writtenLine(r stockdigest.Report) string {
	w := r.Written
	line := ""
	switch {
	case w.Read > 0 && w.Read < w.Of:
		line = fmt.Sprintf("%d of %s read by %s", w.Read, digits(w.Of, "article"), r.Writer)
	case w.Read > 0:
		line = fmt.Sprintf("%s read by %s", digits(w.Read, "article"), r.Writer)
	case w.Of > 0:
		line = "no article read by a model"
	case w.Why != "":
		return w.Why
	}
	if w.Why != "" {
		line += ": " + w.Why
	}
	return line
}

func digits(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func list(names []string, most int) string {
	if len(names) > most {
		rest := len(names) - most
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", rest)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}

// shorten cuts s at a word to at most n runes, with an ellipsis.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	cut := string(runes[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.") + "…"
}

// webURL returns raw when it is an http or https address, else nothing: no
// other scheme is ever linked.
func webURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return raw
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// textFragment links to the quote inside the page itself, in the form of the
// W3C text-fragment draft (#:~:text=start,end). Programs that do not know it
// open the page.
func textFragment(raw, quote string) string {
	link := webURL(raw)
	words := strings.Fields(quote)
	if link == "" || strings.Contains(link, "#") || len(words) == 0 {
		return link
	}
	const edge = 4
	if len(words) <= 2*edge {
		return link + "#:~:text=" + escapeFragment(words)
	}
	return link + "#:~:text=" + escapeFragment(words[:edge]) + "," + escapeFragment(words[len(words)-edge:])
}

func escapeFragment(words []string) string {
	escaped := slices.Clone(words)
	for i, w := range escaped {
		escaped[i] = strings.NewReplacer("-", "%2D", ",", "%2C", "&", "%26").Replace(url.PathEscape(w))
	}
	return strings.Join(escaped, "%20")
}
