package summarize

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

func TestZZDump(t *testing.T) {
	if os.Getenv("DUMP") == "" {
		t.Skip()
	}
	files, _ := filepath.Glob("/tmp/ect/data/final/*/ects/*.txt")
	out, _ := os.Create("/tmp/ect/feat.tsv")
	defer out.Close()
	w := bufio.NewWriter(out)
	defer w.Flush()
	for _, f := range files {
		b, _ := os.ReadFile(f)
		src := &source{}
		var all []sentence
		i := 0
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			all = append(all, sentence{source: src, text: line, span: text.Span{Start: i, End: i + 1}, index: i, words: contentWords(line)})
			i++
		}
		r := newReader(names.NewLinker(nil), stockdigest.Ticker{Symbol: "X", Name: "X"}, "", all)
		for i := range all {
			fs := r.measure(all[i]).list()
			fmt.Fprintf(w, "%s\t%d", f, i)
			for _, x := range fs {
				fmt.Fprintf(w, "\t%.3f", x)
			}
			fmt.Fprintln(w)
		}
	}
}
