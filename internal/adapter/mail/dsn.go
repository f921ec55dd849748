package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// The limits of what is read of a bounce: anybody can send one.
const (
	mostBounce  = 1 << 20
	mostParts   = 20
	mostReports = 100
	mostDepth   = 3
)

// ParseBounce reads what a mail that came back says of whom: a delivery status
// notification (RFC 3464), a complaint (RFC 5965), or a bounce as qmail and
// Exim write it. It reads the first MB. A report is permanent when the server
// says 5; one of delay or a full queue is not. Errors are ErrInvalid.
//
// Anybody can write such a mail, so a report is worth no more than the
// delivery it names: who acts on it must see that the address got that one.
func ParseBounce(raw []byte) ([]stockdigest.MailReport, error) {
	raw = raw[:min(len(raw), mostBounce)]
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "this is not a mail", Err: err}
	}
	b := &bounce{seen: map[string]bool{}}
	b.at, _ = m.Header.Date() // without one the zero time
	b.part(textproto.MIMEHeader(m.Header), m.Body, 0)
	if len(b.reports) == 0 {
		b.old(m.Header)
	}
	if b.delivery == "" {
		b.delivery = deliveryIn(m.Header.Get("In-Reply-To") + " " + m.Header.Get("References"))
	}
	if len(b.reports) == 0 {
		return nil, stockdigest.Invalid("this mail is neither a bounce nor a complaint about an address")
	}
	for i := range b.reports {
		b.reports[i].Delivery, b.reports[i].At = b.delivery, b.at.UTC()
	}
	return b.reports, nil
}

// A bounce collects what the parts of one tell.
type bounce struct {
	at       time.Time
	delivery stockdigest.DeliveryID
	reports  []stockdigest.MailReport
	seen     map[string]bool
	text     []byte // the first plain part, for forms without a part for machines
	parts    int
}

// part reads one part of the mail and those in it.
func (b *bounce) part(h textproto.MIMEHeader, body io.Reader, depth int) {
	if b.parts++; b.parts > mostParts {
		return
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	body = decoded(h.Get("Content-Transfer-Encoding"), body)
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && depth < mostDepth:
		b.inside(multipart.NewReader(body, params["boundary"]), depth)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		b.status(fields(body))
	case kind == "message/feedback-report":
		b.complaint(fields(body))
	case kind == "message/rfc822" || kind == "text/rfc822-headers" || strings.HasPrefix(kind, "message/global"):
		b.returned(body)
	case kind == "text/plain" && b.text == nil:
		b.text, _ = io.ReadAll(body) // what can be read of it
	}
}

func (b *bounce) inside(parts *multipart.Reader, depth int) {
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return
		}
		b.part(p.Header, p, depth+1)
	}
}

// status reads the groups of a delivery status: the first is about the mail,
// each other about one recipient.
func (b *bounce) status(groups []textproto.MIMEHeader) {
	for _, g := range groups {
		address := typed(g.Get("Original-Recipient"))
		if address == "" {
			address = typed(g.Get("Final-Recipient"))
		}
		action := strings.ToLower(strings.TrimSpace(g.Get("Action")))
		if action != "failed" && action != "delayed" {
			continue
		}
		code := strings.TrimSpace(g.Get("Status"))
		_, why, _ := strings.Cut(g.Get("Diagnostic-Code"), ";")
		b.add(stockdigest.MailReport{
			Address: address, Cause: stockdigest.SuppressedBounced,
			Permanent: action == "failed" && strings.HasPrefix(code, "5."),
			Detail:    oneLine(action + " " + code + " " + why),
		})
	}
}

// complaint reads a report that a reader called a mail spam.
func (b *bounce) complaint(groups []textproto.MIMEHeader) {
	for _, g := range groups {
		kind := strings.ToLower(strings.TrimSpace(g.Get("Feedback-Type")))
		if kind != "abuse" && kind != "fraud" {
			continue
		}
		for _, address := range g.Values("Original-Rcpt-To") {
			b.add(stockdigest.MailReport{
				Address: strings.Trim(strings.TrimSpace(address), "<>"), Cause: stockdigest.SuppressedComplaint,
				Permanent: true, Detail: oneLine(kind + ", says " + g.Get("User-Agent")),
			})
		}
	}
}

