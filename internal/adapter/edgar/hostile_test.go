package edgar_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
)

const (
	maxCPU  = 2 * time.Second
	maxLive = 100 << 20
)

// everywhere answers every request with the same body, but the list of filings
// with list when that is not nil.
type everywhere struct{ list, body []byte }

func (e everywhere) Data(_ context.Context, url string, maxBytes int64) (stockdigest.Body, error) {
	b := e.body
	if strings.HasSuffix(url, ".json") && e.list != nil {
		b = e.list
	}
	if int64(len(b)) > maxBytes {
		return stockdigest.Body{}, stockdigest.Invalid("body too large")
	}
	return stockdigest.Body{URL: url, Status: 200, Bytes: b}, nil
}

// readers are the ways into the package, each with the source that its error
// must name.
func readers() map[string]func(body []byte) error {
	read := func(form string, wrap func([]byte) []byte) func([]byte) error {
		return func(body []byte) error {
			list := listOf(form)
			if strings.Contains(form, "-") {
				list = bytes.Replace(list, []byte("form.xml"), []byte("form.htm"), 1)
			}
			sec := everywhere{list: list, body: wrap(body)}
			_, err := edgar.New(sec).Filings(context.Background(), acme(), march())
			return err
		}
	}
	alone := func(b []byte) []byte { return b }
	wrapped := func(b []byte) []byte {
		return append([]byte("<SEC-HEADER>\n</SEC-HEADER>\n<DOCUMENT>\n<TYPE>8-K\n<FILENAME>a.htm\n<TEXT>\n<html>"), b...)
	}
	return map[string]func([]byte) error{
		"list": func(body []byte) error {
			_, err := edgar.New(everywhere{body: body}).Filings(context.Background(), acme(), march())
			return err
		},
		"8-K":          read("8-K", alone),
		"8-K in a tag": read("8-K", wrapped),
		"10-K":         read("10-K", alone),
		"Form 4":       read("4", alone),
		"schedule":     read("SCHEDULE 13D", alone),
	}
}

// namesSource reports whether an error names where the body came from and, being
// one that somebody handles, says its kind.
func namesSource(err error) bool {
	var typed *stockdigest.Error
	s := err.Error()
	return errors.As(err, &typed) && (strings.Contains(s, "0000000042") || strings.Contains(s, "sec.gov"))
}

func TestAttackFilesAreRefusedOrRead(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t, "attacks")
	files := 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if files++; raceEnabled && files%8 != 0 {
			return nil
		}
		for name, read := range readers() {
			if err := read(body); err != nil && !namesSource(err) {
				t.Errorf("%s as %s: got %v, want a typed error that names the source", d.Name(), name, err)
			}
		}
		if _, err := edgar.SplitItems("", body); err != nil {
			t.Errorf("split %s: %v", d.Name(), err)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("got %v after %d files, want every attack file read", err, files)
	}
}

