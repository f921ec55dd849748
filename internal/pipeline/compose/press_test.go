package compose_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// A shelf gives reports by ID and counts how often it is asked.
type shelf struct {
	reports map[stockdigest.ReportID]stockdigest.Report
	asked   atomic.Int64
	broken  atomic.Bool
}

func (s *shelf) load(id stockdigest.ReportID) (stockdigest.Report, error) {
	s.asked.Add(1)
	r, ok := s.reports[id]
	if !ok || s.broken.Load() {
		return r, errors.New("no such report")
	}
	return r, nil
}

// night is a shelf of reports of the usual size: with each other one a third of
// the bullets that a mail has room for.
func night(companies int) *shelf {
	s := &shelf{reports: map[stockdigest.ReportID]stockdigest.Report{}}
	r := sample().Reports[0]
	for range 2 {
		r.Sections[0].Bullets = append(r.Sections[0].Bullets, r.Sections[0].Bullets[:2]...)
	}
	for range 60 {
		r.Articles = append(r.Articles, r.Articles[1])
	}
	for i := range companies {
		r.ID, r.Ticker = stockdigest.ReportID(fmt.Sprint("r", i)), stockdigest.Symbol(fmt.Sprint("C", i))
		s.reports[r.ID] = r
	}
	return s
}

// follower is the digest and the links of reader i, who follows n of a night's
// companies.
func follower(i, n, companies int) (stockdigest.Digest, compose.Own) {
	d := sample()
	d.Reports = nil
	for j := range n {
		d.ReportIDs = append(d.ReportIDs, stockdigest.ReportID(fmt.Sprint("r", (i*7+j*(1+i%3))%companies)))
	}
	return d, compose.Own{Unsubscribe: func(s stockdigest.Symbol) string { return fmt.Sprintf("https://digest.example/u/%d-%s", i, s) }}
}

func TestEachReaderGetsTheirOwnLinks(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	s := night(12)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			d, own := follower(i, 5, 12)
			l, err := p.Digest(d, s.load, own)
			if err != nil {
				t.Errorf("reader %d: %v", i, err)
				return
			}
			whole := d
			for _, id := range d.ReportIDs {
				whole.Reports = append(whole.Reports, s.reports[id])
			}
			want, err := compose.Digest(whole, house(), own)
			if err != nil || !bytes.Equal(l.HTML, want.HTML) || !bytes.Equal(l.Text, want.Text) || l.Subject != want.Subject {
				t.Errorf("reader %d: the kept parts give another mail than new ones (%v)", i, err)
			}
		})
	}
	all.Wait()
	if n := s.asked.Load(); n != 12 {
		t.Errorf("12 reports were read %d times", n)
	}
}

func TestAFaultOfTheStoreIsNotKept(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	s := night(1)
	s.broken.Store(true)
	d, own := follower(0, 1, 1)
	if _, err := p.Digest(d, s.load, own); err == nil {
		t.Fatal("a report that cannot be read made a digest")
	}
	s.broken.Store(false)
	if _, err := p.Digest(d, s.load, own); err != nil {
		t.Errorf("got %v once it can be read", err)
	}
}

func TestThePressKeepsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	p, err := compose.NewPress(house())
	if err != nil {
		t.Fatal(err)
	}
	s := night(1000)
	for i := range 1000 {
		d, own := follower(0, 1, 1)
		d.ReportIDs[0] = stockdigest.ReportID(fmt.Sprint("r", i))
		if _, err := p.Digest(d, s.load, own); err != nil {
			t.Fatal(err)
		}
	}
	if n := compose.Kept(p); n != compose.MaxKept {
		t.Errorf("keeps %d parts, want %d", n, compose.MaxKept)
	}
}

// BenchmarkPress writes the digests of readers who each follow another ten of
// fifty companies.
func BenchmarkPress(b *testing.B) {
	p, err := compose.NewPress(house())
	if err != nil {
		b.Fatal(err)
	}
	s := night(50)
	i, size := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		d, own := follower(i, 10, 50)
		l, err := p.Digest(d, s.load, own)
		if err != nil {
			b.Fatal(err)
		}
		size = len(l.HTML)
	}
	b.ReportMetric(float64(size), "bytes_of_html")
}

// BenchmarkNewDigest is the same without a press, of which nothing is kept.
func BenchmarkNewDigest(b *testing.B) {
	s := night(10)
	d, own := follower(0, 10, 10)
	for _, id := range d.ReportIDs {
		d.Reports = append(d.Reports, s.reports[id])
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compose.Digest(d, house(), own); err != nil {
			b.Fatal(err)
		}
	}
}
