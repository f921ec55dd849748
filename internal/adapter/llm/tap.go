package llm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// An exchange is one request and what came back for it, kept before any library
// can make something of it.
type exchange struct {
	begun            bool // a request was written, and tried
	tried, connected atomic.Bool

	most   int // bytes of the body that are taken
	status int // 0: no answer came
	header http.Header
	body   []byte
	err    error // of the connection, or of the body
}

type exchangeKey struct{}

// on lets the tap find the exchange.
func (x *exchange) on(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, exchangeKey{}, x), &httptrace.ClientTrace{
		GetConn: func(string) { x.tried.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) },
	})
}

// nothing reports that no byte was sent for sure. A transport that cannot be
// traced leaves it open.
func (x *exchange) nothing() bool { return x.tried.Load() && !x.connected.Load() }

// A tap stands between whoever writes a request and the network. It lets one
// request of a call through, keeps the answer in the call's exchange and shows an
// empty one instead: nobody behind it can follow a redirect with a prompt and a
// key, or ask again.
type tap struct{ http.RoundTripper }

var errSecond = errors.New("a call makes one request only")

// RoundTrip sends req, for an exchange that has sent nothing.
func (t tap) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok || x.begun {
		return nil, errSecond
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	x.begun = true
	res, err := t.RoundTripper.RoundTrip(req)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer res.Body.Close()
	x.status, x.header = res.StatusCode, res.Header
	x.body, x.err = readAll(res.Body, x.most)
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: 2, Body: io.NopCloser(strings.NewReader("{}")), Request: req,
	}, nil
}
