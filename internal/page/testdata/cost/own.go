//go:build own

package main

import "stockdigest.app/stockdigest/internal/page"

func read(source string) {
	if _, err := page.Read([]byte(source), "https://example.com/a"); err != nil {
		panic(err)
	}
}
