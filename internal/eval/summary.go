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
// words, of word pairs, and of the longest common subsequences, in lower case
// without stemming. ROUGE-L is the one for summaries of several sentences: what
// of each bullet stands, in order, in any of the chosen sentences.
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
			r.Figures["rougeL"] += summaryLCS(nonEmptyLines(c.bullets), chosen)
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
	f, err := os.Open(p) //nolint:gosec // a folder the operator names
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTranscript))
}

func walkArchive(p string, keep func(string, func() ([]byte, error)) error) error {
	f, err := os.Open(p) //nolint:gosec // a folder the operator names
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
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
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

// summaryLCS is the F1 of the words of truth that stand in a longest common
// subsequence of their sentence with any sentence of got; a word counts as often
// as both sides hold it.
func summaryLCS(truth, got []string) float64 {
	var sentences [][]string
	have, wanted, given := map[string]int{}, 0, 0
	for _, s := range got {
		words := rougeWords(s)
		sentences = append(sentences, words)
		given += len(words)
		for _, w := range words {
			have[w]++
		}
	}
	both := 0
	for _, s := range truth {
		words := rougeWords(s)
		wanted += len(words)
		hit := make([]bool, len(words))
		for _, other := range sentences {
			markLCS(words, other, hit)
		}
		for i, w := range words {
			if hit[i] && have[w] > 0 {
				have[w]--
				both++
			}
		}
	}
	return f1(both, wanted, given)
}

// markLCS marks the words of a that belong to a longest common subsequence
// with b.
func markLCS(a, b []string, hit []bool) {
	table := make([][]int, len(a)+1)
	table[0] = make([]int, len(b)+1)
	for i, w := range a {
		table[i+1] = make([]int, len(b)+1)
		for j, g := range b {
			if w == g {
				table[i+1][j+1] = table[i][j] + 1
			} else {
				table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			}
		}
	}
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			hit[i-1] = true
			i, j = i-1, j-1
		case table[i-1][j] > table[i][j-1]:
			i--
		default:
			j--
		}
	}
}

func f1(both, truth, got int) float64 {
	if both <= 0 || truth <= 0 || got <= 0 {
		return 0
	}
	p, r := float64(both)/float64(got), float64(both)/float64(truth)
	return 2 * p * r / (p + r)
}
