package cluster_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/pipeline/cluster"
)

func TestAddressTellsMoreThanTheTitle(t *testing.T) {
	t.Parallel()
	const address = "https://post.example/2019/11/19/brownfield-to-buy-larch-mills-for-38-a-share.html"
	told := cluster.Doc{Title: "Brownfield to buy Larch Mills"}
	tests := map[string]struct {
		url  string
		more bool
	}{
		"a slug":             {address, true},
		"a slug, no scheme":  {strings.TrimPrefix(address, "https://"), false},
		"a key":              {"https://post.example/a/CBMiR2h0dHBzOi8vbarchMills-brownfieldmills0123456789", false},
		"a query":            {"https://post.example/?q=brownfield-larch-mills", false},
		"a file":             {"https://post.example/news/articles/index.html", false},
		"one word":           {"https://post.example/brownfield", false},
		"nothing":            {"", false},
		"beyond what counts": {"https://post.example/" + strings.Repeat("/", 600) + "brownfield-larch-mills", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			teaser := cluster.Doc{Title: "Packaging deal of the year", URL: tc.url}
			if got := cluster.Likeness(told, teaser) > 0; got != tc.more {
				t.Errorf("the address makes docs alike: %t, want %t", got, tc.more)
			}
		})
	}
}

// TestSlugAddsNothingToATitleThatSaysIt keeps the address from counting twice.
func TestSlugAddsNothingToATitleThatSaysIt(t *testing.T) {
	t.Parallel()
	other := cluster.Doc{Title: "Larch Mills sold"}
	d := cluster.Doc{Title: "Brownfield buys Larch Mills"}
	plain := cluster.Likeness(other, d)
	d.URL = "https://post.example/brownfield-buys-larch-mills"
	if got := cluster.Likeness(other, d); got != plain {
		t.Errorf("likeness is %v with the address and %v without", got, plain)
	}
}

func TestAccentsDoNotTellStoriesApart(t *testing.T) {
	t.Parallel()
	if like := cluster.Likeness(cluster.Doc{Title: "Nestlé"}, cluster.Doc{Title: "Nestle"}); like < 0.99 {
		t.Errorf("likeness is %v, want 1", like)
	}
}

// TestGroupsAreTheSameEachTime groups so many headlines that a sum of floats in
// the order of a map would show.
func TestGroupsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	words := strings.Fields("mill fire strike deal offer vote recall judge paper river court bank union price tax storm")
	docs := make([]cluster.Doc, 300)
	for i := range docs {
		docs[i].Title = words[i%16] + " " + words[i*7%13] + " " + words[i*i%11] + " " + strconv.Itoa(i%9)
		docs[i].URL = "https://post.example/" + words[i*3%16] + "-" + words[i*5%14]
	}
	first := cluster.Group(docs)
	for range 3 {
		for i, g := range cluster.Group(docs) {
			if g != first[i] {
				t.Fatalf("doc %d is in group %d, then in %d", i, first[i], g)
			}
		}
	}
}

// BenchmarkGroupBodies is the step's own use: 100 articles of 400 words, few of
// them common and most rare, as in life.
func BenchmarkGroupBodies(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	docs := make([]cluster.Doc, 100)
	for i := range docs {
		words := make([]string, 400)
		for k := range words {
			words[k] = "mill" + strconv.FormatInt(int64(20000*r.Float64()*r.Float64()*r.Float64()), 36) + "ing"
		}
		docs[i] = cluster.Doc{Title: strings.Join(words[:10], " "), Body: strings.Join(words, " ")}
	}
	for b.Loop() {
		cluster.Group(docs)
	}
}