// returned reads the head of our own mail.
func (b *bounce) returned(body io.Reader) {
	head, err := textproto.NewReader(bufio.NewReader(body)).ReadMIMEHeader()
	if err != nil && len(head) == 0 {
		return
	}
	if id := deliveryIn(head.Get("Message-Id")); id != "" {
		b.delivery = id
	}
}

var (
	ours       = regexp.MustCompile(`<([0-9a-f]{32})@[A-Za-z0-9.-]+>`) // as stockdigest.Delivery names it
	qmailBegin = regexp.MustCompile(`(?m)^Hi\. This is the \S+ program at `)
	qmailEntry = regexp.MustCompile(`(?m)^<([^<>\s]+)>:\r?\n((?:[^\r\n]+\r?\n)+)`)
	anyStatus  = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	anyCode    = regexp.MustCompile(`\b5[0-9][0-9]\b`)
	ourID      = regexp.MustCompile(`(?mi)^Message-ID:\s*(<[^>\r\n]*>)`)
)

func deliveryIn(s string) stockdigest.DeliveryID {
	if m := ours.FindStringSubmatch(s); m != nil {
		return stockdigest.DeliveryID(m[1])
	}
	return ""
}

// old reads bounces that are written for people only. That of qmail lists the
// addresses with what their servers said; that of Exim names them in a header.
func (b *bounce) old(h netmail.Header) {
	if m := ourID.FindSubmatch(b.text); m != nil {
		b.delivery = deliveryIn(string(m[1]))
	}
	if begin := qmailBegin.FindIndex(b.text); begin != nil {
		text, _, _ := bytes.Cut(b.text[begin[0]:], []byte("--- Below this line is a copy"))
		for _, entry := range qmailEntry.FindAllSubmatch(text, mostReports) {
			b.add(told(string(entry[1]), string(entry[2])))
		}
		return
	}
	said, _, _ := bytes.Cut(b.text, []byte("------ This is a copy of "))
	for address := range strings.SplitSeq(h.Get("X-Failed-Recipients"), ",") {
		b.add(told(strings.TrimSpace(address), string(said)))
	}
}

// told is the report of an address about which a server said something.
func told(address, said string) stockdigest.MailReport {
	code := anyStatus.FindString(said)
	return stockdigest.MailReport{
		Address: address, Cause: stockdigest.SuppressedBounced, Detail: oneLine(said),
		Permanent: strings.HasPrefix(code, "5.") || code == "" && anyCode.MatchString(said),
	}
}

// add keeps a report about an address, once.
func (b *bounce) add(r stockdigest.MailReport) {
	if CheckAddress(r.Address) != nil || b.seen[r.Address] || len(b.reports) >= mostReports {
		return
	}
	b.seen[r.Address] = true
	b.reports = append(b.reports, r)
}

// fields reads groups of fields that empty lines part.
func fields(body io.Reader) []textproto.MIMEHeader {
	var groups []textproto.MIMEHeader
	r := textproto.NewReader(bufio.NewReader(body))
	for len(groups) < mostReports {
		g, err := r.ReadMIMEHeader()
		if len(g) > 0 {
			groups = append(groups, g)
		}
		if err != nil {
			return groups
		}
	}
	return groups
}

// typed is the address of a field such as "rfc822; ada@example.com". What
// xtext (RFC 3461) writes as +2B is a plus.
func typed(field string) string {
	kind, address, ok := strings.Cut(field, ";")
	if !ok || !strings.EqualFold(strings.TrimSpace(kind), "rfc822") {
		return ""
	}
	address = strings.Trim(strings.TrimSpace(address), "<>")
	return strings.NewReplacer("+2B", "+", "+3D", "=").Replace(address)
}

func decoded(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}
