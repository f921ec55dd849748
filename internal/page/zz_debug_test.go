package page_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/eval"
)

// oracle: what perfect labels would give
func TestOracle(t *testing.T) {
	pages := loadTrain(t, os.Getenv("STOCKDIGEST_DATA")+"/extraction")
	held := map[string][3]float64{}
	for _, p := range pages {
		var b strings.Builder
		for i, x := range p.texts {
			if p.label[i] > 0.5 {
				b.WriteString(x + "\n\n")
			}
		}
		pr, r := eval.Shingles(p.truth, b.String())
		h := held[p.set]
		held[p.set] = [3]float64{h[0] + pr, h[1] + r, h[2] + 1}
	}
	n := 0
	for _, p := range pages {
		n += len(p.rows)
	}
	fmt.Println(len(pages), n, len(pages[0].rows[0]))
	for set, h := range held {
		p, r := h[0]/h[2], h[1]/h[2]
		fmt.Printf("%s oracle p %.4f r %.4f f1 %.4f\n", set, p, r, 2*p*r/(p+r))
	}
}

type heldPage struct {
	id, set    string
	p, r       float64
	truth, got string
}

func dumpWorst(all []heldPage) {
	dir := os.Getenv("WORST")
	if dir == "" {
		return
	}
	f1 := func(h heldPage) float64 { return 2 * h.p * h.r / (h.p + h.r + 1e-9) }
	slices.SortFunc(all, func(a, b heldPage) int {
		if f1(a) < f1(b) {
			return -1
		}
		return 1
	})
	var b strings.Builder
	lines := func(s string) map[string]bool {
		m := map[string]bool{}
		w := wordsOf(s)
		for i := range w {
			for n := 1; n <= 4 && i+n <= len(w); n++ {
				m[strings.Join(w[i:i+n], " ")] = true
			}
		}
		return m
	}
	cut := func(s string) string { return s[:min(len(s), 170)] }
	for _, h := range all[:120] {
		fmt.Fprintf(&b, "=== %s %s p %.3f r %.3f truth %d got %d\n", h.set, h.id, h.p, h.r, len(h.truth), len(h.got))
		show := func(sign, a, c string) {
			known := lines(c)
			k := 0
			for line := range strings.Lines(a) {
				w := wordsOf(line)
				if len(w) == 0 {
					continue
				}
				n := min(4, len(w))
				f, all := 0, 0
				for i := 0; i+n <= len(w); i++ {
					all++
					if known[strings.Join(w[i:i+n], " ")] {
						f++
					}
				}
				if f*2 < all {
					if k++; k < 14 {
						fmt.Fprintf(&b, "  %s %d: %s\n", sign, len(w), cut(strings.TrimSpace(line)))
					}
				}
			}
			if k >= 14 {
				fmt.Fprintf(&b, "  %s ... %d lines\n", sign, k)
			}
		}
		show("-", h.truth, h.got)
		show("+", h.got, h.truth)
	}
	os.WriteFile(dir, []byte(b.String()), 0o644)
}
