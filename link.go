package stockdigest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// maxLink bounds a link in bytes; longer ones are refused. Browsers and
// servers stop at about this length.
const maxLink = 8 << 10

// CanonicalURL returns the form of an article's URL that is its identity, and
// that can still be fetched: scheme and host in lower case without default
// port, no fragment, no tracking parameters, the other parameters sorted by
// key. What a server may tell apart stays: http and https, www, host names for
// phones, the trailing slash, letter case of the path. Copies of one page
// under two such addresses are found by publisher, title and day instead.
// Anything but an absolute http or https URL without userinfo is ErrInvalid.
func CanonicalURL(raw string) (string, error) {
	u, err := parseLink(raw)
	if err != nil {
		return "", err
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	// Not u.String(): it would escape the letters of an international host name.
	canonical := u.Scheme + "://" + u.Host + path
	if query := canonicalQuery(u.RawQuery); query != "" {
		canonical += "?" + query
	}
	return canonical, nil
}

// parseLink reads an absolute http or https URL with a lower-case host and
// without a default port.
func parseLink(raw string) (*url.URL, error) {
	s := strings.TrimSpace(raw)
	if len(s) > maxLink {
		return nil, Invalid(fmt.Sprintf("link %s… is longer than %d bytes", quote(s[:80]), maxLink))
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, Invalid(fmt.Sprintf("link %s cannot be read", quote(s)))
	}
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ".")
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "":
		return nil, Invalid(fmt.Sprintf("link %s is not an absolute http or https address", quote(s)))
	case u.User != nil:
		return nil, Invalid(fmt.Sprintf("link %s carries a user name", quote(s)))
	case u.Hostname() == "" || strings.ContainsFunc(u.Host, notInHost):
		return nil, Invalid(fmt.Sprintf("link %s has no usable host", quote(s)))
	}
	if port := u.Port(); port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		u.Host = strings.TrimSuffix(strings.TrimSuffix(u.Host, port), ":")
	}
	return u, nil
}

func notInHost(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>"'\%,;&`, r)
}

