package mail

import (
	"encoding/base64"
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A stage is how far a mail had come when something failed.
type stage int

const (
	atSender    stage = iota // MAIL FROM
	atRecipient              // RCPT TO
	atData                   // DATA, or before anything was said about the mail
	atBody                   // the server takes the mail, and its dot is not written
	atDot                    // the dot is written
)

// failure says what an error at a stage means for the mail. A code that is no
// refusal is a server that does not speak SMTP: nothing more is said to it.
func failure(at stage, err error) *stockdigest.MailError {
	fault := &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: err}
	if at == atDot {
		fault.Handover = stockdigest.HandoverUnknown
	}
	var said *textproto.Error
	if !errors.As(err, &said) {
		return fault
	}
	fault.Err = nil // the answer says it, and is freed of credentials
	fault.Code, fault.Answer = said.Code, strconv.Itoa(said.Code)+" "+said.Msg
	fault.Status = status(said)
	switch {
	case said.Code == 421:
		fault.Handover = stockdigest.HandoverLater
	case said.Code >= 400 && said.Code < 500:
		fault.Handover, fault.Broken = stockdigest.HandoverLater, false
	case said.Code >= 500 && said.Code < 600 && senderAtFault(at, said.Code, fault.Status):
		// One wrong setting must not use up every reader's mail.
		fault.Handover = stockdigest.HandoverLater
	case said.Code >= 500 && said.Code < 600:
		fault.Handover, fault.Broken = stockdigest.HandoverRefused, false
		fault.Address = addressAtFault(at, said.Code, fault.Status)
	}
	fault.Broken = fault.Broken || at == atBody // the server waits for the rest of the mail
	return fault
}

// senderAtFault reports whether a server refuses us rather than the mail: the
// sender, or one that has not logged in. Many servers say so at RCPT TO only.
func senderAtFault(at stage, code int, status string) bool {
	return at == atSender || status == "5.1.7" || status == "5.1.8" || code == 530 || code == 535
}

// addressAtFault reports whether a server refuses the address for good. At RCPT
// TO it does, unless it says that something else is wrong: policy (5.7), the
// server itself (5.3), the protocol (5.5) or the mail (5.6). After the dot only
// the codes for addresses and mailboxes (RFC 3463) say so; 5.2.3 is about the
// mail's size.
func addressAtFault(at stage, code int, status string) bool {
	subject := ""
	if status != "" {
		subject = strings.Split(status, ".")[1]
	}
	switch {
	case status == "5.2.3":
		return false
	case subject == "1", subject == "2":
		return true
	case at != atRecipient:
		return false
	case subject == "":
		return code >= 550 && code != 555
	}
	return subject == "0" || subject == "4"
}

var enhanced = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// status is the enhanced status that an answer begins with, if its class is
// that of the code.
func status(said *textproto.Error) string {
	found := enhanced.FindString(said.Msg)
	if found == "" || int(found[0]-'0') != said.Code/100 {
		return ""
	}
	return found
}

// mostAnswer is how many bytes of a server's answer are kept.
const mostAnswer = 300

// oneLine is what a server said as one short line without control characters.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(plain(s)), " ")
	if len(s) > mostAnswer {
		s = strings.ToValidUTF8(s[:mostAnswer], "")
	}
	return s
}

// hider takes the credentials out of what a server said: some repeat them.
func hider(user, password string) *strings.Replacer {
	if password == "" {
		return strings.NewReplacer()
	}
	encode := base64.StdEncoding.EncodeToString
	return strings.NewReplacer(
		encode([]byte("\x00"+user+"\x00"+password)), "[hidden]", encode([]byte(password)), "[hidden]", password, "[hidden]",
	)
}
