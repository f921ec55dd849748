package stockdigest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
)

func asked() stockdigest.Prompt {
	return stockdigest.Prompt{Schema: json.RawMessage(`{"type":"object","properties":{"lines":{"type":"array"},"say":{"type":"string"}},"required":["lines"]}`)}
}

func TestReadFindsTheValueOfAnAnswer(t *testing.T) {
	t.Parallel()
	const want = `{"lines":[1,2],"say":"It paid $5 million."}`
	spread := "{\n  \"lines\": [1,2],\n  \"say\": \"x\"\n}"
	for name, c := range map[string]struct{ text, want string }{
		"plain":             {want, want},
		"over lines":        {spread, spread},
		"fenced":            {"```json\n" + want + "\n```", want},
		"fenced in chatter": {"Sure [1]! Here {as asked}:\n```\n" + want + "\n```\nAnything else?", want},
		"a fence left open": {"```json\n" + want, want},
		"chatter":           {"Lines [1] and [2] it is: " + want + " I hope this helps.", want},
		"blanks behind":     {want + strings.Repeat("\n ", 5000), want},
		"blanks in front":   {strings.Repeat("\t", 5000) + want, want},
		"thought aloud":     {"<think>Maybe {\"lines\":[]}?</think>\n" + want, want},
		"equal numbers":     {`{"lines":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}`, `{"lines":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}`},
		"no UTF-8":          {"{\"lines\":[],\"say\":\"a\xff\"}", "{\"lines\":[],\"say\":\"a\uFFFD\"}"},
	} {
		for _, stop := range []string{stockdigest.StopEnd, stockdigest.StopLength, stockdigest.StopOther, ""} {
			got, err := asked().Read(stockdigest.Completion{Text: c.text, Stop: stop})
			if err != nil || string(got) != c.want {
				t.Errorf("%s, stop %q: got %q (%v), want %q", name, stop, got, err, c.want)
			}
		}
	}
}

func TestReadSaysWhyAnAnswerIsBad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, stop string
		want       stockdigest.AnswerFault
	}{
		"a refusal":               {`{"lines":[]}`, stockdigest.StopRefusal, stockdigest.AnswerRefused},
		"nothing":                 {"", stockdigest.StopEnd, stockdigest.AnswerEmpty},
		"blanks":                  {" \n ", stockdigest.StopEnd, stockdigest.AnswerEmpty},
		"nothing after thinking":  {"", stockdigest.StopLength, stockdigest.AnswerCut},
		"blanks without end":      {strings.Repeat(" ", 9000), stockdigest.StopLength, stockdigest.AnswerPadded},
		"begun, then blanks":      {`{"lines":[1],` + strings.Repeat("\n", 9000), stockdigest.StopLength, stockdigest.AnswerPadded},
		"blanks in a text":        {`{"lines":[1],"say":"a` + strings.Repeat(" ", 900) + `b"}`, stockdigest.StopEnd, stockdigest.AnswerPadded},
		"cut":                     {`{"lines":[1,2],"say":"It pa`, stockdigest.StopLength, stockdigest.AnswerCut},
		"cut in a fence":          {"```json\n{\"lines\":[{\"id\":1},{\"i", stockdigest.StopLength, stockdigest.AnswerCut},
		"cut, unsaid":             {`{"lines":[{"id":1},{"id":2}`, stockdigest.StopEnd, stockdigest.AnswerCut},
		"one token over and over": {`{"lines":[1],"say":"the the ` + strings.Repeat("the ", 300), stockdigest.StopLength, stockdigest.AnswerRepeats},
		"one line over and over":  {strings.Repeat("Revenue rose, and revenue rose again.\n", 40), stockdigest.StopEnd, stockdigest.AnswerRepeats},
		"one letter":              {`{"lines":[1],"say":"` + strings.Repeat("0", 4000), stockdigest.StopLength, stockdigest.AnswerRepeats},
		"a loop in a whole value": {`{"lines":[1],"say":"` + strings.Repeat("It grew by 5%. ", 30) + `"}`, stockdigest.StopEnd, stockdigest.AnswerRepeats},
		"one entry over and over": {`{"lines":[` + strings.Repeat(`{"id":1},`, 20) + `{"id":1}]}`, stockdigest.StopEnd, stockdigest.AnswerRepeats},
		"words":                   {"I would choose the first line.", stockdigest.StopEnd, stockdigest.AnswerNoJSON},
		"a page":                  {"<html><body>502</body></html>", stockdigest.StopEnd, stockdigest.AnswerNoJSON},
		"a comma too many":        {`{"lines":[{"id":1},],}`, stockdigest.StopEnd, stockdigest.AnswerNoJSON},
		"a list":                  {`[1,2]`, stockdigest.StopEnd, stockdigest.AnswerWrongType},
		"a fenced list":           {"```\n[1,2]\n```", stockdigest.StopEnd, stockdigest.AnswerWrongType},
		"a number":                {`7`, stockdigest.StopEnd, stockdigest.AnswerWrongType},
		"null":                    {`null`, stockdigest.StopEnd, stockdigest.AnswerWrongType},
		"a field of another type": {`{"lines":"1, 2"}`, stockdigest.StopEnd, stockdigest.AnswerWrongType},
		"a field too few":         {`{"say":"x"}`, stockdigest.StopEnd, stockdigest.AnswerWrongType},
	} {
		got, err := asked().Read(stockdigest.Completion{Text: c.text, Stop: c.stop})
		bad, ok := errors.AsType[*stockdigest.AnswerError](err)
		if !ok || bad.Fault != c.want || got != nil || !errors.Is(err, stockdigest.ErrUnavailable) {
			t.Errorf("%s: got %q and %v, want it %s", name, got, err, c.want)
		}
	}
}

func TestReadChecksNumbersAndAsksNothingWithoutASchema(t *testing.T) {
	t.Parallel()
	for schema, texts := range map[string]map[string]bool{
		`{"type":"integer"}`: {"3": true, "3.5": false, "1e3": false, `"3"`: false},
		`{"type":"number"}`:  {"3": true, "-3.5": true, "true": false},
		`{"type":"boolean"}`: {"true": true, "null": false},
		`{"type":"array"}`:   {"[]": true, "{}": false},
		`{"type":["a"]}`:     {"[]": true, "7": true},
		``:                   {"[]": true, "{}": true, `"x"`: true, "x": false},
	} {
		for text, want := range texts {
			_, err := stockdigest.Prompt{Schema: json.RawMessage(schema)}.Read(stockdigest.Completion{Text: text})
			if (err == nil) != want {
				t.Errorf("%s of %q: got %v, want ok %t", text, schema, err, want)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"lines":[1]}`, "stop")
	f.Add("```json\n{\"lines\":[1", "length")
	f.Add(strings.Repeat("[", 20_000), "")
	f.Fuzz(func(t *testing.T, text, stop string) {
		got, err := asked().Read(stockdigest.Completion{Text: text, Stop: stop})
		_, bad := errors.AsType[*stockdigest.AnswerError](err)
		var read struct {
			Lines []any `json:"lines"`
		}
		if err == nil && (json.Unmarshal(got, &read) != nil || read.Lines == nil) || err != nil && !bad {
			t.Errorf("%q: got %q and %v", text, got, err)
		}
	})
}