// canonicalQuery drops tracking parameters and sorts the rest by key. Values
// keep their spelling and equal keys their order: both may matter to a server.
func canonicalQuery(raw string) string {
	type pair struct{ key, text string }
	var pairs []pair
	for text := range strings.SplitSeq(raw, "&") {
		key, _, _ := strings.Cut(text, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if text != "" && !isTracking(key) {
			pairs = append(pairs, pair{key, text})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	texts := make([]string, len(pairs))
	for i, p := range pairs {
		texts[i] = p.text
	}
	return escapeBlanks(strings.Join(texts, "&"))
}

// escapeBlanks writes blanks as %20 and the like; servers and readers would
// cut the address there.
func escapeBlanks(s string) string {
	if !strings.ContainsFunc(s, unicode.IsSpace) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsSpace(r) {
			b.WriteString(url.PathEscape(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isTracking reports whether a query key only tells who sent the reader. The
// lists hold whole keys and families with a prefix of their own; keys that
// some sites use to name the article (id, p, ref, src, cid) are not in it.
func isTracking(key string) bool {
	key = strings.ToLower(key)
	for _, family := range []string{"utm_", "mc_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "_hs", "guce_", "soc_", "oly_", "at_custom", "ns_"} {
		if strings.HasPrefix(key, family) {
			return true
		}
	}
	switch key {
	case "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id", "igshid", "igsh", "scid", // ad clicks
		"_ga", "_gl", "_ke", "mkt_tok", "vero_id", "hsctatracking", "rb_clickid", "s_cid", "wt_mc", "wtmc", "xtor", "elqtrack", // mailers and counters
		".tsrc", "tsrc", "guccounter", "ncid", "yptr", // Yahoo
		"oc",                                                                     // Google News
		"cmpid", "cmp", "icid", "ito", "ftag", "smid", "smtyp", "emc", "partner", // publishers' own campaigns
		"at_medium", "at_campaign", "at_link_id", "at_link_type", "at_format", // BBC
		"at_link_origin", "at_bbc_team", "at_ptr_name", "mod", "siteid", "feedref", // BBC, Dow Jones
		"ref_src", "ref_url", "ocid", "cvid", "sr_share", "taid", "__twitter_impression",
		"amp", "__source", "spm", "wprov", "srnd":
		return true
	}
	return false
}

// maxWrap is how many wrappers inside each other Unwrap opens.
const maxWrap = 5

// Unwrap opens, without the network, a link that wraps another: Google News in
// its old encoding, consent pages, AMP caches, and the redirect pages of search
// engines and networks that carry their target. It answers false when raw is no such
// wrapper, or one that only its owner can open (new Google News links). The
// target is an absolute http or https address, not yet canonical.
func Unwrap(raw string) (target string, ok bool) {
	for range maxWrap {
		next, opened := unwrapOnce(raw)
		if !opened {
			break
		}
		raw, target, ok = next, next, true
	}
	return target, ok
}

func unwrapOnce(raw string) (string, bool) {
	u, err := parseLink(raw)
	if err != nil {
		return "", false
	}
	var inner string
	switch host := u.Hostname(); {
	case host == "news.google.com" && (strings.Contains(u.Path, "/articles/") || strings.Contains(u.Path, "/read/")):
		inner = googleNewsTarget(u.Path)
	case strings.HasSuffix(host, ".cdn.ampproject.org"), host == "cdn.ampproject.org":
		inner = ampTarget(u, "/c/", "/v/")
	case strings.HasPrefix(u.Path, "/amp/") && isGoogle(host):
		inner = ampTarget(u, "/amp/")
	case host == "r.search.yahoo.com":
		inner = yahooTarget(u.EscapedPath())
	case strings.HasSuffix(host, "rd.yahoo.com"):
		_, inner, _ = strings.Cut(u.RequestURI(), "*")
		if plain, err := url.PathUnescape(inner); err == nil && !strings.Contains(inner, "://") {
			inner = plain
		}
	default:
		inner = carriedTarget(u)
	}
	if _, err := parseLink(inner); err != nil {
		return "", false
	}
	return inner, true
}

// carriedTarget returns the query value in which a known redirect page carries
// its target.
func carriedTarget(u *url.URL) string {
	host := u.Hostname()
	var keys []string
	switch {
	case u.Path == "/url" && isGoogle(host):
		keys = []string{"q", "url"}
	case host == "consent.google.com", host == "consent.youtube.com":
		keys = []string{"continue"}
	case host == "www.bing.com" && strings.EqualFold(u.Path, "/news/apiclick.aspx"):
		keys = []string{"url"}
	case (host == "l.facebook.com" || host == "lm.facebook.com") && u.Path == "/l.php":
		keys = []string{"u"}
	case host == "duckduckgo.com" && u.Path == "/l/":
		keys = []string{"uddg"}
	case host == "out.reddit.com", host == "go.redirectingat.com", strings.HasSuffix(host, ".safelinks.protection.outlook.com"):
		keys = []string{"url"}
	case host == "redirect.viglink.com":
		keys = []string{"u"}
	case host == "t.umblr.com" && u.Path == "/redirect":
		keys = []string{"z"}
	case (host == "www.linkedin.com" || host == "linkedin.com") && strings.HasPrefix(u.Path, "/redir"):
		keys = []string{"url"}
	}
	query := u.Query()
	for _, key := range keys {
		if v := query.Get(key); v != "" {
			return v
		}
	}
	return ""
}

// isGoogle reports whether host is a Google search host: google.com or a
// country's, with or without www or news.url.
func isGoogle(host string) bool {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "www."), "news.url.")
	suffix, ok := strings.CutPrefix(host, "google.")
	suffix = strings.TrimPrefix(strings.TrimPrefix(suffix, "com."), "co.")
	return ok && (suffix == "com" || len(suffix) == 2)
}

// ampTarget opens https://cache/c/s/host/path: "s" means https.
func ampTarget(u *url.URL, prefixes ...string) string {
	for _, prefix := range prefixes {
		rest, ok := strings.CutPrefix(u.RequestURI(), prefix)
		if !ok {
			continue
		}
		if secure, ok := strings.CutPrefix(rest, "s/"); ok {
			return "https://" + secure
		}
		return "http://" + rest
	}
	return ""
}

// yahooTarget reads the RU segment of Yahoo's search redirect, as in
// "/_ylt=x/RU=https%3a%2f%2fexample.com%2f/RK=2/RS=x".
func yahooTarget(escapedPath string) string {
	for segment := range strings.SplitSeq(escapedPath, "/") {
		if value, ok := strings.CutPrefix(segment, "RU="); ok {
			target, err := url.PathUnescape(value)
			if err != nil {
				return ""
			}
			return target
		}
	}
	return ""
}

// googleNewsTarget decodes /rss/articles/CBMi…: base64 of a small protobuf
// message that holds the address as text in field 4 and, in field 26, an AMP
// form of it. New links hold an opaque token there ("AU_yqL…").
func googleNewsTarget(path string) string {
	_, id, ok := strings.Cut(path, "/articles/")
	if !ok {
		_, id, _ = strings.Cut(path, "/read/")
	}
	id, _, _ = strings.Cut(id, "/")
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(id, "="))
	if err != nil {
		return ""
	}
	const article, amp = 4, 26
	fields := textFields(data)
	for _, number := range []uint64{article, amp} {
		if text := fields[number]; strings.HasPrefix(text, "http") {
			return text
		}
	}
	return ""
}

// textFields returns the first value of each length-delimited field of a
// protobuf message. It stops at the first byte that does not fit.
func textFields(data []byte) map[uint64]string {
	fields := map[uint64]string{}
	for len(data) > 0 {
		tag, n := varint(data)
		if n == 0 {
			break
		}
		value, m := varint(data[n:])
		if m == 0 {
			break
		}
		data = data[n+m:]
		const plain, delimited = 0, 2
		switch tag & 7 {
		case plain:
		case delimited:
			if value > uint64(len(data)) {
				return fields
			}
			if _, seen := fields[tag>>3]; !seen {
				fields[tag>>3] = string(data[:value])
			}
			data = data[value:]
		default:
			return fields
		}
	}
	return fields
}

// varint reads a base-128 number and tells how many bytes it took, 0 when
// there is none.
func varint(data []byte) (value uint64, n int) {
	for n < len(data) && n < 10 {
		b := data[n]
		value |= uint64(b&0x7f) << (7 * n)
		n++
		if b < 0x80 {
			return value, n
		}
	}
	return 0, 0
}

// TrimPublisher removes the publisher that feeds put behind a headline:
// "Gannett to merge - Reuters" with publisher Reuters is "Gannett to merge".
// Without a match the title stays as it is.
func TrimPublisher(title, publisher string) string {
	title = strings.TrimSpace(title)
	want := publisherKey(publisher)
	if want == "" {
		return title
	}
	for _, sep := range []string{" - ", " | ", " – ", " — ", " · ", " :: ", " » ", " • "} {
		at := strings.LastIndex(title, sep)
		if at <= 0 {
			continue
		}
		if publisherKey(title[at+len(sep):]) == want {
			return strings.TrimSpace(title[:at])
		}
	}
	return title
}

// publisherKey makes "CBS News", cbsnews.com and www.cbsnews.com one.
func publisherKey(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.TrimPrefix(strings.TrimSuffix(name, ".com"), "www.")
	return strings.ReplaceAll(NormalTitle(name), " ", "")
}

// NormalTitle returns a title for comparing: lower case, letters and digits
// only, words divided by one space, so that quotes, dashes and spacing of two
// feeds do not tell one headline apart. Signs that change the meaning of
// numbers stay: percent, currencies, plus and minus, the decimal point.
func NormalTitle(title string) string {
	var b strings.Builder
	runes := []rune(strings.ToLower(title))
	for i, r := range runes {
		digitNext := i+1 < len(runes) && unicode.IsDigit(runes[i+1])
		wordBefore := i > 0 && (unicode.IsLetter(runes[i-1]) || unicode.IsDigit(runes[i-1]))
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '%', r == '$', r == '€', r == '£':
			b.WriteRune(r)
		case r == '.' && digitNext, (r == '-' || r == '+' || r == '−') && digitNext && !wordBefore:
			b.WriteRune(r)
		case r == '\'', r == '’', r == '‘', r == ',' && digitNext && wordBefore, r == '.' && wordBefore && i+1 < len(runes) && unicode.IsLetter(runes[i+1]):
			// inside a word or number: "Apple's", "1,000", "U.S."
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
