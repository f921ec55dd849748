package fetch

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

// maxRatio is how many bytes one compressed byte may become, once ratioFloor
// bytes are out: text compresses 3 to 20 times, a bomb a thousand times.
const (
	maxRatio     = 100
	ratioFloor   = 256 << 10
	maxEncodings = 3
)

var (
	errTooLarge = errors.New("too large")
	errBomb     = errors.New("bomb")
)

// encodingsOf lists the content encodings of an answer in the order they were
// applied.
func encodingsOf(h http.Header) ([]string, error) {
	var encodings []string
	for _, line := range h.Values("Content-Encoding") {
		for name := range strings.SplitSeq(line, ",") {
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case "", "identity", "none", "utf-8":
			case "gzip", "x-gzip", "deflate", "br":
				encodings = append(encodings, name)
			default:
				return nil, &Error{Reason: ReasonBroken, Err: fmt.Errorf("%.40q was not asked for", name), RetryAfter: retryDefault(ReasonBroken)}
			}
			if len(encodings) > maxEncodings {
				return nil, &Error{Reason: ReasonBomb}
			}
		}
	}
	return encodings, nil
}

// decode reads body through its encodings, last applied first. Each stage is
// counted against the bytes of the wire, so a bomb inside a bomb is met at the
// first stage that unfolds. On errTooLarge the first most bytes are returned.
func decode(body io.Reader, encodings []string, most int64) ([]byte, error) {
	wire := &counter{r: io.LimitReader(body, most+1)}
	var stage io.Reader = wire
	for _, name := range slices.Backward(encodings) {
		next, err := decoder(name, stage)
		if errors.Is(err, io.EOF) {
			return nil, nil // an empty body, whatever its label
		}
		if err != nil {
			return nil, broken(err)
		}
		stage = &counter{r: next, wire: wire}
	}
	var out bytes.Buffer
	_, err := io.Copy(&out, io.LimitReader(stage, most+1))
	switch {
	case errors.Is(err, errBomb):
		return nil, &Error{Reason: ReasonBomb}
	case int64(out.Len()) > most || wire.n > most:
		return out.Bytes()[:min(int64(out.Len()), most)], errTooLarge
	case err != nil && len(encodings) > 0 && wire.err == nil:
		return nil, broken(err)
	case err != nil:
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return out.Bytes(), nil
}

func broken(err error) error {
	return &Error{Reason: ReasonBroken, Err: err, RetryAfter: retryDefault(ReasonBroken)}
}

func decoder(name string, r io.Reader) (io.Reader, error) {
	switch name {
	case "br":
		return brotli.NewReader(r), nil
	case "deflate":
		return inflate(r)
	default:
		return gzip.NewReader(r)
	}
}

// inflate takes deflate as the standard has it, with the zlib header, and as
// some servers send it, without.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if len(head) == 0 {
		return nil, err
	}
	if len(head) == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// A counter counts what passes; with a wire it refuses to unfold too far.
type counter struct {
	r    io.Reader
	wire *counter // nil: this is the wire
	n    int64
	err  error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	if c.wire != nil && c.n > ratioFloor && c.n > maxRatio*c.wire.n {
		return 0, errBomb
	}
	return n, err
}
