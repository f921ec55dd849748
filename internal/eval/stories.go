package eval

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A StoryDoc is one headline or article of a labelled set of stories.
type StoryDoc struct {
	ID        string
	Title     string
	Body      string // empty in the headline sets
	Publisher string
	URL       string
	At        time.Time // zero when the set tells none
}

// Stories measures the grouping of headlines and the likeness of pairs on the
// sets below dir, found by their columns wherever they lie: CSV files with
// TITLE and STORY, CSV files with item_a_title and item_b_title, and JSON lists
// of article_a and article_b.
//
// Headlines are grouped all at once, and scored with B-cubed (b3). A row's
// precision is the share of the rows in its cluster, itself included, that
// have its story; its recall is the share of the rows of its story that are in
// its cluster. Precision and recall are means over rows, F is their harmonic
// mean. "all" scores every row with a story, "business" those of category b
// among each other. Pairs are scored by the area under the ROC curve of like,
// once with bodies (pairs/auc) and once by title alone (pairs_title/auc), and
// pairs in CSV files under their file's name.
func Stories(dir string, group func(docs []StoryDoc) []int, like func(a, b StoryDoc) float64, progress Progress) (Result, error) {
	files, err := storyFiles(dir)
	if err != nil {
		return Result{}, fmt.Errorf("find story sets: %w", err)
	}
	res := Result{Name: "stories", Figures: map[string]float64{}, Predictions: map[string]any{}}
	for i, file := range files {
		if err := scoreStoryFile(file, group, like, res); err != nil {
			return Result{}, fmt.Errorf("score %s: %w", filepath.Base(file), err)
		}
		if progress != nil {
			progress(i+1, len(files))
		}
	}
	if len(res.Figures) == 0 {
		return Result{}, fmt.Errorf("no story sets below %s: want CSV files with TITLE and STORY, or labelled pairs", dir)
	}
	return res, nil
}

func storyFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.HasSuffix(p, ".csv") || strings.HasSuffix(p, ".json")) {
			files = append(files, p)
		}
		return err
	})
	return files, err
}

func scoreStoryFile(file string, group func([]StoryDoc) []int, like func(a, b StoryDoc) float64, res Result) error {
	if strings.HasSuffix(file, ".json") {
		pairs, err := readPairJSON(file)
		if err != nil || len(pairs) == 0 {
			return err
		}
		res.Figures["pairs/auc"] = pairAUC(pairs, like)
		for i := range pairs {
			pairs[i].a.Body, pairs[i].b.Body = "", ""
		}
		res.Figures["pairs_title/auc"] = pairAUC(pairs, like)
		return nil
	}
	rows, err := readTable(file, []string{"TITLE", "STORY"}, []string{"item_a_title", "item_b_title"})
	switch {
	case err != nil || len(rows) == 0:
		return err
	case rows[0]["STORY"] != "":
		scoreHeadlines(rows, group, res)
	default:
		if pairs := tablePairs(rows); len(pairs) > 0 {
			res.Figures[strings.TrimSuffix(filepath.Base(file), ".csv")+"/auc"] = pairAUC(pairs, like)
		}
	}
	return nil
}

// readTable returns the rows of a CSV file by column, or none when its header
// lacks a column of each of the wanted sets.
func readTable(file string, wanted ...[]string) ([]map[string]string, error) {
	f, err := os.Open(file) //nolint:gosec // the operator named the folder
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.LazyQuotes, r.FieldsPerRecord = '#', true, -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	has := func(column string) bool { return slices.Contains(header, column) }
	if !slices.ContainsFunc(wanted, func(set []string) bool { return !slices.ContainsFunc(set, func(c string) bool { return !has(c) }) }) {
		return nil, nil
	}
	var rows []map[string]string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		row := make(map[string]string, len(header))
		for i, value := range record[:min(len(record), len(header))] {
			row[header[i]] = value
		}
		rows = append(rows, row)
	}
}

