// Package datatest finds the labelled sets and recordings that tests measure
// on. They are not part of the project.
package datatest

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the place elem of the labelled sets: below the folder that
// STOCKDIGEST_DATA names, else ../shared/data; a relative one counts from the
// module's root. Where the place is absent the test is skipped, but with CI=true
// it fails.
func Dir(tb testing.TB, elem ...string) string {
	tb.Helper()
	base := cmp.Or(os.Getenv("STOCKDIGEST_DATA"), filepath.Join("..", "shared", "data"))
	if !filepath.IsAbs(base) {
		base = filepath.Join(root(tb), base)
	}
	dir := filepath.Join(append([]string{base}, elem...)...)
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("CI needs the labelled sets (STOCKDIGEST_DATA): %v", err)
		}
		tb.Skipf("no labelled sets (STOCKDIGEST_DATA): %v", err)
	}
	return dir
}

// root is the folder of go.mod; a test runs in its package's folder below it.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
