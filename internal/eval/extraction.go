package eval

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Page is what an extractor read from one page.
type Page struct {
	Text        string
	Title       string
	Author      string // names divided by ", "
	PublishedAt time.Time
}

// maxPageBytes bounds what is unpacked of one page.
const maxPageBytes = 20 << 20

// pageTruth is what people say about one page.
type pageTruth struct {
	Body   string `json:"articleBody"`
	URL    string `json:"url"`
	Title  string `json:"title"`
	Author string `json:"author"`
	Date   string `json:"date"`
}

// Extraction scores an extractor on every page folder below dir. A folder
// holds ground-truth.json, and its pages as <key>.html.gz beside it or in
// html/. Precision and recall count 4-word shingles and are averaged over
// pages; F1 is that of the two averages. Titles, authors and dates are shares
// of the pages whose truth has them.
func Extraction(dir string, read func(html []byte, url string) Page, progress Progress) (Result, error) {
	result := Result{Name: "extraction", Figures: map[string]float64{}, Predictions: map[string]any{}}
	sets, err := pageSets(dir)
	if err != nil {
		return result, err
	}
	total, done := 0, 0
	for _, set := range sets {
		total += len(set.truth)
	}
	for _, set := range sets {
		var score pageScore
		err := set.each(func(id string, truth pageTruth, page []byte) {
			got := read(page, truth.URL)
			score.add(truth, got)
			result.Predictions[id] = got.Text
			if done++; progress != nil {
				progress(done, total)
			}
		})
		if err != nil {
			return result, err
		}
		score.figures(result.Figures, set.name)
	}
	return result, nil
}

// ExtractionTruth calls yield for every labelled page below dir, and returns
// how many there were. Trainers use it.
func ExtractionTruth(dir string, yield func(set, id, truth string, html []byte, url string)) (int, error) {
	sets, err := pageSets(dir)
	if err != nil {
		return 0, err
	}
	pages := 0
	for _, set := range sets {
		err := set.each(func(id string, truth pageTruth, page []byte) {
			pages++
			yield(set.name, id, truth.Body, page, truth.URL)
		})
		if err != nil {
			return pages, err
		}
	}
	return pages, nil
}

// A pageSet is one labelled folder.
type pageSet struct {
	name  string // of the figures: aeb181
	dir   string
	truth map[string]pageTruth
}

func (s pageSet) file(id string) string {
	beside := filepath.Join(s.dir, id+".html.gz")
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	return filepath.Join(s.dir, "html", id+".html.gz")
}

// each calls yield for every page of the set, in the order of ids.
func (s pageSet) each(yield func(id string, truth pageTruth, page []byte)) error {
	for _, id := range slices.Sorted(maps.Keys(s.truth)) {
		page, err := readGzip(s.file(id))
		if err != nil {
			return fmt.Errorf("read page %s: %w", id, err)
		}
		yield(id, s.truth[id], page)
	}
	return nil
}

// pageSets finds the folders below dir that hold pages with their truth.
func pageSets(dir string) ([]pageSet, error) {
	var sets []pageSet
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() != "ground-truth.json" {
			return err
		}
		set, err := loadPages(filepath.Dir(path))
		if err == nil && len(set.truth) > 0 {
			sets = append(sets, set)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find pages in %s: %w", dir, err)
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("find pages in %s: no ground-truth.json with *.html.gz beside it", dir)
	}
	return sets, nil
}

