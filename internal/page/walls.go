package page

import (
	"net/url"
	"strconv"
	"strings"
)

const (
	teaserBytes = 1200 // a paywalled page shows at most about this much
	brokenBytes = 2500 // or this much, when the text breaks off
	wallBytes   = 1500 // a page that asks for consent says no more
)

// paywalled reports whether text is only what a page shows to strangers. Many
// publishers declare every page as not free and show it whole, so a long text
// that does not break off is taken as the article.
func (d *declared) paywalled(text, visible string) bool {
	if len(text) >= brokenBytes {
		return false
	}
	short := len(text) < teaserBytes || breaksOff(text)
	if !d.free() && short {
		return true
	}
	if promised := number(firstText(d.ld["wordCount"])); promised > 0 && short && float64(len(strings.Fields(text)))*3 < promised {
		return true
	}
	return short && containsAny(visible, paywallPhrases())
}

// free reports whether the page declares that everybody may read it, or says
// nothing about it.
func (d *declared) free() bool {
	for _, o := range append([]object{d.ld}, d.objects...) {
		switch v := o["isAccessibleForFree"].(type) {
		case bool:
			if !v {
				return false
			}
		case string:
			if free, err := strconv.ParseBool(strings.ToLower(v)); err == nil && !free {
				return false
			}
		}
	}
	tier := strings.ToLower(d.first("article:content_tier", "content_tier"))
	return tier != "locked" && tier != "metered"
}

func breaksOff(text string) bool {
	text = strings.TrimRight(text, " \n\"”’)]")
	return strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…")
}

func paywallPhrases() []string {
	return []string{
		"subscribe to continue", "subscribe to read", "to continue reading", "continue reading this article", "to read the full", "to read this article", "already a subscriber",
		"for subscribers only", "subscriber-only", "subscriber only", "exclusive to subscribers", "exclusively for subscribers", "this article is for subscribers", "unlock this article",
		"reached your limit of free", "free articles remaining", "no free articles", "start your free trial to read", "members only", "sign in to read",
	}
}

// isWall reports whether the page stands in front of the article: it asks for
// consent, or whether its reader is a person.
// What such a page says is all about itself; a notice below an article is none.
func isWall(address *url.URL, title, text, visible string) bool {
	host := address.Hostname()
	if strings.HasPrefix(host, "consent.") || strings.HasPrefix(host, "guce.") {
		return true
	}
	if len(visible) > 2*wallBytes {
		return false
	}
	if containsAny(strings.ToLower(title), wallTitles()) {
		return true
	}
	if len(text) >= minText {
		visible = strings.ToLower(text)
	}
	return len(visible) < wallBytes && containsAny(visible, wallPhrases())
}

func wallTitles() []string {
	return []string{
		"before you continue", "just a moment", "attention required", "access denied", "are you a robot", "pardon our interruption", "verify you are human", "security check",
		"please wait", "cookie consent", "privacy settings", "your privacy choices", "robot check", "captcha",
	}
}

func wallPhrases() []string {
	return []string{
		"before you continue to", "we and our partners", "we value your privacy", "accept all cookies", "verify you are human", "verifying you are human", "are you a robot", "not a robot",
		"enable javascript and cookies", "please enable cookies", "please enable javascript", "checking your browser", "unusual traffic", "access to this page has been denied", "you don't have permission to access",
		"complete the captcha", "press & hold",
	}
}

func containsAny(s string, phrases []string) bool {
	for _, phrase := range phrases {
		if strings.Contains(s, phrase) {
			return true
		}
	}
	return false
}
