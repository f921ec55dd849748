// Command cost prints what an extractor costs a program that links it: the
// time of the first page, and the memory that stays. The extractor is chosen
// by a build tag: none, own, readability or trafilatura.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

func main() {
	paragraph := "<p>Acme said on Tuesday that sales rose 5 percent to $10.5 billion, and that it expects more of the same in the coming year.</p>"
	page := "<html><head><title>Acme grows</title></head><body><article><h1>Acme grows</h1>" + strings.Repeat(paragraph, 10) + "</article></body></html>"
	start := time.Now()
	read(page)
	first := time.Since(start)
	var mem runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&mem)
	status, _ := os.ReadFile("/proc/self/status")
	resident := "0"
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			resident = strings.Fields(rest)[0]
		}
	}
	fmt.Println(first.Microseconds(), mem.HeapAlloc/1024, resident)
}
