package mail

import (
	"context"
	"io"
	"net"

	"stockdigest.app/stockdigest"
)

// Dials makes the post connect through dial.
func (p *Post) Dials(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	p.dial = dial
}

// SignOnly signs a message over the given fields only.
func (s *Signer) SignOnly(message []byte, fields []string) ([]byte, error) {
	return s.sign(message, fields)
}

// FailureInTheBody is what an error before the dot means.
func FailureInTheBody(err error) *stockdigest.MailError { return failure(atBody, err) }

// Decoded undoes a transfer encoding.
func Decoded(encoding string, body io.Reader) io.Reader { return decoded(encoding, body) }

// SendRaw hands over a message as it is.
func (s *Session) SendRaw(ctx context.Context, to string, message []byte) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := s.envelope(s.post.sender, to); err != nil {
		return err
	}
	_, err := s.hand(ctx, message, func(context.Context) error { return nil })
	return err
}
