package page_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/page"
)

func TestZDump(t *testing.T) {
	ids := os.Getenv("ZD")
	if ids == "" {
		t.Skip()
	}
	for _, p := range loadTrain(t, os.Getenv("ZDIR")) {
		for _, id := range strings.Split(ids, ",") {
			if !strings.HasPrefix(p.id, id) {
				continue
			}
			w, _ := os.ReadFile(fmt.Sprintf("/tmp/pg/dbg.trees%d", p.fold))
			judge := page.Likelihood(string(w))
			fmt.Println("=====", p.set, p.id)
			for i, row := range p.rows {
				pr := judge(row)
				kept := pr > 0.5
				mark := " "
				if kept != (p.label[i] > 0.5) {
					mark = map[bool]string{true: "+", false: "-"}[kept]
				} else if kept {
					mark = "="
				}
				if mark != " " || os.Getenv("ALL") != "" {
					x := p.texts[i]
					fmt.Printf("%s %.2f %s\n", mark, pr, x[:min(len(x), 110)])
				}
			}
		}
	}
}
