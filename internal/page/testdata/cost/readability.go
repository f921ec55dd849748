//go:build readability

package main

import (
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
)

func read(source string) {
	if _, err := readability.FromReader(strings.NewReader(source), &url.URL{Scheme: "https", Host: "example.com"}); err != nil {
		panic(err)
	}
}
