package page

import (
	"encoding/json"
	"html"
	"strings"
)

// object is a JSON-LD object whose shape nobody promised.
type object = map[string]any

const (
	maxScripts = 20      // JSON-LD scripts read per page
	maxLDBytes = 1 << 20 // of one script
	maxLDDepth = 12
	maxObjects = 500
	maxLink    = 4 << 10 // bytes of an address
)

// linked returns the objects of the page's JSON-LD scripts: top-level ones,
// members of arrays and of @graph, and the main entity of a page.
func linked(scripts []string) []object {
	var all []object
	for _, script := range scripts[:min(len(scripts), maxScripts)] {
		for _, value := range parseLD(script) {
			all = collect(all, value, 0)
		}
	}
	return all
}

// parseLD reads one script. What strict JSON refuses is mended and read again.
func parseLD(script string) []any {
	if len(script) > maxLDBytes {
		return nil
	}
	if values, ok := decodeAll(script); ok {
		return values
	}
	values, _ := decodeAll(mend(script))
	return values
}

func decodeAll(script string) ([]any, bool) {
	decoder := json.NewDecoder(strings.NewReader(script))
	var values []any
	for decoder.More() {
		var value any
		if err := decoder.Decode(&value); err != nil {
			return values, false
		}
		values = append(values, value)
	}
	return values, true
}

// mend repairs what pages do to JSON: comments and CDATA around it, raw line
// breaks inside strings, bad escapes, trailing commas, a final semicolon.
func mend(script string) string {
	script = strings.NewReplacer("<![CDATA[", "", "]]>", "", "<!--", "", "-->", "").Replace(script)
	start := strings.IndexAny(script, "{[")
	if start < 0 {
		return ""
	}
	script = script[start:]
	var b strings.Builder
	b.Grow(len(script))
	inString, comma := false, false
	for i := 0; i < len(script); i++ {
		c := script[i]
		if inString {
			i = mendString(&b, script, i)
			inString = script[min(i, len(script)-1)] != '"' || c == '\\'
			continue
		}
		switch {
		case c == ',':
			comma = true
			continue
		case c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ';':
			continue
		case comma && c != '}' && c != ']':
			b.WriteByte(',')
		}
		comma = false
		inString = c == '"'
		b.WriteByte(c)
	}
	return b.String()
}

// mendString copies the character at i, or the escape that starts there, and
// returns the last index it used.
func mendString(b *strings.Builder, s string, i int) int {
	c := s[i]
	switch {
	case c == '\\' && i+1 < len(s):
		if strings.IndexByte(`"\/bfnrtu`, s[i+1]) >= 0 {
			b.WriteByte(c)
		}
		if s[i+1] >= ' ' {
			b.WriteByte(s[i+1])
		}
		return i + 1
	case c == '\n':
		b.WriteString(`\n`)
	case c < ' ':
		b.WriteByte(' ')
	default:
		b.WriteByte(c)
	}
	return i
}

func collect(all []object, value any, depth int) []object {
	if depth > maxLDDepth || len(all) >= maxObjects {
		return all
	}
	switch v := value.(type) {
	case []any:
		for _, member := range v {
			all = collect(all, member, depth+1)
		}
	case object:
		all = append(all, v)
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage"} {
			all = collect(all, v[key], depth+1)
		}
	}
	return all
}

// mainArticle returns the object that describes the page's article, the one
// with the most to say when there are several; nil when there is none.
func mainArticle(objects []object) object {
	var best object
	bestScore := 0
	for _, o := range objects {
		if score := articleScore(o); score > bestScore {
			best, bestScore = o, score
		}
	}
	return best
}

func articleScore(o object) int {
	score := 0
	for _, kind := range texts(o["@type"]) {
		switch {
		case strings.HasSuffix(kind, "Article") || strings.HasSuffix(kind, "BlogPosting") || kind == "Report":
			score = 10
		case kind == "WebPage" || kind == "VideoObject" || kind == "Product":
			score = max(score, 1)
		}
	}
	if score == 0 {
		return 0
	}
	for _, key := range []string{"headline", "datePublished", "author", "articleBody"} {
		if o[key] != nil {
			score += 2
		}
	}
	return score
}

// texts returns the strings in a value that may be a string, an object with a
// name, or a list of such.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		if v = strings.TrimSpace(html.UnescapeString(v)); v != "" {
			return []string{v}
		}
	case []any:
		var all []string
		for _, member := range v {
			all = append(all, texts(member)...)
			if len(all) > 50 {
				break
			}
		}
		return all
	case object:
		if v["name"] != nil {
			return texts(v["name"])
		}
		return texts(v["@value"])
	}
	return nil
}

func firstText(value any) string {
	if all := texts(value); len(all) > 0 {
		return all[0]
	}
	return ""
}

// original returns the address of the whole article, which portals keep in the
// data of pages that only show its beginning.
func original(source string) string {
	const key = `"providerContentUrl":`
	_, rest, found := strings.Cut(source, key)
	if !found {
		return ""
	}
	var link string
	if err := json.NewDecoder(strings.NewReader(rest[:min(len(rest), maxLink)])).Decode(&link); err != nil {
		return ""
	}
	if !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://") {
		return ""
	}
	return link
}