// bombs repeat a unit behind a head.
func bombs() map[string][2]string {
	return map[string][2]string{
		"nested elements":   {"<html>", "<div>"},
		"nested tables":     {"<html>", "<table><tr><td>"},
		"nested bold":       {"<p>", "<b>x"},
		"crossed elements":  {"<p>", "<i><b></i>"},
		"rows":              {"<table>", "<tr><td>a</td><td>$</td><td>1</td></tr>"},
		"cells":             {"<table><tr>", "<td>a"},
		"breaks":            {"<p>", "<br>"},
		"page breaks":       {"<p>", "<hr>"},
		"paragraphs":        {"", "<p>x"},
		"open tag":          {"<p ", "a"},
		"open quote":        {`<p a="`, "b "},
		"open comment":      {"<p><!--", "- "},
		"attributes":        {"<p ", "a=b "},
		"hidden":            {"<p>", `<div style="display:none">`},
		"raised":            {"<p>", "<sup>1"},
		"less than":         {"<p>", "< "},
		"ampersands":        {"<p>", "&"},
		"entities":          {"<p>", "&amp;"},
		"documents":         {"", "<DOCUMENT>\n<TYPE>EX-99.1\n<TEXT>\nA line.\n</TEXT>\n"},
		"open documents":    {"", "<DOCUMENT>\n"},
		"texts":             {"<DOCUMENT>\n<TYPE>8-K\n", "<TEXT>"},
		"half tags":         {"", "<DOCUMENT"},
		"items":             {"Form 8-K\n\n", "Item 5.02 Departure\n\nA\n\n"},
		"report items":      {"Form 10-K\n\n", "Item 1. Business\nItem 2. Properties\n"},
		"item words":        {"<p>", "Item 5.02 "},
		"signatures":        {"Form 8-K\n\nItem 8.01 X\n", "SIGNATURES\n"},
		"blanks":            {"", " "},
		"lines":             {"", "\n"},
		"tabs and dots":     {"", "a\t....b"},
		"one long line":     {"", "word ( 12 "},
		"windows bytes":     {"<p>", "\x80"},
		"zeros":             {"", "\x00"},
		"numbers":           {"[", "1,"},
		"empty rows":        {`{"filings":{"recent":{"accessionNumber":[`, `"",`},
		"nested lists":      {"", "["},
		"archives":          {`{"filings":{"files":[`, `{"name":"a","filingFrom":"2024-01-01","filingTo":"2024-12-31"},`},
		"XML elements":      {"<ownershipDocument>", "<a/>"},
		"XML text":          {"<ownershipDocument>", "a<b/>"},
		"XML lines":         {"<ownershipDocument>", "<nonDerivativeTransaction></nonDerivativeTransaction>"},
		"XML footnotes":     {"<ownershipDocument>", `<footnote id="F1">10b5-1 not no</footnote>`},
		"XML names":         {"<ownershipDocument>", "<issuer><issuerName>A</issuerName></issuer>"},
		"XML attributes":    {"<ownershipDocument ", `a="b" `},
		"XML instructions":  {"", "<?a ?>"},
		"XML subsets":       {"", "<!DOCTYPE a [<!ENTITY b 'c'>]>"},
		"schedule":          {"<edgarSubmission>", "<reportingPersonInfo><reportingPersonName>A</reportingPersonName></reportingPersonInfo>"},
		"covers":            {"", "NAME OF REPORTING PERSON\n\n"},
		"cover brackets":    {"", "A\n(Name of Issuer "},
		"cover percentages": {"NAME OF REPORTING PERSON\nA\n", "PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (1) "},
	}
}

// hang is far above the 2 s of CPU promised, so that a loaded machine decides
// nothing; the figure itself is printed with STOCKDIGEST_SLOW.
const hang = time.Minute

// TestBombsAreDefused measures, so it runs alone.
func TestBombsAreDefused(t *testing.T) {
	size := 64 << 10
	if raceEnabled {
		size = 16 << 10
	}
	if os.Getenv("STOCKDIGEST_SLOW") != "" { // the real size; takes two minutes
		size = 4<<20 - 64
	}
	for name, b := range bombs() {
		body := []byte(b[0] + strings.Repeat(b[1], (size-len(b[0]))/len(b[1])))
		for way, read := range readers() {
			t.Run(name+" as "+way, func(t *testing.T) {
				cpu, live, err := measure(func() error { return read(body) })
				if err != nil && !namesSource(err) {
					t.Errorf("got %v, want a typed error that names the source", err)
				}
				if cpu > hang {
					t.Errorf("took %s of CPU, want no hang", cpu)
				}
				if live > maxLive {
					t.Errorf("%d MB alive, want at most %d", live>>20, maxLive>>20)
				}
			})
		}
	}
}

// measure returns the CPU time of f and the most memory that it kept alive.
func measure(f func() error) (cpu time.Duration, live uint64, err error) {
	runtime.GC()
	base := liveBytes()
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if n := liveBytes(); n > base {
					live = max(live, n-base)
				}
			}
		}
	})
	before := cpuTime()
	err = f()
	cpu = cpuTime() - before
	close(stop)
	watch.Wait()
	return cpu, live, err
}

// liveBytes is what the last collection found in use.
func liveBytes() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
