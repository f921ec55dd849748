package night

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// StatusMissing is what a night answers to a URL it does not hold. No server
// is assigned this status.
const StatusMissing = 599

// log counts what was asked.
type log struct {
	mu     sync.Mutex
	served map[string]int
	misses map[string]int
}

// Served counts the answers given, by URL as recorded.
func (n *Night) Served() map[string]int {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	return maps.Clone(n.log.served)
}

// Misses lists the URLs that were asked for and are not in the night, sorted.
// A robots.txt is never among them.
func (n *Night) Misses() []string {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	return slices.Sorted(maps.Keys(n.log.misses))
}

// Transport serves the night at the time that now tells: of several answers
// to one URL the latest whose moment has come. A URL the night does not hold
// gets StatusMissing and is counted; one whose first answer is still to come
// gets 404; so does a robots.txt that was not recorded, as from a host that
// has none. It is safe for parallel use.
func (n *Night) Transport(now func() time.Time) http.RoundTripper {
	return &transport{night: n, now: now}
}

type transport struct {
	night *Night
	now   func() time.Time
}

// RoundTrip answers from the night.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return respond(req, http.StatusMethodNotAllowed, nil, nil), nil
	}
	asked := req.URL.String()
	key, known := t.night.find(asked)
	if !known {
		if req.URL.Path == "/robots.txt" {
			return respond(req, http.StatusNotFound, nil, nil), nil
		}
		t.night.count(&t.night.log.misses, withoutSecrets(asked))
		return respond(req, StatusMissing, nil, nil), nil
	}
	t.night.count(&t.night.log.served, key)
	e, begun := t.night.at(key, t.now())
	if !begun {
		return respond(req, http.StatusNotFound, nil, nil), nil
	}
	return t.night.answer(req, e)
}

// find returns the recorded URL that answers a request.
func (n *Night) find(asked string) (string, bool) {
	if _, ok := n.exchanges[asked]; ok {
		return asked, true
	}
	key, ok := n.canonical[canonical(asked)]
	return key, ok
}

// at returns the latest answer of key whose moment has come.
func (n *Night) at(key string, now time.Time) (exchange, bool) {
	for _, e := range slices.Backward(n.exchanges[key]) {
		if !e.from.After(now) {
			return e, true
		}
	}
	return exchange{}, false
}

func (n *Night) count(m *map[string]int, key string) {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key]++
}

func (n *Night) answer(req *http.Request, e exchange) (*http.Response, error) {
	body, err := n.read(e)
	if err != nil {
		return nil, fmt.Errorf("serve %s from the recorded night: %w", e.URL, err)
	}
	header := http.Header{}
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Connection", "Set-Cookie"} {
		header.Del(name)
	}
	if e.ContentType != "" {
		header.Set("Content-Type", e.ContentType)
	}
	if e.Status == http.StatusOK && header.Get("ETag") == "" {
		header.Set("ETag", `"`+stockdigest.Hash(string(body))[:16]+`"`)
	}
	if e.Status == http.StatusOK && unchanged(req, header) {
		header.Del("Content-Encoding")
		return respond(req, http.StatusNotModified, header, nil), nil
	}
	return respond(req, e.Status, header, body), nil
}

// unchanged tells whether the request has this answer already. As on the web,
// an ETag decides alone when the request names one.
func unchanged(req *http.Request, header http.Header) bool {
	if tags := req.Header.Get("If-None-Match"); tags != "" {
		have := strings.TrimPrefix(header.Get("ETag"), "W/")
		for tag := range strings.SplitSeq(tags, ",") {
			if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == have || tag == "*" {
				return true
			}
		}
		return false
	}
	since := req.Header.Get("If-Modified-Since")
	return since != "" && since == header.Get("Last-Modified")
}

// read returns the body of an exchange as the server sent it.
func (n *Night) read(e exchange) ([]byte, error) {
	if e.File == "" {
		return nil, nil
	}
	raw, err := readAll(n.files, e.File, maxBody)
	if err != nil || !strings.HasSuffix(e.File, ".gz") {
		return raw, err
	}
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", e.File, err)
	}
	body, err := io.ReadAll(io.LimitReader(packed, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("unpack %s: %w", e.File, err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("unpack %s: larger than %d MB", e.File, maxBody>>20)
	}
	return body, nil
}

func respond(req *http.Request, status int, header http.Header, body []byte) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	length := len(body)
	if req.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status:     strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode: status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(length),
		Request:       req,
	}
}
