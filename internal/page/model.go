package page

import (
	_ "embed" // the weights
	"math"
	"strconv"
	"strings"
	"sync"
)

// weightsText holds the trees, one a line: the splits of a complete binary tree
// as feature:threshold, then its leaves. TestTrain writes it.
//
//go:embed weights.txt
var weightsText string

// A tree is a complete binary tree: node i has the children 2i+1 and 2i+2.
type tree struct {
	feature   []int
	threshold []float64
	leaf      []float64
}

//nolint:gochecknoglobals // parsed once from the embedded file, never changed
var weights = sync.OnceValue(func() []tree { return parseTrees(weightsText) })

// parseTrees reads the trees; a line that is none ends the reading, because the
// file is ours and a test reads it whole.
func parseTrees(s string) []tree {
	var trees []tree
	for line := range strings.Lines(s) {
		splits, leaves, ok := strings.Cut(strings.TrimSpace(line), ";")
		if !ok {
			break
		}
		var t tree
		for split := range strings.SplitSeq(splits, ",") {
			feature, threshold, _ := strings.Cut(split, ":")
			n, _ := strconv.Atoi(feature)
			t.feature = append(t.feature, n)
			t.threshold = append(t.threshold, number(threshold))
		}
		for leaf := range strings.SplitSeq(leaves, ",") {
			t.leaf = append(t.leaf, number(leaf))
		}
		trees = append(trees, t)
	}
	return trees
}

func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

func (t tree) value(row []float64) float64 {
	i := 0
	for i < len(t.feature) {
		if row[t.feature[i]] > t.threshold[i] {
			i = 2*i + 2
		} else {
			i = 2*i + 1
		}
	}
	return t.leaf[i-len(t.feature)]
}

// likelihood returns how likely a block with these features is article text.
func likelihood(trees []tree, row []float64) float64 {
	sum := 0.0
	for _, t := range trees {
		sum += t.value(row)
	}
	return 1 / (1 + math.Exp(-sum))
}
