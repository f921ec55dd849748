//go:build trafilatura

package main

import (
	"strings"

	"github.com/markusmobius/go-trafilatura"
)

func read(source string) {
	if _, err := trafilatura.Extract(strings.NewReader(source), trafilatura.Options{EnableFallback: true}); err != nil {
		panic(err)
	}
}
