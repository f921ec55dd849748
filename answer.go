package stockdigest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Why a model stopped, in one set of words for all providers.
const (
	StopEnd     = "stop"    // it had said all
	StopLength  = "length"  // it was cut at the most that it may say
	StopRefusal = "refusal" // it, or a filter of its provider, does not want to
	StopOther   = "other"
)

// An AnswerFault is what is wrong with an answer that was paid for.
type AnswerFault string

// The faults.
const (
	AnswerRefused   AnswerFault = "refused"
	AnswerEmpty     AnswerFault = "empty"
	AnswerCut       AnswerFault = "cut off"
	AnswerPadded    AnswerFault = "padded with blanks"
	AnswerRepeats   AnswerFault = "repeating itself"
	AnswerNoJSON    AnswerFault = "no JSON"
	AnswerWrongType AnswerFault = "of another type"
)

// An AnswerError is why an answer cannot be used. Another try, or another model,
// may do better.
type AnswerError struct{ Fault AnswerFault }

// Error names the fault.
func (e *AnswerError) Error() string { return "the model's answer is " + string(e.Fault) }

// Unwrap gives the kind, ErrUnavailable.
func (e *AnswerError) Unwrap() error { return ErrUnavailable }

// Read returns the JSON value that a model gave as its answer to p, or an
// AnswerError. Fences, blanks and chatter around the value are taken off. It is
// whole and of the type that the schema asks for, and so is each field that the
// schema requires; what they say is for the caller to judge. Read is pure.
func (p Prompt) Read(c Completion) (json.RawMessage, error) {
	value, fault := p.read(c.Stop, strings.ToValidUTF8(c.Text, "\uFFFD"))
	if fault != "" {
		return nil, &AnswerError{fault}
	}
	return value, nil
}

func (p Prompt) read(stop, text string) (json.RawMessage, AnswerFault) {
	if stop == StopRefusal {
		return nil, AnswerRefused
	}
	want := formOf(p.Schema)
	value, err := valueIn(afterThought(text), want.Type)
	switch {
	case err == nil && !want.holds(value):
		return nil, AnswerWrongType
	case err == nil:
		return value, spoiled(value)
	case padded(text):
		return nil, AnswerPadded
	case repeats(text):
		return nil, AnswerRepeats
	case stop == StopLength, errors.Is(err, io.ErrUnexpectedEOF):
		return nil, AnswerCut
	case strings.TrimSpace(text) == "":
		return nil, AnswerEmpty
	}
	return nil, AnswerNoJSON
}

// afterThought drops what some open models think aloud before they answer.
func afterThought(text string) string {
	const end = "</think>"
	if at := strings.LastIndex(text, end); at >= 0 {
		return text[at+len(end):]
	}
	return text
}

// valueIn finds the one JSON value of a text. It begins where the text does, or
// inside a fence, or at the first bracket. Brackets further in are not tried:
// they belong to a value that is broken, and a part of it is no answer.
func valueIn(text, want string) (json.RawMessage, error) {
	if plain := bytes.TrimSpace([]byte(text)); json.Valid(plain) {
		return plain, nil
	}
	first := io.EOF
	for _, part := range starts(text, want) {
		var value json.RawMessage
		err := json.NewDecoder(strings.NewReader(part)).Decode(&value)
		if err == nil {
			return value, nil
		}
		if errors.Is(first, io.EOF) {
			first = err
		}
	}
	return nil, first
}

// starts are the places where a value may begin, best first. A list in front of
// the object that is asked for is a footnote mark, unless there is no object.
func starts(text, want string) []string {
	var parts []string
	add := func(text, brackets string) bool {
		at := strings.IndexAny(text, brackets)
		if at >= 0 {
			parts = append(parts, text[at:])
		}
		return at >= 0
	}
	if _, fenced, ok := strings.Cut(text, "```"); ok {
		add(fenced, "{[")
	}
	if want != "object" || !add(text, "{") {
		add(text, "{[")
	}
	return parts
}

// A form is the part of a schema that Read checks.
type form struct {
	Type       string                     `json:"type"`
	Required   []string                   `json:"required"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// formOf reads a schema. What says its type in another way asks for nothing.
func formOf(schema json.RawMessage) form {
	var f form
	if json.Unmarshal(schema, &f) != nil {
		return form{}
	}
	return f
}

// holds reports whether a value is of the form's type and has the fields that it
// requires, each of its own type.
func (f form) holds(value json.RawMessage) bool {
	if !f.types(value) {
		return false
	}
	if f.Type != "object" {
		return true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(value, &fields) != nil {
		return false
	}
	for _, name := range f.Required {
		field, there := fields[name]
		if !there || !formOf(f.Properties[name]).types(field) {
			return false
		}
	}
	return true
}

func (f form) types(value json.RawMessage) bool {
	is := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null"}[value[0]]
	switch f.Type {
	case "":
		return true
	case "number":
		return is == ""
	case "integer":
		return is == "" && !bytes.ContainsAny(value, ".eE")
	}
	return is == f.Type
}

// spoiled looks for blanks and loops in the texts and lists of a value.
func spoiled(value json.RawMessage) AnswerFault {
	var said any
	if json.Unmarshal(value, &said) != nil {
		return AnswerNoJSON // nested deeper than anybody asks for
	}
	return faultIn(said)
}

func faultIn(said any) AnswerFault {
	switch said := said.(type) {
	case string:
		if padded(said) {
			return AnswerPadded
		}
		if repeats(said) {
			return AnswerRepeats
		}
	case []any:
		if sameEntries(said) {
			return AnswerRepeats
		}
		for _, entry := range said {
			if fault := faultIn(entry); fault != "" {
				return fault
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(said)) {
			if fault := faultIn(said[name]); fault != "" {
				return fault
			}
		}
	}
	return ""
}

const (
	maxBlanks  = 100 // in a row; no page is indented as deep
	maxSame    = 8   // equal entries of a list in a row
	shortEntry = 16  // bytes of a text that a list may well have often
)

func padded(text string) bool {
	run := 0
	for _, r := range text {
		run++
		if !unicode.IsSpace(r) {
			run = 0
		}
		if run > maxBlanks {
			return true
		}
	}
	return false
}

// sameEntries reports whether a list says the same over and over. Numbers, marks
// and empty lists may be equal.
func sameEntries(list []any) bool {
	run := 0
	for i := 1; i < len(list); i++ {
		run++
		if !telling(list[i]) || !reflect.DeepEqual(list[i], list[i-1]) {
			run = 0
		}
		if run >= maxSame {
			return true
		}
	}
	return false
}

func telling(entry any) bool {
	switch entry := entry.(type) {
	case string:
		return len(entry) > shortEntry
	case map[string]any:
		return len(entry) > 0
	}
	return false
}

// maxLooked is how much of a text is searched for loops, in bytes: more than any
// answer that was asked for.
const maxLooked = 256 << 10

// repeats reports whether a text goes in circles: the same words or letters five
// times in a row, and for a while.
func repeats(text string) bool {
	text = text[:min(len(text), maxLooked)]
	return loops(strings.Fields(text), 60, 24) || loops([]rune(text), 32, 96)
}

// loops reports whether a sequence repeats a part of at most so many entries four
// times or more, over at least so many entries.
func loops[T comparable](all []T, part, least int) bool {
	for period := 1; period <= part; period++ {
		run := 0
		for i := period; i < len(all); i++ {
			run++
			if all[i] != all[i-period] {
				run = 0
			}
			if run >= max(4*period, least) {
				return true
			}
		}
	}
	return false
}
