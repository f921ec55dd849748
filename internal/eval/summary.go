package eval

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// maxTranscript bounds one file of a summary set.
const maxTranscript = 4 << 20

// A call is one transcript with its editors' bullets.
type call struct {
	id         string
	transcript string
	bullets    string
}

// Summary measures how well pick chooses the sentences of a long text. Below
// dir it finds transcripts as ects/ID.txt, one sentence a line, with the
// editors' bullets in gt_summaries/ID.txt, in folders or in tar.gz archives.
//
// Figures are ROUGE-1, ROUGE-2 and ROUGE-L: the mean over texts of the F1 of
// words, of word pairs, and of the longest common subsequence of words, in
// lower case without stemming, chosen sentences joined against bullets joined.
// Predictions are {id: [sentences]}.
func Summary(dir string, pick func(sentences []string) []string, progress Progress) (Result, error) {
	calls, err := findCalls(dir)
	if err != nil {
		return Result{}, err
	}
	if len(calls) == 0 {
		return Result{}, stockdigest.NotFound("no transcripts (ects/*.txt with gt_summaries/*.txt) below " + dir)
	}
	r := Result{Name: "summary", Figures: map[string]float64{}, Predictions: map[string]any{}}
	scored := 0
	for i, c := range calls {
		chosen := pick(nonEmptyLines(c.transcript))
		r.Predictions[c.id] = chosen
		if c.bullets != "" {
			scored++
			truth, got := rougeWords(c.bullets), rougeWords(strings.Join(chosen, " "))
			r.Figures["rouge1"] += ngramF1(truth, got, 1)
			r.Figures["rouge2"] += ngramF1(truth, got, 2)
			r.Figures["rougeL"] += lcsF1(truth, got)
		}
		if progress != nil {
			progress(i+1, len(calls))
		}
	}
	for name := range r.Figures {
		r.Figures[name] /= float64(max(scored, 1))
	}
	r.Figures["texts"] = float64(scored)
	return r, nil
}

// findCalls reads every transcript below dir, sorted by id.
func findCalls(dir string) ([]call, error) {
	found := map[string]*call{}
	keep := func(name string, data func() ([]byte, error)) error {
		folder, file := path.Base(path.Dir(name)), path.Base(name)
		id, isText := strings.CutSuffix(file, ".txt")
		if !isText || (folder != "ects" && folder != "gt_summaries") {
			return nil
		}
		body, err := data()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if found[id] == nil {
			found[id] = &call{id: id}
		}
		if folder == "ects" {
			found[id].transcript = string(body)
		} else {
			found[id].bullets = string(body)
		}
		return nil
	}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(p, ".tar.gz"):
			return walkArchive(p, keep)
		}
		return keep(filepath.ToSlash(p), func() ([]byte, error) { return readBounded(p) })
	})
	if err != nil {
		return nil, fmt.Errorf("find transcripts: %w", err)
	}
	var calls []call
	for _, c := range found {
		if c.transcript != "" {
			calls = append(calls, *c)
		}
	}
	slices.SortFunc(calls, func(a, b call) int { return strings.Compare(a.id, b.id) })
	return calls, nil
}

func readBounded(p string) ([]byte, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTranscript))
}

func walkArchive(p string, keep func(string, func() ([]byte, error)) error) error {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("open %s: %w", p, err)
	}
	archive := tar.NewReader(zipped)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", p, err)
		}
		if err := keep(h.Name, func() ([]byte, error) { return io.ReadAll(io.LimitReader(archive, maxTranscript)) }); err != nil {
			return err
		}
	}
}

func nonEmptyLines(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// rougeWords are the words of a text in lower case: runs of letters and digits.
func rougeWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
}

func ngramF1(truth, got []string, n int) float64 {
	count := func(words []string) map[string]int {
		grams := map[string]int{}
		for i := 0; i+n <= len(words); i++ {
			grams[strings.Join(words[i:i+n], " ")]++
		}
		return grams
	}
	want, have, both := count(truth), count(got), 0
	for g, c := range want {
		both += min(c, have[g])
	}
	return f1(both, len(truth)-n+1, len(got)-n+1)
}

// lcsF1 is the F1 of the longest common subsequence.
func lcsF1(truth, got []string) float64 {
	before, row := make([]int, len(got)+1), make([]int, len(got)+1)
	for _, w := range truth {
		for j, g := range got {
			if w == g {
				row[j+1] = before[j] + 1
			} else {
				row[j+1] = max(row[j], before[j+1])
			}
		}
		before, row = row, before
	}
	return f1(before[len(got)], len(truth), len(got))
}

func f1(both, truth, got int) float64 {
	if both <= 0 || truth <= 0 || got <= 0 {
		return 0
	}
	p, r := float64(both)/float64(got), float64(both)/float64(truth)
	return 2 * p * r / (p + r)
}
