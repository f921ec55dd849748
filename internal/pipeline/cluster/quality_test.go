package cluster_test

import (
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
)

// TestGroupsLabelledStories holds the figures on public sets of headlines and
// article pairs: floors a little below what was measured, so that a change
// that costs quality is seen.
func TestGroupsLabelledStories(t *testing.T) {
	t.Parallel()
	doc := func(d eval.StoryDoc) cluster.Doc {
		return cluster.Doc{Title: d.Title, Body: d.Body, URL: d.URL, At: d.At}
	}
	group := func(docs []eval.StoryDoc) []int {
		all := make([]cluster.Doc, len(docs))
		for i, d := range docs {
			all[i] = doc(d)
		}
		return cluster.Group(all)
	}
	like := func(a, b eval.StoryDoc) float64 { return cluster.Likeness(doc(a), doc(b)) }
	res, err := eval.Stories(datatest.Dir(t, "clustering"), group, like, nil)
	if err != nil {
		t.Fatal(err)
	}
	floors := map[string]float64{"business/b3_f": 0.77, "all/b3_f": 0.84, "pairs/auc": 0.935, "pairs_title/auc": 0.78}
	for name, floor := range floors {
		if got := res.Figures[name]; got < floor {
			t.Errorf("%s is %.3f, want at least %.3f", name, got, floor)
		}
	}
}

func FuzzGroup(f *testing.F) {
	f.Add("Apple beats estimates\nApple misses estimates\nApple beats estimates\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		var docs []cluster.Doc
		for title := range strings.Lines(s) {
			docs = append(docs, cluster.Doc{Title: title, Body: s[:len(s)/2]})
		}
		docs = docs[:min(len(docs), 40)]
		for i, first := range cluster.Group(docs) {
			if first < 0 || first > i {
				t.Fatalf("doc %d is in the group of %d", i, first)
			}
			if like := cluster.Likeness(docs[i], docs[first]); like < 0 || like > 1.0001 {
				t.Fatalf("likeness %v of %q and %q", like, docs[i].Title, docs[first].Title)
			}
		}
	})
}
