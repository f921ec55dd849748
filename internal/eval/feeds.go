package eval

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A FeedPrediction is what a parser made of one feed file.
type FeedPrediction struct {
	OK    bool   `json:"ok"`
	Items int    `json:"items"`
	Title string `json:"title"` // of the feed
	Error string `json:"error"` // empty when ok
}

// maxFeedBytes bounds what is unpacked of one feed file.
const maxFeedBytes = 20 << 20

// Feeds runs a feed parser on every feed file below dir. Figures are, per
// sub-set, the share of the feeds that could be read: "well-formed" (the
// cases of parser suites), "ill-formed" (the suites' broken ones) and "live"
// (feeds as they were served). Files that hold no feed (web pages, fragments,
// empty ones) are predicted and stand under "refused": there an error is right.
// Where a suite states item count, title or link of a case, "stated" is the
// share of those that are met.
func Feeds(dir string, parse func(data []byte, contentType, baseURL string) (stockdigest.FeedAnswer, error), progress Progress) (Result, error) {
	result := Result{Name: "feeds", Figures: map[string]float64{}, Predictions: map[string]any{}}
	files, err := feedFiles(dir)
	if err != nil {
		return result, err
	}
	var score feedScore
	for i, file := range files {
		data, err := readFeedFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			return result, fmt.Errorf("read feed file %s: %w", file, err)
		}
		answer, parseErr := parse(data, statedHeader(data, contentTypeHeader), cmp.Or(statedHeader(data, locationHeader), suiteServer))
		prediction := FeedPrediction{OK: parseErr == nil, Items: len(answer.Items), Title: answer.Title}
		if parseErr != nil {
			prediction.Error = parseErr.Error()
		}
		result.Predictions[file] = prediction
		score.add(file, data, answer, parseErr)
		if progress != nil {
			progress(i+1, len(files))
		}
	}
	score.figures(result.Figures)
	return result, nil
}

// feedScore counts cases and what was right about them, by sub-set.
type feedScore struct {
	right, all map[string]int
}

func (s *feedScore) count(name string, right bool) {
	if s.all == nil {
		s.right, s.all = map[string]int{}, map[string]int{}
	}
	s.all[name]++
	if right {
		s.right[name]++
	}
}

func (s *feedScore) add(file string, data []byte, answer stockdigest.FeedAnswer, err error) {
	if !looksLikeFeed(data) {
		s.count("refused", err != nil)
		return
	}
	set := feedSet(file)
	s.count(set, err == nil)
	for _, want := range statedFacts(data) {
		s.count("stated", err == nil && want.holds(answer))
	}
}

func (s *feedScore) figures(into map[string]float64) {
	for name, all := range s.all {
		into[name] = float64(s.right[name]) / float64(all)
		into[name+"/files"] = float64(all)
	}
}

// feedFiles lists the feed files below dir, relative to it, sorted, with
// slashes. Of a folder that holds all sets only "feeds" is read.
func feedFiles(dir string) ([]string, error) {
	var all []string
	have := map[string]bool{}
	start := dir
	if sub := filepath.Join(dir, "feeds"); isDir(sub) {
		start = sub
	}
	err := filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, rel)
		have[rel] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list feed files: %w", err)
	}
	var files []string
	for _, file := range all {
		if isFeedFile(file, have) {
			files = append(files, file)
		}
	}
	return files, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isFeedFile tells feeds from the answers that suites keep beside them.
func isFeedFile(file string, have map[string]bool) bool {
	plain := strings.TrimSuffix(file, ".gz")
	switch filepath.Ext(plain) {
	case ".xml", ".rss", ".rdf", ".atom", ".html":
		return true
	case ".json":
	default:
		return false
	}
	stem := strings.TrimSuffix(plain, ".json")
	for _, ext := range []string{".xml", ".rss", ".rdf", ".atom"} {
		if have[stem+ext] || have[stem+ext+".gz"] {
			return false
		}
	}
	return !strings.HasSuffix(stem, "_expected") && !strings.HasSuffix(stem, ".serde") && !strings.Contains(file, "/output/")
}

func readFeedFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		return data, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(unpacked, maxFeedBytes))
}

// feedSet sorts a file into its sub-set by where it lies.
func feedSet(file string) string {
	base := file[strings.LastIndexByte(file, '/')+1:]
	switch {
	case strings.Contains(file, "illformed/"), strings.Contains(file, "/invalid/"), strings.HasPrefix(base, "bozo_"):
		return "ill-formed"
	case strings.Contains(file, "feedparser"), strings.Contains(file, "gofeed"):
		return "well-formed"
	}
	return "live"
}

var feedRoot = regexp.MustCompile(`(?i)<([a-z0-9]+:)?(rss|feed|rdf|channel|entry)[\s>]`)

// looksLikeFeed is a rough judgement that owes nothing to the parser under
// test: a root element of a feed format somewhere, or the marks of JSON Feed.
func looksLikeFeed(data []byte) bool {
	plain := bytes.ReplaceAll(data, []byte{0}, nil) // UTF-16 and UTF-32
	if bytes.HasPrefix(bytes.TrimSpace(plain), []byte("{")) {
		return bytes.Contains(plain, []byte(`"version"`)) || bytes.Contains(plain, []byte(`"items"`))
	}
	return feedRoot.Match(plain)
}

// suiteServer is where the feedparser suite serves its cases from; some state
// links resolved against it.
const suiteServer = "http://127.0.0.1:8097/feed"

var (
	locationHeader    = regexp.MustCompile(`(?i)Header:\s*Content-Location:\s*([^\r\n]+)`)
	contentTypeHeader = regexp.MustCompile(`(?i)Header:\s*Content-type:\s*([^\r\n]+)`)
	statedFact        = regexp.MustCompile(`(entries\[0\]|feed)(?:\[['"]|\.)(title|link)(?:['"]\])?\s*==\s*u?'([^'\\<&]*)'\s*$|len\((?:\w+\.)?entries\)\s*==\s*(\d+)\s*$`)
	expectLine        = regexp.MustCompile(`(?m)Expect:\s*(?:not bozo and )?(.+)$`)
)

func statedHeader(data []byte, header *regexp.Regexp) string {
	if m := header.FindSubmatch(data); m != nil {
		return string(m[1])
	}
	return ""
}

// A fact is one thing a suite's case states about its feed.
type fact struct{ of, what, want string }

// statedFacts reads the simple claims of a case: a title, a link, how many
// items. Claims about markup are left out: our texts are plain.
func statedFacts(data []byte) []fact {
	m := expectLine.FindSubmatch(data)
	if m == nil {
		return nil
	}
	claim := statedFact.FindSubmatch(m[1])
	switch {
	case claim == nil:
		return nil
	case len(claim[4]) > 0:
		return []fact{{what: "items", want: string(claim[4])}}
	}
	return []fact{{of: string(claim[1]), what: string(claim[2]), want: strings.Join(strings.Fields(string(claim[3])), " ")}}
}

func (f fact) holds(answer stockdigest.FeedAnswer) bool {
	switch {
	case f.what == "items":
		return strconv.Itoa(len(answer.Items)) == f.want
	case f.of == "feed":
		return f.what != "title" || answer.Title == f.want
	case len(answer.Items) == 0:
		return false
	case f.what == "title":
		return answer.Items[0].Title == f.want
	}
	return answer.Items[0].Link == f.want
}
