package fetch

import (
	"errors"
	"net"
	"net/http"
	"syscall"
)

// Pieces with tests of their own.
var (
	DecodeText = decodeText
	PageTypes  = pageTypes
	FeedTypes  = feedTypes
	RetryAfter = retryAfter
)

// Forbids tells whether a robots.txt keeps name away from path.
func Forbids(text, name, path string) bool {
	return parseRules([]byte(text), name).forbid(path)
}

// Network is the transport of a Client without a Transport.
func Network() *http.Transport { return newGuard(80, 443).network(nil) }

// NewOnPorts is New for a guard that lets more ports through and a network
// that asks another resolver.
func NewOnPorts(cfg Config, resolver *net.Resolver, ports ...uint16) *Client {
	g := newGuard(ports...)
	cfg.Transport = g.network(resolver)
	return newClient(cfg, g)
}

// NewTrapped is NewOnPorts for a network in which an address the guard lets
// through is told to approved and not dialled.
func NewTrapped(cfg Config, resolver *net.Resolver, approved func(string), ports ...uint16) *Client {
	g := newGuard(ports...)
	dialer := &net.Dialer{Resolver: resolver, Control: func(network, address string, conn syscall.RawConn) error {
		if err := g.control(network, address, conn); err != nil {
			return err
		}
		approved(address)
		return errors.New("would connect")
	}}
	cfg.Transport = &http.Transport{DialContext: dialer.DialContext}
	return newClient(cfg, g)
}
