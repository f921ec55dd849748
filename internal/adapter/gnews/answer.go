package gnews

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"stockdigest.app/stockdigest"
)

const (
	rpc = "Fbv4je" // the procedure that opens links

	maxSignature = 256 // bytes; signatures have about 40
	maxStamp     = 12  // digits of the seconds since 1970
)

// A signed is a token with the signature of its page.
type signed struct {
	id, signature string
	stamp         json.Number
}

// readPage finds the signature of id in the page of its link.
func readPage(page []byte, id string) (signed, error) {
	scan := html.NewTokenizer(bytes.NewReader(page))
	scan.SetMaxBuf(maxPage)
	for {
		switch scan.Next() {
		case html.ErrorToken:
			return signed{}, unreadable("the page of the Google News link holds no signature")
		case html.StartTagToken, html.SelfClosingTagToken:
			if s, ok := signatureOf(scan, id); ok {
				return s, nil
			}
		default:
		}
	}
}

// signatureOf reads the signature from the attributes of one element.
func signatureOf(scan *html.Tokenizer, id string) (signed, bool) {
	s := signed{id: id}
	_, more := scan.TagName()
	for more {
		var key, value []byte
		key, value, more = scan.TagAttr()
		switch string(key) {
		case "data-n-a-sg":
			s.signature = string(value)
		case "data-n-a-ts":
			s.stamp = json.Number(value)
		case "data-n-a-id":
			if string(value) != id {
				return s, false // another article's
			}
		}
	}
	digits := string(s.stamp)
	ok := s.signature != "" && len(s.signature) <= maxSignature &&
		digits != "" && digits[0] != '0' && len(digits) <= maxStamp && strings.Trim(digits, "0123456789") == ""
	return s, ok
}

// question is the second call's form field: the arguments as JSON within JSON.
// All but the last three stand for the reader's edition and are the same always.
func (s signed) question() (string, error) {
	edition := []any{"X", "X", []string{"X", "X"}, nil, nil, 1, 1, "US:en", nil, 1, nil, nil, nil, nil, nil, 0, 1}
	reader := []any{edition, "X", "X", 1, []int{1, 1, 1}, 1, 1, nil, 0, 0, nil, 0}
	inner, err := json.Marshal([]any{"garturlreq", reader, s.id, s.stamp, s.signature})
	if err != nil {
		return "", fmt.Errorf("write the question: %w", err)
	}
	outer, err := json.Marshal([]any{[]any{[]any{rpc, string(inner), nil, "generic"}}})
	if err != nil {
		return "", fmt.Errorf("write the question: %w", err)
	}
	return string(outer), nil
}

// readAnswer finds the address in the answer: behind a line that keeps scripts
// from reading it, and lengths of chunks maybe, lists of JSON whose entry of
// our procedure holds its result as JSON in a string. Both layers are parsed;
// an answer that breaks off after the entry is as good as a whole one.
func readAnswer(answer []byte) (string, error) {
	text := bytes.TrimPrefix(bytes.TrimSpace(answer), []byte(")]}'"))
	scan := json.NewDecoder(bytes.NewReader(text))
	before, last := "", ""
	for {
		next, err := scan.Token()
		if err != nil {
			return "", unreadable("the answer of Google News cannot be read")
		}
		word, isText := next.(string)
		if before == "wrb.fr" && last == rpc {
			if !isText { // null, and a code behind it
				return "", stockdigest.NotFound("Google News does not open its link")
			}
			return readResult(word)
		}
		before, last = last, word
	}
}

// unreadable is an answer of another form: a page for robots, or Google's next
// way of doing this.
func unreadable(message string) error {
	return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: message, RetryAfter: maxRest}
}

func readResult(text string) (string, error) {
	var result []json.RawMessage
	var name, target string
	err := json.Unmarshal([]byte(text), &result)
	if err == nil && len(result) >= 2 {
		err = json.Unmarshal(result[0], &name)
	}
	if err == nil && len(result) >= 2 {
		err = json.Unmarshal(result[1], &target)
	}
	if err != nil || name != "garturlres" || target == "" {
		return "", stockdigest.NotFound("Google News answered without an address")
	}
	return target, nil
}
