package feeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
)

// flexText is a JSON value that should be a string and may be a number.
type flexText string

// UnmarshalJSON takes strings and numbers; anything else is empty.
func (f *flexText) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case data[0] == '"':
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*f = flexText(s)
	case data[0] == '-' || '0' <= data[0] && data[0] <= '9':
		*f = flexText(data)
	}
	return nil
}

type jsonFeed struct {
	Version  flexText   `json:"version"`
	Title    flexText   `json:"title"`
	HomePage flexText   `json:"home_page_url"`
	Items    *jsonItems `json:"items"`
}

// jsonItems are the first MaxItems entries of a list; the rest is not decoded.
type jsonItems []jsonItem

// UnmarshalJSON takes a list; entries of another shape are empty.
func (list *jsonItems) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
		return err
	}
	for len(*list) < MaxItems && decoder.More() {
		var item jsonItem
		if err := decoder.Decode(&item); err != nil && !isWrongType(err) {
			return err
		}
		*list = append(*list, item)
	}
	return nil
}

// isWrongType finds the error of one odd field beside which all others have
// been read.
func isWrongType(err error) bool {
	var wrongType *json.UnmarshalTypeError
	return errors.As(err, &wrongType)
}

type jsonItem struct {
	ID          flexText     `json:"id"`
	URL         flexText     `json:"url"`
	ExternalURL flexText     `json:"external_url"`
	Title       flexText     `json:"title"`
	ContentHTML flexText     `json:"content_html"`
	ContentText flexText     `json:"content_text"`
	Summary     flexText     `json:"summary"`
	Published   flexText     `json:"date_published"`
	Modified    flexText     `json:"date_modified"`
	Author      jsonAuthor   `json:"author"`
	Authors     []jsonAuthor `json:"authors"`
}

type jsonAuthor struct {
	Name flexText `json:"name"`
}

// parseJSON reads JSON Feed 1 and 1.1.
func parseJSON(text, baseURL string) (stockdigest.FeedAnswer, error) {
	if depth := jsonDepth(text); depth > maxDepth {
		return stockdigest.FeedAnswer{}, &Error{Kind: TooDeep, Detail: fmt.Sprintf("more than %d values inside each other", maxDepth)}
	}
	var feed jsonFeed
	err := json.NewDecoder(strings.NewReader(text)).Decode(&feed)
	if err != nil && !isWrongType(err) {
		return stockdigest.FeedAnswer{}, &Error{Kind: NotAFeed, Detail: "the JSON is broken: " + err.Error()}
	}
	if feed.Items == nil && feed.Version == "" {
		return stockdigest.FeedAnswer{}, &Error{Kind: NotAFeed, Detail: "JSON without version and items"}
	}
	answer := stockdigest.FeedAnswer{Title: plainText(string(feed.Title), maxTitle)}
	if feed.Items == nil {
		return answer, nil
	}
	base := first(absolute(string(feed.HomePage), baseURL), baseURL)
	for _, item := range *feed.Items {
		answer.Items = append(answer.Items, item.entry().item(base))
	}
	return answer, nil
}

func (i jsonItem) entry() *entry {
	e := &entry{
		guid:       clip(string(i.ID), maxTitle*2),
		guidIsLink: true,
		link:       ref{raw: string(i.URL)},
		otherLink:  ref{raw: string(i.ExternalURL)},
		title:      plainText(string(i.Title), maxTitle),
		summary:    plainText(string(i.Summary), maxText),
		content:    plainText(first(string(i.ContentText), string(i.ContentHTML)), maxText),
		author:     fold(string(i.Author.Name)),
		published:  parseDate(string(i.Published)),
		updated:    parseDate(string(i.Modified)),
	}
	if e.author == "" && len(i.Authors) > 0 {
		e.author = fold(string(i.Authors[0].Name))
	}
	return e
}

// jsonDepth returns how deep objects and arrays are nested.
func jsonDepth(text string) int {
	depth, deepest := 0, 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
