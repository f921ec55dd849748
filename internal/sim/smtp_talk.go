package sim

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"
)

// mailPatience is how long a client may be silent.
const mailPatience = 5 * time.Minute

// A mailTalk is one connection to the mail server.
type mailTalk struct {
	s    *MailServer
	conn net.Conn
	in   *bufio.Reader
	port int

	secure   bool
	from, to string
	fault    MailFault
	early    bool // the fault comes before the dot
}

func newMailTalk(s *MailServer, conn net.Conn) *mailTalk {
	t := &mailTalk{s: s, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
	if at, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		t.port = at.Port
	}
	return t
}

// serve talks until one of the two hangs up.
func (t *mailTalk) serve() {
	for goes := t.say("220 pretend mail server"); goes; {
		if err := t.conn.SetDeadline(t.s.cfg.Now().Add(mailPatience)); err != nil {
			return
		}
		line, err := t.in.ReadSlice('\n')
		if err != nil {
			return
		}
		goes = t.obey(strings.TrimSpace(string(line)))
	}
}

// say answers, and reports whether the talk goes on.
func (t *mailTalk) say(line string) bool {
	_, err := t.conn.Write([]byte(line + "\r\n"))
	return err == nil
}

func (t *mailTalk) obey(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		if t.s.tls != nil && !t.secure {
			return t.say("250-pretend\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS")
		}
		return t.say("250-pretend\r\n250 ENHANCEDSTATUSCODES")
	case "HELO", "NOOP":
		return t.say("250 2.0.0 well")
	case "STARTTLS":
		return t.encrypt()
	case "MAIL":
		t.from, t.to = between(rest), ""
		return t.say("250 2.1.0 well")
	case "RCPT":
		return t.recipient(between(rest))
	case "DATA":
		return t.data()
	case "RSET":
		t.from, t.to = "", ""
		return t.say("250 2.0.0 well")
	case "QUIT":
		_ = t.say("221 2.0.0 bye")
		return false
	}
	return t.say("502 5.5.1 what?")
}

// between is what stands in the angle brackets.
func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

func (t *mailTalk) encrypt() bool {
	if t.s.tls == nil || t.secure {
		return t.say("502 5.5.1 not here")
	}
	if !t.say("220 2.0.0 go on") {
		return false
	}
	secure := tls.Server(t.conn, t.s.tls)
	t.conn, t.secure = secure, true
	t.in.Reset(secure)
	return true
}

// said are the words for each code.
func said(fault MailFault) string {
	switch fault {
	case MailClosing:
		return "421 4.3.2 closing"
	case MailLater:
		return "451 4.7.1 try again later"
	case MailNoRoom:
		return "452 4.2.2 no room now"
	case MailNobody:
		return "550 5.1.1 nobody here of that name"
	case MailTooMuch:
		return "552 5.2.2 mailbox full"
	default:
		return ""
	}
}

func (t *mailTalk) recipient(to string) bool {
	if t.from == "" || t.to != "" {
		return t.say("503 5.5.1 one sender first, and one recipient")
	}
	if slices.Contains(t.s.cfg.Refuse, to) {
		return t.refuse(to, MailNobody)
	}
	t.fault, t.early = t.s.draw(to)
	switch {
	case t.early && said(t.fault) != "":
		return t.refuse(to, t.fault)
	case t.early && t.fault == MailHang:
		t.s.wait(t.s.cfg.Hang)
		return false
	}
	t.to = to
	return t.say("250 2.1.5 well")
}

// refuse answers a recipient's address with a code.
func (t *mailTalk) refuse(to string, fault MailFault) bool {
	t.s.log.add(MailEntry{At: t.s.cfg.Now(), Recipient: to, Answer: string(fault)})
	return t.say(said(fault)) && fault != MailClosing
}

func (t *mailTalk) data() bool {
	if t.to == "" {
		return t.say("503 5.5.1 no recipient")
	}
	if t.fault == MailDropBefore && t.early {
		return false
	}
	if !t.say("354 go on") {
		return false
	}
	id, whole := t.body()
	if !whole {
		return false
	}
	entry := MailEntry{At: t.s.cfg.Now(), ID: id, Recipient: t.to, Answer: "250"}
	fault := t.fault
	t.from, t.to, t.fault = "", "", ""
	t.s.watch(MailAtDot, t.port)
	switch {
	case fault == MailDropAfter, fault == MailHang:
		entry.Answer = ""
		t.s.log.add(entry)
		if fault == MailHang {
			t.s.wait(t.s.cfg.Hang)
		}
		return false
	case said(fault) != "":
		entry.Answer = string(fault)
		t.s.log.add(entry)
		return t.say(said(fault)) && fault != MailClosing
	}
	t.s.log.add(entry)
	t.s.wait(t.s.cfg.Delay)
	goes := t.say("250 2.0.0 taken")
	t.s.watch(MailAnswered, t.port)
	return goes
}

// body reads up to the dot and returns the Message-ID, and whether the dot came.
func (t *mailTalk) body() (id string, whole bool) {
	header, read, slowly := true, 0, t.fault == MailSlow
	for {
		line, err := t.in.ReadSlice('\n')
		if err != nil {
			return id, false
		}
		read += len(line)
		bare := bytes.TrimRight(line, "\r\n")
		switch {
		case len(bare) == 1 && bare[0] == '.':
			return id, true
		case header && len(bare) == 0:
			header = false
		case header && len(bare) > 11 && strings.EqualFold(string(bare[:11]), "message-id:"):
			id = strings.Trim(strings.TrimSpace(string(bare[11:])), "<>")
		case !header && t.fault == MailDropBefore:
			return id, false
		}
		if slowly && read > 4<<10 {
			read = 0
			t.s.wait(10 * time.Millisecond)
		}
	}
}
