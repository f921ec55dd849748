package eval

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// maxSetFile bounds one file of a labelled set.
const maxSetFile = 64 << 20

// FilingItems measures a splitter of filings into numbered items. Under dir
// it looks for the filings in raw_8-K and the true items in extracted_8-K,
// each a folder or a zip, at any depth; files pair by their name without the
// ending. A true item is one whose text is not empty.
//
// Figures: "items/precision", "items/recall" and "items/f1" count an item as
// right when the truth of the same file has its number; "items/text_f1" is
// the mean, over the items that both have, of the F1 of their bags of lower
// case words and numbers; "items/text_f1_all" is the same over every item of
// the truth, a missing one counting 0; "items/files" and "items/errors" count
// files, a file that split refuses having no items.
//
// Predictions are {file: {item: text}} with the file's own name and the
// truth's item keys ("item_5.02").
func FilingItems(dir string, split func(name string, raw []byte) (map[string]string, error), progress Progress) (Result, error) {
	raws, err := readSet(dir, "raw_8-K")
	if err != nil {
		return Result{}, err
	}
	truths, err := readSet(dir, "extracted_8-K")
	if err != nil {
		return Result{}, err
	}
	truthOf := map[string]string{}
	for name := range truths {
		truthOf[stem(name)] = name
	}
	r := Result{Name: "filing-items", Predictions: map[string]any{}}
	var score itemScore
	names := slices.Sorted(maps.Keys(raws))
	for i, name := range names {
		if progress != nil {
			progress(i, len(names))
		}
		found, err := predict(split, name, raws[name])
		if err != nil {
			score.errors++
		}
		r.Predictions[name] = found
		truth, ok := truths[truthOf[stem(name)]]
		if !ok {
			continue
		}
		want, err := trueItems(truth)
		if err != nil {
			return Result{}, fmt.Errorf("read true items of %s: %w", name, err)
		}
		score.add(found, want)
	}
	if score.files == 0 {
		return Result{}, fmt.Errorf("measure filing items in %s: no filing has true items", dir)
	}
	r.Figures = score.figures()
	return r, nil
}

func predict(split func(string, []byte) (map[string]string, error), name string, raw []byte) (map[string]string, error) {
	items, err := split(name, raw)
	found := make(map[string]string, len(items))
	for n, text := range items {
		found["item_"+strings.TrimPrefix(n, "item_")] = text
	}
	return found, err
}

func trueItems(raw []byte) (map[string]string, error) {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	items := map[string]string{}
	for k, v := range fields {
		if text, ok := v.(string); ok && strings.HasPrefix(k, "item_") && strings.TrimSpace(text) != "" {
			items[k] = text
		}
	}
	return items, nil
}

type itemScore struct {
	files, errors      int
	right, found, want int
	textF1             float64
}

func (s *itemScore) add(found, want map[string]string) {
	s.files++
	s.found += len(found)
	s.want += len(want)
	for _, k := range slices.Sorted(maps.Keys(want)) { // sorted: sums of floats depend on order
		if text, ok := found[k]; ok {
			s.right++
			s.textF1 += bagF1(words(text), words(want[k]))
		}
	}
}

func (s *itemScore) figures() map[string]float64 {
	p, r := ratio(float64(s.right), s.found), ratio(float64(s.right), s.want)
	f1 := 0.0
	if p+r > 0 {
		f1 = 2 * p * r / (p + r)
	}
	return map[string]float64{
		"items/precision": p, "items/recall": r, "items/f1": f1,
		"items/text_f1": ratio(s.textF1, s.right), "items/text_f1_all": ratio(s.textF1, s.want),
		"items/files": float64(s.files), "items/errors": float64(s.errors),
	}
}

func ratio(n float64, of int) float64 {
	if of == 0 {
		return 0
	}
	return n / float64(of)
}

// words returns the bag of the text's lower case words and numbers.
func words(text string) map[string]int {
	bag := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		bag[w]++
	}
	return bag
}

func bagF1(a, b map[string]int) float64 {
	var same, all int
	for w, n := range a {
		same += min(n, b[w])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 1
	}
	return 2 * float64(same) / float64(all)
}

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// readSet returns the files of the folder or zip called name under dir, by
// their base names.
func readSet(dir, name string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == name:
			if err := readTree(os.DirFS(p), files); err != nil {
				return fmt.Errorf("read %s: %w", p, err)
			}
			return fs.SkipDir
		case !d.IsDir() && d.Name() == name+".zip":
			if err := readZip(p, files); err != nil {
				return fmt.Errorf("read %s: %w", p, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read set %s: %w", name, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("find %s or %s.zip under %s: no such set", name, name, dir)
	}
	return files, nil
}

func readZip(p string, into map[string][]byte) (err error) {
	z, err := zip.OpenReader(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	return readTree(z, into)
}

func readTree(tree fs.FS, into map[string][]byte) error {
	return fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		f, err := tree.Open(p)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(f, maxSetFile))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		into[d.Name()] = b
		return nil
	})
}
