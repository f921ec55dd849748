package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"stockdigest.app/stockdigest"
)

// A Session is one connection to a mail server, for one mail after the other.
// It is not safe for concurrent use.
type Session struct {
	post   *Post
	client *smtp.Client // nil: closed
	line   *line
	used   bool // a mail was begun on the connection
}

var errClosed = errors.New("the session is closed")

// Send hands one mail to the server and returns its answer. It calls last when
// everything but the final dot is written; an error of it, as any before it,
// leaves the mail unsent. Errors are *stockdigest.MailError.
func (s *Session) Send(ctx context.Context, m stockdigest.Mail, last func(context.Context) error) (string, error) {
	message, from, err := s.post.message(m)
	if err != nil {
		return "", refused(err)
	}
	if s.client == nil {
		return "", &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: errClosed}
	}
	if err := s.ready(ctx); err != nil {
		return "", s.fail(atData, err)
	}
	defer context.AfterFunc(ctx, s.cut())()
	if err := s.envelope(from, m.To); err != nil {
		return "", err
	}
	answer, err := s.hand(ctx, message, last)
	if err != nil {
		return "", err
	}
	return answer, nil
}

// Close says goodbye and hangs up.
func (s *Session) Close() error {
	if s.client == nil {
		return nil
	}
	client := s.client
	s.client = nil
	if err := s.post.step(s.line, client, quitTime, client.Quit); err != nil {
		return errors.Join(fmt.Errorf("say goodbye: %w", err), client.Close())
	}
	return nil
}

// message is the mail as it is sent, and the bare address it comes from.
func (p *Post) message(m stockdigest.Mail) (message []byte, from string, err error) {
	if message, err = Message(m, p.cfg.From); err != nil {
		return nil, "", err
	}
	from = p.sender
	if m.From != "" {
		sender, err := parseSender(m.From)
		if err != nil {
			return nil, "", err
		}
		from = sender.Address
	}
	if p.cfg.Sign != nil {
		message, err = p.cfg.Sign.Sign(message)
	}
	return message, from, err
}

// ready clears what the mail before left on the connection. A server that has
// hung up since, or takes so many mails on a connection only, is called again.
func (s *Session) ready(ctx context.Context) error {
	if !s.used {
		s.used = true
		return nil
	}
	if err := s.post.step(s.line, s.client, commandTime, s.client.Reset); err == nil {
		return nil
	}
	s.hangUp()
	fresh, err := s.post.Open(ctx)
	if err != nil {
		return err
	}
	s.client, s.line = fresh.client, fresh.line
	return nil
}

// envelope names the sender and the one recipient to the server, if the safety
// net lets the mail go there.
func (s *Session) envelope(from, to string) error {
	if err := s.post.cfg.Guard.Check(to); err != nil {
		return err
	}
	if err := s.step(commandTime, func() error { return s.client.Mail("<" + from + ">") }); err != nil {
		return s.fail(atSender, err)
	}
	if err := s.step(commandTime, func() error { return s.client.Rcpt("<" + to + ">") }); err != nil {
		return s.fail(atRecipient, err)
	}
	return nil
}

// hand writes the message, asks last, writes the dot and reads the answer. It
// writes the lines itself because the writers of libraries end a mail whose
// connection is used for anything else.
func (s *Session) hand(ctx context.Context, message []byte, last func(context.Context) error) (string, error) {
	text := s.client.Text
	err := s.step(commandTime, func() error {
		id, err := text.Cmd("DATA")
		if err != nil {
			return err
		}
		text.StartResponse(id)
		defer text.EndResponse(id)
		_, _, err = text.ReadResponse(354)
		return err
	})
	if err != nil {
		return "", s.fail(atData, err)
	}
	// A dot that begins a line is doubled, so that it does not end the mail. Few
	// mails have one, and a copy of each of the others is most of what sending
	// would allocate.
	if bytes.Contains(message, []byte("\n.")) {
		message = bytes.ReplaceAll(message, []byte("\n."), []byte("\n.."))
	}
	if err := s.write(message, commandTime); err != nil {
		return "", s.fail(atBody, s.pending(err))
	}
	if err := last(ctx); err != nil {
		s.hangUp()
		return "", &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: err}
	}
	// A dot that could not be written whole is none: the write fails only when
	// the system did not take all bytes of it.
	if err := s.write([]byte(".\r\n"), answerTime); err != nil {
		return "", s.fail(atBody, s.pending(err))
	}
	code, words, err := text.ReadResponse(2)
	if err != nil {
		return "", s.fail(atDot, err)
	}
	return s.post.clean(strconv.Itoa(code) + " " + words), nil
}

// write gives bytes to the system, all of them.
func (s *Session) write(data []byte, limit time.Duration) error {
	return s.step(limit, func() error {
		if _, err := s.client.Text.W.Write(data); err != nil {
			return err
		}
		return s.client.Text.W.Flush()
	})
}

// pending is what a server said before it hung up on us, else the error of
// writing to it.
func (s *Session) pending(err error) error {
	var said *textproto.Error
	if _, _, answer := s.client.Text.ReadResponse(2); errors.As(answer, &said) {
		return said
	}
	return err
}

func (s *Session) step(limit time.Duration, exchange func() error) error {
	return s.post.step(s.line, s.client, limit, exchange)
}

// fail says what an error means for the mail, and hangs up when the connection
// is of no more use.
func (s *Session) fail(at stage, err error) *stockdigest.MailError {
	fault := failure(at, err)
	fault.Answer = s.post.clean(fault.Answer)
	if fault.Broken {
		s.hangUp()
	}
	return fault
}

// hangUp closes the connection without a word: after half a mail, a command
// would be a line of it.
func (s *Session) hangUp() {
	if s.client != nil {
		_ = s.client.Close()
		s.client = nil
	}
}

// cut returns what ends the exchanges of a mail whose context is over.
func (s *Session) cut() func() {
	conn := s.line.Conn
	return func() { _ = conn.Close() }
}
