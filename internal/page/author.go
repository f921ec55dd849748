package page

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxAuthors = 12

// authors returns the names of the authors, divided by ", ". A visible byline
// with people's names beats a declaration that only names the publisher.
func (d *declared) authors() string {
	names := d.declaredAuthors()
	if len(names) == 0 || len(names) == 1 && letters(names[0]) == letters(d.publisher()) {
		if people := d.visibleAuthors(); len(people) > 0 {
			names = people
		}
	}
	return strings.Join(names, ", ")
}

func (d *declared) declaredAuthors() []string {
	for _, key := range []string{"author", "creator"} {
		if names := cleanNames(d.people(d.ld[key])); len(names) > 0 {
			return names
		}
	}
	for _, name := range authorMeta() {
		if name == "twitter:data1" && !strings.Contains(strings.ToLower(d.first("twitter:label1")), "written") {
			continue
		}
		if names := cleanNames(d.meta[name]); len(names) > 0 {
			return names
		}
	}
	return nil
}

func authorMeta() []string {
	return []string{
		"author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
		"og:article:author", "citation_author", "cxenseparse:author", "twitter:data1",
	}
}

func (d *declared) visibleAuthors() []string {
	for _, n := range d.bylines {
		names := cleanNames([]string{textOf(n, 200)})
		if len(names) > 0 && looksLikeNames(names) {
			return names
		}
	}
	return nil
}

// people returns the names in an author value; an object that only points to
// another one by its @id is looked up.
func (d *declared) people(value any) []string {
	switch v := value.(type) {
	case []any:
		var all []string
		for _, member := range v {
			if all = append(all, d.people(member)...); len(all) > maxAuthors {
				break
			}
		}
		return all
	case object:
		if v["name"] != nil {
			return texts(v["name"])
		}
		for _, o := range d.objects {
			if id, ok := v["@id"].(string); ok && o["@id"] == id && o["name"] != nil {
				return texts(o["name"])
			}
		}
		return nil
	}
	return texts(value)
}

// cleanNames makes plain names of what stands in author fields.
func cleanNames(raw []string) []string {
	var names []string
	for _, field := range raw {
		for _, part := range splitNames(squeeze(html.UnescapeString(stripTags(field)))) {
			if name := cleanName(part); name != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) && len(names) < maxAuthors {
				names = append(names, name)
			}
		}
	}
	return names
}

// splitNames divides "By A, B and C".
func splitNames(s string) []string {
	for _, divider := range []string{" and ", " And ", " AND ", " & ", " og ", " und ", " et ", " och ", ";", " | ", "|", " with ", " · ", " • ", " / "} {
		s = strings.ReplaceAll(s, divider, ",")
	}
	return strings.Split(s, ",")
}

func cleanName(s string) string {
	s = strings.TrimSpace(s)
	for _, prefix := range []string{"written by", "reported by", "posted by", "reviewed by", "story by", "text by", "words by", "par", "by", "von", "author", "from"} {
		if rest, ok := cutFold(s, prefix); ok && (strings.HasSuffix(prefix, ":") || rest == "" || rest[0] == ' ' || rest[0] == ':') {
			s = strings.Trim(rest, ": ")
		}
	}
	for word := range strings.FieldsSeq(s) {
		if strings.Contains(word, "@") {
			s = strings.TrimSpace(strings.Replace(s, word, "", 1))
		}
	}
	if i := strings.IndexAny(s, "(["); i >= 0 {
		s = s[:i]
	}
	for _, place := range []string{" in ", " at ", " for "} {
		if i := strings.Index(s, place); i > 0 && i+len(place) < len(s) && len(strings.Fields(s[:i])) >= 2 {
			s = s[:i]
		}
	}
	for _, divider := range []string{" - ", " – ", " — "} {
		if i := strings.Index(s, divider); i > 0 {
			s = s[:i]
		}
	}
	s = strings.Trim(s, " .,:;-–—")
	if notAName(s) {
		return ""
	}
	return s
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

func notAName(s string) bool {
	if n := utf8.RuneCountInString(s); n < 2 || n > 60 || strings.ContainsAny(s, "/<>{}=_") || strings.Contains(s, "http") || strings.Contains(s, "www.") {
		return true
	}
	if words := strings.Fields(s); s == strings.ToLower(s) && len(words) > 1 && s[0] < utf8.RuneSelf || len(words) == 1 && strings.Contains(s, ".") {
		return true // a phrase, or the name of a login or a host
	}
	switch strings.ToLower(strings.ReplaceAll(s, ".", "")) {
	case "md", "phd", "rd", "rdn", "cfa", "cpa", "cfp", "jd", "mba", "ms", "rn", "dvm", "facep", "jr":
		return true
	}
	switch strings.ToLower(s) {
	case "null", "undefined", "none", "admin", "administrator", "author", "authors", "staff", "editor", "by", "unknown", "webmaster", "facebook", "twitter", "share", "follow", "n":
		return true
	}
	return isRole(s)
}

// isRole reports whether s says what a person does, not who it is.
func isRole(s string) bool {
	lower := strings.ToLower(s)
	for _, role := range []string{"reporter", "correspondent", "writer", "editor", "columnist", "journalist", "contributor", "producer", "analyst", "photographer", "bureau chief"} {
		if strings.HasSuffix(lower, role) {
			return true
		}
	}
	return false
}

// looksLikeNames reports whether a visible byline holds names and nothing else.
func looksLikeNames(names []string) bool {
	for _, name := range names {
		words := strings.Fields(name)
		if len(words) > 5 || strings.ContainsAny(name, "0123456789?!") {
			return false
		}
	}
	return true
}
