package night

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Limits of what a night may hold; a real one is a thousandth of them.
const (
	maxIndex = 32 << 20
	maxBody  = 64 << 20 // unpacked
)

// A Night is a recorded night, checked and ready to be served.
type Night struct {
	Name     string
	AsOf     time.Time
	TimeZone string
	Location *time.Location
	Mornings []time.Time // in order; AsOf alone when the night tells none
	Tickers  []Ticker
	Others   []stockdigest.Ticker // companies that feeds and texts speak of and that have no feeds here

	files       fs.FS
	models      *Models               // nil: no model was asked
	exchanges   map[string][]exchange // by exact URL, then by from
	canonical   map[string]string     // canonical form to exact URL
	fingerprint string
	log         log
}

// A Ticker is a company of the night with the feeds it reads.
type Ticker struct {
	stockdigest.Ticker

	Feeds []stockdigest.TickerFeed
}

// index is night.json as it lies on disk.
type index struct {
	Name      string     `json:"name"`
	AsOf      string     `json:"as_of"`
	TimeZone  string     `json:"time_zone"`
	Mornings  []string   `json:"mornings,omitempty"`
	Tickers   []ticker   `json:"tickers"`
	Others    []ticker   `json:"others,omitempty"`
	Exchanges []exchange `json:"exchanges"`
}

type ticker struct {
	Symbol   string `json:"symbol"`
	Name     string `json:"name"`
	Exchange string `json:"exchange,omitempty"`
	CIK      string `json:"cik"`
	Names    []name `json:"names,omitempty"`
	Feeds    []feed `json:"feeds"`
}

type name struct {
	Text string `json:"text"`
	Kind string `json:"kind"`
}

type feed struct {
	URL     string `json:"url"`
	Source  string `json:"source"`
	Role    string `json:"role"`
	Subject string `json:"subject,omitempty"`
}

// An exchange is one recorded answer.
type exchange struct {
	URL         string            `json:"url"`
	From        string            `json:"from,omitempty"` // RFC 3339: the answer from that moment of the night on
	Status      int               `json:"status"`
	ContentType string            `json:"content_type,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	File        string            `json:"file,omitempty"` // empty: no body

	from time.Time
}

// Open reads the night in a folder of the disk.
func Open(dir string) (*Night, error) {
	root, err := os.OpenRoot(dir) // keeps links inside the folder, too
	if err != nil {
		return nil, &stockdigest.Error{
			Kind:    stockdigest.ErrNotFound,
			Message: fmt.Sprintf("open the recorded night %s: no such folder; give the folder that holds night.json", dir),
			Err:     err,
		}
	}
	n, err := Load(root.FS())
	if err != nil {
		return nil, fmt.Errorf("open the recorded night %s: %w", dir, err)
	}
	return n, nil
}

// Load reads and checks a night. Its error lists all faults in one line.
func Load(files fs.FS) (*Night, error) {
	raw, err := readAll(files, "night.json", maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, stockdigest.Invalid("there is no night.json; give the folder that holds it, or record one")
	}
	if err != nil {
		return nil, stockdigest.Invalid(fmt.Sprintf("night.json cannot be read: %v", err))
	}
	var in index
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, stockdigest.Invalid("night.json" + where(raw, err) + "; mend it or record the night again")
	}
	c := checker{files: files}
	n := c.night(in)
	models, answers := c.models()
	if len(c.faults) > 0 {
		return nil, c.err()
	}
	n.models = models
	n.fingerprint = fingerprint(files, slices.Concat(raw, answers), in.Exchanges)
	return n, nil
}

// Fingerprint is a short name for the content of the night: it changes when
// night.json or a body does. Bodies on disk count by size and time, embedded
// ones, which have no time, by content.
func (n *Night) Fingerprint() string { return n.fingerprint }

func fingerprint(files fs.FS, raw []byte, exchanges []exchange) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%d\n", len(raw))
	sum.Write(raw)
	var names []string
	for _, e := range exchanges {
		if e.File != "" {
			names = append(names, e.File)
		}
	}
	slices.Sort(names)
	for _, file := range slices.Compact(names) {
		info, err := fs.Stat(files, file)
		if err != nil {
			continue // the checker saw it a moment ago
		}
		fmt.Fprintf(sum, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		if info.ModTime().IsZero() {
			body, _ := fs.ReadFile(files, file)
			sum.Write(body)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// readAll reads a file of at most most bytes.
func readAll(files fs.FS, file string, most int64) ([]byte, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s is larger than %d MB", file, most>>20)
	}
	return raw, nil
}

// where says what is wrong with JSON and in which line.
func where(raw []byte, err error) string {
	offset, what := int64(-1), err.Error()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset, what = kind.Offset, fmt.Sprintf("%s is a %s", kind.Field, kind.Value)
	}
	what = strings.Join(strings.Fields(what), " ")
	if offset < 0 || offset > int64(len(raw)) {
		return ": " + what
	}
	return fmt.Sprintf(" line %d: %s", 1+bytes.Count(raw[:offset], []byte("\n")), what)
}
