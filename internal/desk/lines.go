package desk

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// maxLine bounds a text in a prompt, in bytes.
const maxLine = 1000

// Harmless returns text from outside as one line without the marks that end the
// data of a prompt, of at most 1000 bytes.
func Harmless(text string) string {
	text = strings.NewReplacer("<", "‹", ">", "›").Replace(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "")
	}
	return text
}

// Numbers reads the numbers of lines that an answer names, of n lines that were
// shown and counted from 1: each once, in the model's order, at most most of
// them. What else stands there is dropped, and counted in unknown.
func Numbers(entries []json.RawMessage, n, most int) (numbers []int, unknown int) {
	for _, entry := range entries {
		i, err := strconv.Atoi(string(entry))
		if err != nil || i < 1 || i > n || slices.Contains(numbers, i) || len(numbers) == most {
			unknown++
			continue
		}
		numbers = append(numbers, i)
	}
	return numbers, unknown
}
