package night

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// drainLimit is how much of a body the client left unread is still read, to
// know that it is whole.
const drainLimit = 64 << 10

// keptHeaders are the headers a replay needs. Everything else, cookies above
// all, stays behind.
func keptHeaders() []string {
	return []string{"Content-Encoding", "Content-Language", "ETag", "Last-Modified", "Location", "Retry-After"}
}

// A Recorder writes the answers that pass through its Wrap into a folder. It
// is safe for parallel use. Until Finish the folder is no night.
type Recorder struct {
	dir string

	mu        sync.Mutex
	exchanges map[string]exchange
	failed    error // the first answer that could not be written
}

// NewRecorder prepares a folder, which must not hold a night yet.
func NewRecorder(dir string) (*Recorder, error) {
	if _, err := os.Lstat(filepath.Join(dir, "night.json")); err == nil {
		return nil, stockdigest.Invalid(fmt.Sprintf("record into %s: it holds a night already; give a new folder", dir))
	}
	if err := os.MkdirAll(filepath.Join(dir, "bodies"), 0o750); err != nil {
		return nil, &stockdigest.Error{
			Kind:    stockdigest.ErrInvalid,
			Message: fmt.Sprintf("record into %s: the folder cannot be made; give one that may be written", dir),
			Err:     err,
		}
	}
	return &Recorder{dir: dir, exchanges: map[string]exchange{}}, nil
}

// Meta is what a night says besides its answers.
type Meta struct {
	Name     string
	AsOf     time.Time
	TimeZone string
	Tickers  []Ticker
	Others   []stockdigest.Ticker
	Models   *Models // nil: no model was asked
}

// Finish writes night.json, last of all, and reports the first answer that
// could not be kept.
func (r *Recorder) Finish(m Meta) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return r.failed
	}
	if m.Models != nil {
		if err := saveModels(r.dir, *m.Models); err != nil {
			return err
		}
	}
	in := index{Name: m.Name, AsOf: m.AsOf.UTC().Format(time.RFC3339Nano), TimeZone: m.TimeZone}
	for _, t := range m.Tickers {
		in.Tickers = append(in.Tickers, plain(t))
	}
	for _, t := range m.Others {
		in.Others = append(in.Others, plain(Ticker{Ticker: t}))
	}
	for _, key := range slices.Sorted(maps.Keys(r.exchanges)) {
		in.Exchanges = append(in.Exchanges, r.exchanges[key])
	}
	raw, err := json.MarshalIndent(in, "", " ")
	if err != nil {
		return fmt.Errorf("write night.json: %w", err)
	}
	f, err := os.CreateTemp(r.dir, ".night-*")
	if err != nil {
		return fmt.Errorf("write night.json: %w", err)
	}
	_, err = f.Write(append(raw, '\n'))
	if err := errors.Join(err, keep(f, filepath.Join(r.dir, "night.json"))); err != nil {
		return fmt.Errorf("write night.json: %w", err)
	}
	return nil
}

func plain(t Ticker) ticker {
	out := ticker{Symbol: string(t.Symbol), Name: t.Name, Exchange: t.Exchange, CIK: t.CIK, Feeds: []feed{}}
	for _, n := range t.Names {
		out.Names = append(out.Names, name{Text: n.Text, Kind: string(n.Kind)})
	}
	for _, f := range t.Feeds {
		out.Feeds = append(out.Feeds, feed{URL: withoutSecrets(f.Feed.URL), Source: f.Feed.Source, Role: string(f.Role), Subject: f.Subject})
	}
	return out
}

// Wrap returns a transport that records what next answers to GET requests.
// Only whole answers are kept: not those cut off or given up by the client,
// nor a 304 or 206, which mean nothing without what came before them. A URL
// asked twice keeps its last answer.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper {
	return wrapped{recorder: r, next: next}
}

type wrapped struct {
	recorder *Recorder
	next     http.RoundTripper
}

// RoundTrip passes the request on and records the answer.
func (w wrapped) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if err != nil || req.Method != http.MethodGet ||
		resp.StatusCode == http.StatusNotModified || resp.StatusCode == http.StatusPartialContent {
		return resp, err
	}
	e := exchange{
		URL:         withoutSecrets(req.URL.String()),
		Status:      resp.StatusCode,
		ContentType: resp.Header.Get("Content-Type"),
		Headers:     kept(resp.Header),
	}
	f, err := os.CreateTemp(filepath.Join(w.recorder.dir, "bodies"), ".part-*")
	if err != nil {
		w.recorder.fail(e.URL, err)
		return resp, nil // the answer is good; Finish reports what was not recorded
	}
	resp.Body = &tee{body: resp.Body, file: f, exchange: e, recorder: w.recorder}
	return resp, nil
}

func kept(h http.Header) map[string]string {
	out := map[string]string{}
	for _, name := range keptHeaders() {
		if values := h.Values(name); len(values) > 0 {
			out[name] = withoutSecretsIn(name, strings.Join(values, ", "))
		}
	}
	return out
}

func withoutSecretsIn(header, value string) string {
	if header == "Location" {
		return withoutSecrets(value)
	}
	return value
}

func (r *Recorder) fail(url string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = fmt.Errorf("record %s: %w", url, err)
	}
}

// A tee writes a body to a file as it is read.
type tee struct {
	body     io.ReadCloser
	file     *os.File
	exchange exchange
	recorder *Recorder

	size  int64
	whole bool
	err   error // of the file
	done  bool
}

// Read passes on what the server sends and keeps it.
func (t *tee) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	if t.size += int64(n); t.size <= maxBody && t.err == nil {
		_, t.err = t.file.Write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		t.whole = true
	}
	return n, err
}

// Close keeps the answer when it is whole.
func (t *tee) Close() error {
	if t.done {
		return nil
	}
	t.done = true
	if !t.whole && t.err == nil {
		_, _ = io.CopyN(io.Discard, struct{ io.Reader }{t}, drainLimit)
	}
	err := t.body.Close()
	t.recorder.keep(t)
	return err
}

func (r *Recorder) keep(t *tee) {
	if t.err != nil || !t.whole || t.size > maxBody {
		_ = t.file.Close()
		_ = os.Remove(t.file.Name())
		if t.err != nil {
			r.fail(t.exchange.URL, t.err)
		}
		return
	}
	e := t.exchange
	e.File = "bodies/" + stockdigest.Hash(e.URL)[:16] + extension(e)
	r.mu.Lock()
	err := keep(t.file, filepath.Join(r.dir, filepath.FromSlash(e.File)))
	if err == nil {
		r.exchanges[e.URL] = e
	}
	r.mu.Unlock()
	if err != nil {
		r.fail(e.URL, err)
	}
}

// extension helps people who look into the folder. It never is .gz, which
// would have the body unpacked.
func extension(e exchange) string {
	if e.Headers["Content-Encoding"] != "" {
		return ".bin"
	}
	media, _, err := mime.ParseMediaType(e.ContentType)
	switch {
	case err != nil:
		return ".bin"
	case strings.Contains(media, "html"):
		return ".html"
	case strings.HasSuffix(media, "xml"):
		return ".xml"
	case strings.HasSuffix(media, "json"):
		return ".json"
	case strings.HasPrefix(media, "text/"):
		return ".txt"
	}
	return ".bin"
}

// keep gives a finished temporary file its name; on a fault it removes it.
func keep(f *os.File, name string) error {
	err := errors.Join(f.Chmod(0o640), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
