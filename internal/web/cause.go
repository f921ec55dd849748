package web

import (
	"regexp"
	"strings"
)

// maxCause is how much of a cause people read.
const maxCause = 300

// inner is what must not leave the house: stacks, source files, SQL and paths.
var inner = regexp.MustCompile(`(?i)goroutine \d+|\bpanic\b|runtime error|\.go:\d+|sqlstate|\bselect\b.+\bfrom\b|\binsert into\b|\bupdate\b.+\bset\b|\bdelete from\b|(^|[\s"'(=:])(/|[a-z]:\\)[\w.-]+[/\\]`)

// Cause returns the cause of a failed run for people: one line, and none of it
// when it shows how the house is built.
func Cause(cause string) string {
	cause = strings.Join(strings.Fields(cause), " ")
	if inner.MatchString(cause) {
		return "something went wrong on our side; the log has the details"
	}
	if r := []rune(cause); len(r) > maxCause {
		cause = string(r[:maxCause]) + "…"
	}
	return cause
}