func scoreHeadlines(rows []map[string]string, group func([]StoryDoc) []int, res Result) {
	docs := make([]StoryDoc, len(rows))
	for i, row := range rows {
		docs[i] = StoryDoc{ID: row["ID"], Title: row["TITLE"], Publisher: row["PUBLISHER"], URL: row["URL"]}
		if ms, err := strconv.ParseInt(row["TIMESTAMP"], 10, 64); err == nil {
			docs[i].At = time.UnixMilli(ms).UTC()
		}
	}
	clusters := group(docs)
	var all, business []labelled
	for i, row := range rows {
		res.Predictions[row["ID"]] = clusters[i]
		if row["STORY"] == "" {
			continue
		}
		all = append(all, labelled{clusters[i], row["STORY"]})
		if row["CATEGORY"] == "b" {
			business = append(business, labelled{clusters[i], row["STORY"]})
		}
	}
	for name, rows := range map[string][]labelled{"all": all, "business": business} {
		if len(rows) == 0 {
			continue
		}
		p, r, f := bCubed(rows)
		res.Figures[name+"/b3_p"], res.Figures[name+"/b3_r"], res.Figures[name+"/b3_f"] = p, r, f
	}
}

// A labelled row is the cluster it was given and the story it belongs to.
type labelled struct {
	cluster int
	story   string
}

// bCubed returns precision, recall and F as the doc comment of Stories says.
func bCubed(rows []labelled) (p, r, f float64) {
	both, clusters, stories := map[labelled]int{}, map[int]int{}, map[string]int{}
	for _, row := range rows {
		both[row]++
		clusters[row.cluster]++
		stories[row.story]++
	}
	for _, row := range rows { // in order of rows, so that sums round the same each time
		p += float64(both[row]) / float64(clusters[row.cluster])
		r += float64(both[row]) / float64(stories[row.story])
	}
	p, r = p/float64(len(rows)), r/float64(len(rows))
	return p, r, 2 * p * r / (p + r)
}

type storyPair struct {
	a, b StoryDoc
	same bool
}

func readPairJSON(file string) ([]storyPair, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the operator named the folder
	if err != nil {
		return nil, err
	}
	type article struct{ Title, Body string }
	var rows []struct {
		A     article `json:"article_a"`
		B     article `json:"article_b"`
		Label string  `json:"label"`
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, nil //nolint:nilerr // other JSON files may lie beside the pairs
	}
	var pairs []storyPair
	for _, row := range rows {
		if row.A.Title == "" || row.Label != "SAME" && row.Label != "DIFFERENT" {
			continue
		}
		pairs = append(pairs, storyPair{
			a: StoryDoc{Title: row.A.Title, Body: row.A.Body}, b: StoryDoc{Title: row.B.Title, Body: row.B.Body}, same: row.Label == "SAME",
		})
	}
	return pairs, nil
}

func tablePairs(rows []map[string]string) []storyPair {
	var pairs []storyPair
	for _, row := range rows {
		label := cmp.Or(row["human_label"], row["final_label"])
		if label != "SAME" && label != "DIFFERENT" {
			continue
		}
		doc := func(side string) StoryDoc {
			return StoryDoc{
				ID: row[side+"_id"], Title: row[side+"_title"], Body: row[side+"_lede"], At: storyTime(row[side+"_published_at"]),
			}
		}
		pairs = append(pairs, storyPair{a: doc("item_a"), b: doc("item_b"), same: label == "SAME"})
	}
	return pairs
}

func storyTime(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05-07:00", time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func pairAUC(pairs []storyPair, like func(a, b StoryDoc) float64) float64 {
	scores, truth := make([]float64, len(pairs)), make([]bool, len(pairs))
	for i, p := range pairs {
		scores[i], truth[i] = like(p.a, p.b), p.same
	}
	return auc(scores, truth)
}

// auc returns the chance that a true row scores above a false one, ties half.
func auc(scores []float64, truth []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	ranks, trues := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, row := range order[i:j] {
			if truth[row] {
				ranks += float64(i+j+1) / 2
				trues++
			}
		}
		i = j
	}
	falses := float64(len(scores)) - trues
	if trues == 0 || falses == 0 {
		return 0.5
	}
	return (ranks - trues*(trues+1)/2) / (trues * falses)
}
