package ingest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"stockdigest.app/stockdigest"
)

// gateWindow is the gate of what was published at another time.
const gateWindow = "window"

// judge applies the filters in order; the first that speaks decides. What
// passes them all is pending, or a duplicate of what passed before.
func (s *Step) judge(w stockdigest.Window, f stockdigest.Found, seen *identities) stockdigest.Verdict {
	a := f.Article
	v := stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Pending}
	filters := []struct {
		gate  string
		drops func() string
	}{
		{"night", func() string { return seen.listed(a) }},
		{gateWindow, func() string { return outsideWindow(w, a) }},
		{"script", func() string { return otherScript(a.Title) }},
		{"spam", func() string { return spam(a.Title) }},
		{"institutional", func() string { return institutionalFlow(a.Title) }},
		{"publisher", func() string { return s.policy.refuses(a) }},
		{"media", func() string { return mediaPage(a) }},
		{"promotional", func() string { return promotional(a) }},
	}
	for _, filter := range filters {
		if reason := filter.drops(); reason != "" {
			v.Decision, v.Gate, v.Reason = stockdigest.Rejected, filter.gate, reason
			return v
		}
	}
	if of, ok := seen.kept(a); ok {
		v.Decision, v.Gate, v.Of = stockdigest.Duplicate, "duplicate", of.ID
		v.Reason = "same publisher, headline and day as " + of.URL
		return v
	}
	seen.keep(a)
	return v
}

func outsideWindow(w stockdigest.Window, a stockdigest.Article) string {
	const stamp = "2006-01-02 15:04 MST"
	switch {
	case a.PublishedAt.After(w.To):
		return fmt.Sprintf("published %s, after this report's as-of time", a.PublishedAt.UTC().Format(stamp))
	case !a.PublishedAt.After(w.From) && !a.Dated:
		return fmt.Sprintf("undated and first seen %s, before the report's window", a.PublishedAt.UTC().Format(stamp))
	case !a.PublishedAt.After(w.From):
		return fmt.Sprintf("published %s, more than %s before this report", a.PublishedAt.UTC().Format(stamp), span(w.To.Sub(w.From)))
	}
	return ""
}

func span(d time.Duration) string {
	if days := int(d.Hours() / 24); days > 1 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", int(d.Hours()))
}

// otherScript drops headlines that are not mainly in Latin letters: no later
// step can read them.
func otherScript(title string) string {
	latin, other := 0, 0
	for _, r := range title {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.IsLetter(r):
			other++
		}
	}
	if other > latin {
		return "headline is not in Latin script"
	}
	return ""
}

// spamTitles are headlines that never carry news: law firms looking for
// clients, betting, streams and codes for sale.
var spamTitles = []*regexp.Regexp{ //nolint:gochecknoglobals // compiled once, never changed
	regexp.MustCompile(`(?i)\b(shareholder|investor|stockholder)s?( action)? (alert|notice|deadline|reminder)\b`),
	regexp.MustCompile(`(?i)\b(class action|securities fraud|lead plaintiff)\b.{0,120}\b(deadline|contact|encourage|remind|law firm|investors? who|losses|llp|investigation on behalf)`),
	regexp.MustCompile(`(?i)\b(law firm|law offices?|llp|trial attorneys|litigation)\b.{0,120}\b(reminds?|encourages?|urges?|announces? (that )?(a|an|the)? ?(class|investigation|filing)|investigat(es|ing)|notifies|alerts?)\b`),
	regexp.MustCompile(`(?i)\b(reminds|encourages|urges|notifies) (shareholders|investors|stockholders)\b`),
	regexp.MustCompile(`(?i)\binvestors? (who|that|with) (suffered |lost |have )?(substantial )?(losses|lost|money)\b`),
	regexp.MustCompile(`(?i)\b(promo|coupon|bonus|discount|referral|voucher) codes?\b`),
	regexp.MustCompile(`(?i)\b(online casino|casino bonus|free spins|sports ?betting|betting odds|free (trading )?signals|forex signals|whatsapp (number|group)|telegram (group|channel))\b`),
	regexp.MustCompile(`(?i)\b(live ?stream(ing)?|watch) (online )?(free|for free)\b|\bfree (live )?stream\b|\bfull movie\b|\btorrent\b`),
}

func spam(title string) string {
	for _, pattern := range spamTitles {
		if words := pattern.FindString(title); words != "" {
			return fmt.Sprintf("headline is an advertisement (%q)", words)
		}
	}
	return ""
}

// funds are the words in the names of those who manage other people's money.
// Words that any company carries (Inc, Group, Holdings) are not in it: a
// company that buys a stake in another makes news.
const funds = `(capital|advisou?rs?|advisers?|asset|wealth|investments|investors|partners|trust|management|managers|financial|fiduciary|llc|l\.?p\.?|pension|retirement|fund|securities|associates|counsel|planning|strategies|advisory)`

