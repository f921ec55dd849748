package summarize

import (
	"bufio"
	"fmt"
	"math"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"
)

type zdoc struct {
	f     [][]float64
	w     [][]string
	truth []string
	tc    map[string]int
	tb    map[string]int
}

func zwords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
}
func zcount(w []string, n int) map[string]int {
	m := map[string]int{}
	for i := 0; i+n <= len(w); i++ {
		m[strings.Join(w[i:i+n], " ")]++
	}
	return m
}
func zf1(t map[string]int, tn int, g map[string]int, gn int) float64 {
	b := 0
	for k, c := range g {
		b += min(c, t[k])
	}
	if b == 0 {
		return 0
	}
	p, r := float64(b)/float64(gn), float64(b)/float64(tn)
	return 2 * p * r / (p + r)
}
func zeval(docs []zdoc, w []float64, budget float64) (float64, float64, float64) {
	r1, r2, n := 0.0, 0.0, 0.0
	for _, d := range docs {
		type sc struct {
			i int
			s float64
		}
		all := make([]sc, len(d.f))
		for i, f := range d.f {
			s := 0.0
			for j := range f {
				s += f[j] * w[j]
			}
			all[i] = sc{i, s}
		}
		sort.Slice(all, func(a, b int) bool { return all[a].s > all[b].s })
		var got []string
		k := 0
		for _, x := range all {
			if k >= 1 && float64(len(got)+len(d.w[x.i])) > budget {
				if k >= 2 || true {
					break
				}
			}
			got = append(got, d.w[x.i]...)
			k++
			if k >= 8 {
				break
			}
		}
		n += float64(k)
		r1 += zf1(d.tc, len(d.truth), zcount(got, 1), len(got))
		r2 += zf1(d.tb, len(d.truth)-1, zcount(got, 2), len(got)-1)
	}
	c := float64(len(docs))
	return r1 / c, r2 / c, n / c
}

func TestZZFit(t *testing.T) {
	if os.Getenv("FIT") == "" {
		t.Skip()
	}
	f, _ := os.Open("/tmp/ect/feat.tsv")
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<20), 1<<20)
	var docs []zdoc
	last := ""
	var lines []string
	i := 0
	for sc.Scan() {
		p := strings.Split(sc.Text(), "\t")
		if p[0] != last {
			last = p[0]
			b, _ := os.ReadFile(last)
			lines = nil
			for l := range strings.Lines(string(b)) {
				if l = strings.TrimSpace(l); l != "" {
					lines = append(lines, l)
				}
			}
			g, _ := os.ReadFile(strings.Replace(last, "/ects/", "/gt_summaries/", 1))
			tr := zwords(string(g))
			docs = append(docs, zdoc{truth: tr, tc: zcount(tr, 1), tb: zcount(tr, 2)})
			i = 0
		}
		d := &docs[len(docs)-1]
		var fs []float64
		for _, x := range p[2:] {
			v, _ := strconv.ParseFloat(x, 64)
			fs = append(fs, v)
		}
		ws := zwords(lines[i])
		fs = append(fs, math.Min(float64(len(ws))/25, 4), float64(i)/float64(len(lines)))
		d.f = append(d.f, fs)
		d.w = append(d.w, ws)
		i++
	}
	var train, test []zdoc
	for i, d := range docs {
		if i%3 == 0 {
			train = append(train, d)
		} else {
			test = append(test, d)
		}
	}
	w := append(pickWeights().list(), -0.5, 0)
	rng := rand.New(rand.NewSource(1))
	budget := 55.0
	obj := func(w []float64, b float64) float64 { a, c, _ := zeval(train, w, b); return a + c }
	best := obj(w, budget)
	for it := 0; it < 700; it++ {
		v := append([]float64{}, w...)
		b := budget
		if rng.Intn(12) == 0 {
			b += rng.NormFloat64() * 8
		} else {
			for range 1 + rng.Intn(2) {
				j := rng.Intn(len(v))
				v[j] += rng.NormFloat64() * 0.6
			}
		}
		if s := obj(v, b); s > best {
			best, w, budget = s, v, b
		}
	}
	a, c, n := zeval(train, w, budget)
	fmt.Println("train", a, c, n)
	a, c, n = zeval(test, w, budget)
	fmt.Println("test", a, c, n, "budget", budget)
	for _, x := range w {
		fmt.Printf("%.2f ", x)
	}
	fmt.Println()
}
