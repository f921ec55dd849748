package summarize

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	b, _ := os.ReadFile("/work/shared/data/triage/fpb/Sentences_AllAgree.txt")
	n, ok := 0, 0
	for line := range strings.Lines(string(b)) {
		at := strings.LastIndexByte(line, '@')
		s, l := line[:at], strings.TrimSpace(line[at+1:])
		m, why := Sentiment(s)
		n++
		if m == "mixed" {
			m = "neutral"
			why += " MIXED"
		}
		if string(m) == l {
			ok++
			continue
		}
		fmt.Printf("%s>%s | %s | %s\n", l[:3], m[:3], s, why)
	}
	fmt.Println("ACC", float64(ok)/float64(n))
}