// flowTitles are headlines that retell one line of a 13F form, as some sites
// print by the thousand.
var flowTitles = []*regexp.Regexp{ //nolint:gochecknoglobals // compiled once, never changed
	// "XYZ Capital LLC buys 1,234 shares of Acme"
	regexp.MustCompile(`(?i)\b` + funds + `( (inc|ltd|corp|co|plc|sa|ag))?\.?,? (buys|sells|acquires|purchases|takes|has|holds|owns|adds|sold|bought|acquired|purchased)\b.{0,12}\d[\d,]* (new )?shares\b`),
	// "XYZ Capital has $1.2 million holdings in Acme": what is worth billions is news
	regexp.MustCompile(`(?i)\b` + funds + `( (inc|ltd|corp|co|plc|sa|ag))?\.?,? (buys|sells|acquires|purchases|takes|has|holds|owns|makes|invests|sold|bought)\b.{0,20}\$(\d{1,2}(\.\d+)? ?(million|m)|\d{1,3}(,\d{3})+|\d+(\.\d+)? ?(thousand|k))\b`),
	// "Acme shares sold by XYZ Capital", "Acme stake lessened by …"
	regexp.MustCompile(`(?i)\b(shares|stock|stake|position|holdings) (sold|bought|acquired|purchased|raised|lifted|boosted|increased|trimmed|cut|lowered|reduced|lessened|decreased|grown|sold off|down|up) by .{0,60}\b` + funds + `\b`),
	// "XYZ Capital trims stake in Acme", "… boosts stock position in …"
	regexp.MustCompile(`(?i)\b` + funds + `,? (trims|cuts|lowers|reduces|raises|boosts|increases|grows|lifts|decreases|lessens|takes|makes) (its |their |a |new )*(stock |equity )?(position|stake|holdings?|investment|shares)( position)? (in|of)\b`),
	// "Acme is XYZ Capital's 5th largest position"
	regexp.MustCompile(`(?i)\bis .{0,60}'s \d+(st|nd|rd|th) largest (position|holding)\b`),
	regexp.MustCompile(`(?i)^\d[\d,]* shares in .{0,80}\b(acquired|purchased|bought|sold) by\b`),
}

// activists and states make news with a stake; their headlines go on.
var activists = regexp.MustCompile(`(?i)\b(activist|berkshire|buffett|icahn|elliott|starboard|pershing square|ackman|valueact|third point|loeb|trian|peltz|jana partners|softbank|public investment fund|sovereign|hostile|takeover|control|board seats?)\b`)

func institutionalFlow(title string) string {
	if activists.MatchString(title) {
		return ""
	}
	for _, pattern := range flowTitles {
		if words := pattern.FindString(title); words != "" {
			return fmt.Sprintf("retells one fund's holdings (%q)", words)
		}
	}
	return ""
}

var mediaTitles = regexp.MustCompile(`(?i)^(watch|video|podcast|listen|audio|photos?|pictures|gallery|in pictures|in photos|slideshow)( live)?\s*[:|]|\[(video|podcast|photos?|gallery)\]|\((video|podcast|photos|gallery)\)$`)

// mediaPage drops pages that have something to watch or hear and nothing to
// quote.
func mediaPage(a stockdigest.Article) string {
	if words := mediaTitles.FindString(a.Title); words != "" {
		return fmt.Sprintf("headline says it is no text (%q)", strings.TrimSpace(words))
	}
	switch h := host(a.URL); h {
	case "youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "vimeo.com", "podcasts.apple.com", "open.spotify.com", "www.tiktok.com":
		return "page of " + h + " is no text"
	}
	if segment := findSegment(a.URL, isMediaSegment); segment != "" {
		return fmt.Sprintf("address says it is no text (/%s/)", segment)
	}
	return ""
}

func isMediaSegment(s string) bool {
	switch s {
	case "video", "videos", "podcast", "podcasts", "gallery", "galleries", "photos", "photo-gallery", "photogallery",
		"picture-gallery", "slideshow", "slideshows", "audio":
		return true
	}
	return false
}

var promotionalTitles = regexp.MustCompile(`(?i)^\W*(sponsored|paid post|paid content|advertorial|promoted|partner content|brand ?voice)\b|[(\[](sponsored|ad|advertorial|paid)[)\]]|\bmarket\b.{0,80}\b(cagr|key players|forecast (to|till|by|period)|(size|share|research report|analysis|outlook)\b.{0,60}\b20[2-4]\d)\b|\bcagr of\b`)

// promotional drops what was paid for: sponsored pages and the releases that
// sell market studies.
func promotional(a stockdigest.Article) string {
	if words := promotionalTitles.FindString(a.Title); words != "" {
		return fmt.Sprintf("headline says it was paid for (%q)", strings.TrimSpace(words))
	}
	if segment := findSegment(a.URL, isPaidSegment); segment != "" {
		return fmt.Sprintf("address says it was paid for (/%s/)", segment)
	}
	return ""
}

func isPaidSegment(s string) bool {
	switch s {
	case "sponsored", "sponsored-content", "paid-content", "paidcontent", "paid-post", "paidpost", "partner-content", "partnercontent",
		"brandvoice", "brand-voice", "brand-studio", "brandstudio", "advertorial", "promoted", "sponsor-content", "branded-content":
		return true
	}
	return false
}

// findSegment returns the first path segment of address that wanted accepts.
func findSegment(address string, wanted func(string) bool) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for segment := range strings.SplitSeq(strings.ToLower(u.Path), "/") {
		if wanted(segment) {
			return segment
		}
	}
	return ""
}
