package text_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/text"
)

// article returns n words drawn so that few words are common and most rare, as
// in life.
func article(r *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = "w" + strconv.Itoa(int(20000*r.Float64()*r.Float64()*r.Float64()))
	}
	return words
}

// changed returns a copy of words with the given share replaced.
func changed(r *rand.Rand, words []string, share float64) []string {
	copied := append([]string(nil), words...)
	for range int(share * float64(len(words))) {
		copied[r.IntN(len(words))] = "x" + strconv.Itoa(r.IntN(20000))
	}
	return copied
}

// planted returns texts of which every second one is the one before it with up
// to one word in twenty changed.
func planted(texts int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]string, 0, texts)
	for len(all) < texts {
		words := article(r, 420)
		all = append(all, strings.Join(words, " "), strings.Join(changed(r, words, 0.05*r.Float64()), " "))
	}
	return all
}

func near(texts []string) []text.Pair {
	sigs := make([]text.Sig, len(texts))
	for i, s := range texts {
		sigs[i] = text.Signature(s)
	}
	return text.Near(sigs)
}

func TestNearFindsPlantedCopies(t *testing.T) {
	t.Parallel()
	const texts = 1200
	found, wrong := 0, 0
	for _, p := range near(planted(texts)) {
		if p.A%2 == 0 && p.B == p.A+1 {
			found++
		} else {
			wrong++
		}
	}
	if recall := float64(found) / (texts / 2); recall < 0.99 {
		t.Errorf("found %.4f of the copies, want at least 0.99", recall)
	}
	if wrong > texts/1000 {
		t.Errorf("%d wrong pairs among %d texts, want at most one in a thousand", wrong, texts)
	}
}

func TestNearOfManyCopiesStaysSmall(t *testing.T) {
	t.Parallel()
	texts := make([]string, 2000)
	for i := range texts {
		texts[i] = "the same few words in every one of the texts"
	}
	pairs := near(texts)
	if len(pairs) < len(texts)-1 || len(pairs) > 64*len(texts) {
		t.Errorf("got %d pairs for %d copies", len(pairs), len(texts))
	}
}

func TestSignatureIgnoresTypography(t *testing.T) {
	t.Parallel()
	a := text.Signature("Apple’s profit rose – a lot, it said.")
	b := text.Signature("apple's profit rose: a lot (it said)")
	if a.Like(b) != 1 {
		t.Errorf("got likeness %v, want 1", a.Like(b))
	}
	if empty := text.Signature("..."); empty.Like(empty) != 0 {
		t.Error("texts without words must not be alike")
	}
}

func TestCosineWeighsRareWords(t *testing.T) {
	t.Parallel()
	docs := [][]string{{"apple", "shares", "rise"}, {"apple", "shares", "fall"}, {"gannett", "shares", "merger"}, {"shares"}}
	c := text.NewCorpus(docs)
	v := func(i int) text.Vector { return c.Vector(docs[i]) }
	if same := text.Cosine(v(0), v(0)); same < 0.999 || same > 1 {
		t.Errorf("a document is %v like itself, want 1", same)
	}
	if near, far := text.Cosine(v(0), v(1)), text.Cosine(v(0), v(2)); near <= far {
		t.Errorf("sharing a rare word gives %v, sharing a common one %v", near, far)
	}
}

// BenchmarkNear100k is goal P14: 100,000 articles of 420 words.
func BenchmarkNear100k(b *testing.B) {
	texts := planted(100_000)
	bytes := 0
	for _, s := range texts {
		bytes += len(s)
	}
	b.SetBytes(int64(bytes))
	b.ResetTimer()
	for range b.N {
		near(texts)
	}
}

func BenchmarkSentences(b *testing.B) {
	s := strings.Repeat("Apple Inc. Chief Executive Tim Cook said on Tuesday that sales rose 3.5% to $1.85 billion in the U.S. The stock fell.\n\n", 200)
	b.SetBytes(int64(len(s)))
	for range b.N {
		text.Sentences(s)
	}
}
