package mail

import (
	"fmt"
	"mime"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"stockdigest.app/stockdigest"
)

// The limits of RFC 5321 and 5322: of an address, its part before the at sign,
// a line, and the length at which a line is better folded.
const (
	mostAddress = 254
	mostLocal   = 64
	mostLine    = 998
	foldAt      = 76
)

// CheckAddress refuses all but one bare address such as ada@example.com. Forms
// that servers read differently are refused too: quoted local parts, comments,
// routes and letters beyond ASCII.
func CheckAddress(s string) error {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > mostAddress || len(local) > mostLocal || !isDotted(local, isAtom) || !isDomain(domain) {
		return stockdigest.Invalid(fmt.Sprintf("%.80q is not a mail address", s))
	}
	return nil
}

// CheckSender refuses all but an address with or without a name before it, as
// in "StockDigest <digest@example.com>".
func CheckSender(s string) error {
	_, err := parseSender(s)
	return err
}

// CheckLink refuses all but an https address that a header can hold. On this
// machine itself http will do.
func CheckLink(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || len(s) > mostLine-100 || !visible(s) || strings.ContainsAny(s, `<>"\`) || u.User != nil {
		return stockdigest.Invalid(fmt.Sprintf("%.80q is not a web address", s))
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return stockdigest.Invalid(fmt.Sprintf("%.80q does not start with https://", s))
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// checkID refuses all but what stands between the angle brackets of a
// Message-ID or Content-ID.
func checkID(s string) error {
	left, right, two := strings.Cut(s, "@")
	if len(s) > 200 || !isDotted(left, isAtom) || two && !isDomain(right) {
		return stockdigest.Invalid(fmt.Sprintf("%.80q cannot name a part of a mail", s))
	}
	return nil
}

func isDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return isDotted(s, func(r rune) bool { return r == '-' || isLetterOrDigit(r) })
}

// isDotted reports whether s is runs of good characters with single dots
// between them.
func isDotted(s string, good func(rune) bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !good(r) }) {
			return false
		}
	}
	return true
}

func isAtom(r rune) bool { return isLetterOrDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// visible reports whether s is ASCII that can be seen, without spaces.
func visible(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// parseSender takes a sender apart.
func parseSender(s string) (netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || plain(s) != s {
		return netmail.Address{}, stockdigest.Invalid(fmt.Sprintf("%.80q is not a sender such as StockDigest <digest@example.com>", s))
	}
	return *a, CheckAddress(a.Address)
}

// sender is the value of From.
func sender(a netmail.Address) string {
	if a.Name == "" {
		return a.Address
	}
	name := words(a.Name)
	if strings.ContainsFunc(a.Name, func(r rune) bool { return r != ' ' && !isAtom(r) }) && name == a.Name {
		name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `"`
	}
	return name + " <" + a.Address + ">"
}

// listID is the value of List-Id: a label below the sender's domain, and the
// name where the label is another.
func listID(name, domain string) string {
	label := strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); isLetterOrDigit(r) {
			return r
		}
		return '-'
	}, plain(name))
	label = strings.Trim(label[:min(len(label), 60)], "-")
	if label == "" {
		label = "list"
	}
	id := netmail.Address{Name: plain(name), Address: label + "." + domain}
	if label == name {
		id.Name = ""
		return "<" + id.Address + ">"
	}
	return sender(id)
}

// words is text as a header can hold it: in encoded words when it must be.
// What looks like an encoded word is broken up, so that no reader decodes it.
func words(s string) string {
	s = strings.ReplaceAll(plain(s), "=?", "= ?")
	return mime.QEncoding.Encode("utf-8", s)
}

// plain puts a space where s has line breaks, control characters, or the marks
// that turn the direction of writing.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

// fold breaks a header at spaces into lines that are not long.
func fold(name, value string) (string, error) {
	var b strings.Builder
	b.WriteString(name + ":")
	line := b.Len()
	for word := range strings.SplitSeq(value, " ") {
		if word == "" {
			continue // a line of spaces only would end the header for some
		}
		if line+1+len(word) > foldAt && line > len(name)+1 {
			b.WriteString("\r\n")
			line = 0
		}
		b.WriteString(" " + word)
		if line += 1 + len(word); line > mostLine {
			return "", stockdigest.Invalid(name + " of a mail is too long a word")
		}
	}
	b.WriteString("\r\n")
	return b.String(), nil
}