// loadPages loads one folder. Entries without a page, and files of another
// shape (filings have a truth of their own), are passed over.
func loadPages(dir string) (pageSet, error) {
	set := pageSet{name: setName(dir), dir: dir, truth: map[string]pageTruth{}}
	data, err := os.ReadFile(filepath.Join(dir, "ground-truth.json")) //nolint:gosec // a folder the operator names
	if err != nil {
		return set, fmt.Errorf("load pages: %w", err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return set, nil //nolint:nilerr // a truth of another shape belongs to another evaluation
	}
	for id, raw := range entries {
		var truth pageTruth
		if json.Unmarshal(raw, &truth) != nil || strings.ContainsAny(id, `/\`) {
			continue
		}
		if _, err := os.Stat(set.file(id)); err == nil {
			set.truth[id] = truth
		}
	}
	return set, nil
}

// setName names a set by its folder, or by the one above when the folder only
// says which split it is.
func setName(dir string) string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		absolute = dir
	}
	name := filepath.Base(absolute)
	switch name {
	case "dev", "test", "train", "html", "pages":
		return filepath.Base(filepath.Dir(absolute))
	}
	return name
}

func readGzip(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // a folder the operator names
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(unpacked, maxPageBytes))
}

// A pageScore adds up the scores of a set.
type pageScore struct {
	pages, precision, recall     float64
	dates, dated, titles, titled float64
	authors, authored            float64
}

func (s *pageScore) add(truth pageTruth, got Page) {
	precision, recall := Shingles(truth.Body, got.Text)
	s.pages++
	s.precision += precision
	s.recall += recall
	if truth.Date != "" {
		s.dated++
		s.dates += claim(!got.PublishedAt.IsZero() && got.PublishedAt.Format(time.DateOnly) == truth.Date[:min(10, len(truth.Date))])
	}
	if truth.Title != "" {
		s.titled++
		s.titles += claim(plain(got.Title) == plain(truth.Title))
	}
	if truth.Author != "" {
		s.authored++
		s.authors += claim(sameNames(truth.Author, got.Author))
	}
}

func (s *pageScore) figures(figures map[string]float64, name string) {
	precision, recall := s.precision/s.pages, s.recall/s.pages
	figures[name+"/pages"] = s.pages
	figures[name+"/precision"] = precision
	figures[name+"/recall"] = recall
	figures[name+"/f1"] = 2 * precision * recall / max(precision+recall, 1e-9)
	for figure, share := range map[string][2]float64{
		"dates": {s.dates, s.dated}, "titles": {s.titles, s.titled}, "authors": {s.authors, s.authored},
	} {
		if share[1] > 0 {
			figures[name+"/"+figure] = share[0] / share[1]
		}
	}
}

func claim(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

// shingleWords is the length of the shingles that texts are compared by.
const shingleWords = 4

// Shingles returns precision and recall of a text against the true one, as
// multisets of 4-word shingles. Words are runs of letters, digits and
// underscores, compared as written.
func Shingles(truth, got string) (precision, recall float64) {
	want, have := shingles(truth), shingles(got)
	shared, missing, extra := 0, 0, 0
	for s, n := range want {
		shared += min(n, have[s])
		missing += max(0, n-have[s])
	}
	for s, n := range have {
		extra += max(0, n-want[s])
	}
	return share(shared, extra), share(shared, missing)
}

// share returns right/(right+wrong); nothing wrong is perfect.
func share(right, wrong int) float64 {
	if wrong == 0 {
		return 1
	}
	return float64(right) / float64(right+wrong)
}

// Between reports whether a character stands between words.
func Between(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) && c != '_' }

func shingles(text string) map[string]int {
	words := strings.FieldsFunc(text, Between)
	counts := map[string]int{}
	for i := range max(len(words)-shingleWords+1, 1) {
		counts[strings.Join(words[i:min(i+shingleWords, len(words))], " ")]++
	}
	return counts
}

// plain makes titles comparable: case, blanks, quotes and dashes do not count.
func plain(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsNumber(c)
	})
	return strings.Join(words, " ")
}

// sameNames reports whether two lists name the same people, in any order.
func sameNames(truth, got string) bool {
	return slices.Equal(nameList(truth), nameList(got))
}

func nameList(s string) []string {
	var names []string
	for name := range strings.SplitSeq(s, ",") {
		if name = plain(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
