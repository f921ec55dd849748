//go:build train

package page_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/page"
)

const (
	folds        = 5
	rounds       = 230
	treeDepth    = 4
	binCount     = 48
	rate         = 0.08
	lambda       = 10.0
	pageShare    = 0.8 // of the pages, seen by a tree
	featureShare = 0.3 // of the features, seen by a tree
)

// A trainPage is one labelled page as the trainer sees it.
type trainPage struct {
	fold   int
	page   *page.Prepared
	texts  []string
	rows   [][]float64
	truth  string
	set    string
	label  []float64
	weight []float64
}

// loadTrain loads the labelled pages below dir, with a label per block: the
// share of its 4-word shingles that the truth holds.
func loadTrain(t *testing.T, dir string) []trainPage {
	t.Helper()
	var pages []trainPage
	_, err := eval.ExtractionTruth(dir, func(set, id, truth string, html []byte, url string) {
		p := trainPage{set: set, truth: truth}
		h := fnv.New32a()
		h.Write([]byte(id))
		p.fold = int(h.Sum32() % folds)
		p.page = page.Prepare(html, url)
		p.texts, p.rows = p.page.Look()
		known := map[string]bool{}
		words := wordsOf(truth)
		for n := 1; n <= 4; n++ {
			for i := 0; i+n <= len(words); i++ {
				known[strings.Join(words[i:i+n], " ")] = true
			}
		}
		lines := map[string]bool{}
		for line := range strings.Lines(truth) {
			lines[strings.Join(wordsOf(line), " ")] = true
		}
		for _, text := range p.texts {
			w := wordsOf(text)
			n := min(4, len(w))
			found, all := 0, 0
			for i := 0; i+n <= len(w); i++ {
				all++
				if known[strings.Join(w[i:i+n], " ")] {
					found++
				}
			}
			yes := found*2 > all
			if len(w) < 4 {
				yes = lines[strings.Join(w, " ")]
			}
			p.label = append(p.label, map[bool]float64{true: 1}[yes])
			p.weight = append(p.weight, newsShare(set)*(float64(len(w))+2)/float64(len(words)+150)*100)
		}
		pages = append(pages, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// newsShare returns how much a page of a set weighs: the product reads news, so
// news pages weigh more than articles of any kind.
func newsShare(set string) float64 {
	switch set {
	case "fundus_en85":
		return 2
	case "aeb181":
		return 1.3
	default:
		return 1
	}
}

func wordsOf(s string) []string { return strings.FieldsFunc(s, eval.Between) }

// TestTrain fits the model to the labelled pages and writes its weights:
//
//	STOCKDIGEST_TRAIN=$PWD/internal/page/weights.txt STOCKDIGEST_DATA=... go test -tags train ./internal/page -run TestTrain -v
//
// It prints figures on pages the fitted trees did not see.
func TestTrain(t *testing.T) {
	out := os.Getenv("STOCKDIGEST_TRAIN")
	if out == "" {
		t.Fatal("set STOCKDIGEST_TRAIN to the file for the weights")
	}
	pages := loadTrain(t, datatest.Dir(t, "extraction"))
	trees := fit(pages, func(trainPage) bool { return true })
	if err := os.WriteFile(out, []byte(strings.Join(trees, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	crossed(t, pages)
}

// crossed prints how well pages are read by trees that did not see them.
func crossed(t *testing.T, pages []trainPage) {
	t.Helper()
	texts := make([]string, len(pages))
	var group sync.WaitGroup
	for fold := range folds {
		group.Go(func() {
			trees := strings.Join(fit(pages, func(p trainPage) bool { return p.fold != fold }), "\n")
			for i, p := range pages {
				if p.fold == fold {
					texts[i] = p.page.Choose(trees)
				}
			}
		})
	}
	group.Wait()
	held := map[string][3]float64{}
	for i, p := range pages {
		precision, recall := eval.Shingles(p.truth, texts[i])
		h := held[p.set]
		held[p.set] = [3]float64{h[0] + precision, h[1] + recall, h[2] + 1}
	}
	for _, set := range slices.Sorted(maps.Keys(held)) {
		h := held[set]
		p, r := h[0]/h[2], h[1]/h[2]
		t.Logf("%s, on pages not seen: precision %.4f recall %.4f f1 %.4f", set, p, r, 2*p*r/(p+r))
	}
}

// A sample is one block.
type sample struct {
	bins          []uint8
	label, weight float64
	score         float64
	node          int
	page          int
	used          bool // by the tree that grows now
}

// fit boosts regression trees on the logistic loss. Each tree sees a part of
// the pages and a part of the features, which makes them less alike.
func fit(pages []trainPage, use func(trainPage) bool) []string {
	var rows [][]float64
	var samples []sample
	for n, p := range pages {
		if !use(p) {
			continue
		}
		for i, row := range p.rows {
			rows = append(rows, row)
			samples = append(samples, sample{label: p.label[i], weight: p.weight[i], page: n})
		}
	}
	edges := binEdges(rows)
	for i, row := range rows {
		samples[i].bins = make([]uint8, len(row))
		for f, v := range row {
			n, _ := slices.BinarySearch(edges[f], v)
			samples[i].bins[f] = uint8(n)
		}
	}
	chance := rand.New(rand.NewPCG(1, 2))
	seen := make([]bool, len(pages))
	var lines []string
	for range rounds {
		for n := range seen {
			seen[n] = chance.Float64() < pageShare
		}
		for i := range samples {
			samples[i].used = seen[samples[i].page]
		}
		features := chance.Perm(len(edges))[:int(featureShare*float64(len(edges)))]
		slices.Sort(features)
		lines = append(lines, grow(samples, edges, features))
	}
	return lines
}

// binEdges returns per feature the thresholds that may split it: a value is
// above edge k when its bin is above k.
func binEdges(rows [][]float64) [][]float64 {
	edges := make([][]float64, len(rows[0]))
	for f := range edges {
		values := make([]float64, 0, len(rows))
		for _, row := range rows {
			values = append(values, row[f])
		}
		slices.Sort(values)
		distinct := slices.Compact(slices.Clone(values))
		if len(distinct) <= binCount {
			edges[f] = distinct
			continue
		}
		for k := 1; k < binCount; k++ {
			edges[f] = append(edges[f], values[k*len(values)/binCount])
		}
		edges[f] = slices.Compact(edges[f])
	}
	return edges
}

// grow fits one complete tree, adds it to the scores and returns its line.
func grow(samples []sample, edges [][]float64, features []int) string {
	gradient, curve := make([]float64, len(samples)), make([]float64, len(samples))
	for i := range samples {
		p := 1 / (1 + math.Exp(-samples[i].score))
		gradient[i] = (samples[i].label - p) * samples[i].weight
		curve[i] = max(p*(1-p), 1e-4) * samples[i].weight
		samples[i].node = 0
	}
	var splits []string
	for level := range treeDepth {
		first, width := 1<<level-1, 1<<level
		sums := make([][2]float64, width*len(features)*(binCount+2))
		for i := range samples {
			if !samples[i].used {
				continue
			}
			base := (samples[i].node - first) * len(features)
			for k, f := range features {
				at := &sums[(base+k)*(binCount+2)+int(samples[i].bins[f])]
				at[0] += gradient[i]
				at[1] += curve[i]
			}
		}
		chosen := make([][2]int, width)
		for n := range width {
			chosen[n] = bestSplit(sums[n*len(features)*(binCount+2):], edges, features)
			f := chosen[n][0]
			splits = append(splits, fmt.Sprintf("%d:%.4g", f, edges[f][min(chosen[n][1], len(edges[f])-1)]))
		}
		for i := range samples {
			c := chosen[samples[i].node-first]
			samples[i].node = 2*samples[i].node + 1
			if int(samples[i].bins[c[0]]) > c[1] {
				samples[i].node++
			}
		}
	}
	first, width := 1<<treeDepth-1, 1<<treeDepth
	sums := make([][2]float64, width)
	for i := range samples {
		if samples[i].used {
			sums[samples[i].node-first][0] += gradient[i]
			sums[samples[i].node-first][1] += curve[i]
		}
	}
	leaves, values := make([]string, width), make([]float64, width)
	for n := range leaves {
		values[n] = rate * sums[n][0] / (sums[n][1] + lambda)
		leaves[n] = fmt.Sprintf("%.3g", values[n])
	}
	for i := range samples {
		samples[i].score += values[samples[i].node-first]
	}
	return strings.Join(splits, ",") + ";" + strings.Join(leaves, ",")
}

// bestSplit returns the feature and the bin that divide one node best; sums
// begins with the bins of that node.
func bestSplit(sums [][2]float64, edges [][]float64, features []int) [2]int {
	best, bestGain := [2]int{features[0], 0}, -1.0
	for k, f := range features {
		bins := sums[k*(binCount+2):][:len(edges[f])+1]
		var all [2]float64
		for _, s := range bins {
			all[0] += s[0]
			all[1] += s[1]
		}
		var left [2]float64
		for bin, s := range bins[:len(edges[f])] {
			left[0] += s[0]
			left[1] += s[1]
			right := [2]float64{all[0] - left[0], all[1] - left[1]}
			if left[1] < 1 || right[1] < 1 {
				continue
			}
			if gain := left[0]*left[0]/(left[1]+lambda) + right[0]*right[0]/(right[1]+lambda) - all[0]*all[0]/(all[1]+lambda); gain > bestGain {
				best, bestGain = [2]int{f, bin}, gain
			}
		}
	}
	return best
}
