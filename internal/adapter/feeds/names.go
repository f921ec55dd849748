package feeds

import "strings"

// name returns our name for an element: its local name when it belongs to a
// feed format, with a fixed prefix when it belongs to a module we read, and
// with "?:" when it belongs to a stranger. Prefixes that nobody declared are
// taken for what everybody means by them.
func (r *xmlReader) name(t token) string {
	if strings.Contains(t.data, "xmlns") {
		r.declare(t.data)
	}
	prefix, local, ok := strings.Cut(t.name, ":")
	if !ok {
		prefix, local = "", t.name
		if local == "rdf" {
			return "rdf:rdf"
		}
	}
	ns, declared := r.prefixes[prefix]
	if !declared {
		ns = usualPrefix(prefix)
	}
	if ns == "" || prefix == "" && !strings.HasPrefix(t.name, "?") {
		return local
	}
	return ns + ":" + local
}

// declare notes the namespace prefixes of a tag. Scopes are not kept: feeds
// declare a prefix once.
func (r *xmlReader) declare(attrs string) {
	for {
		at := strings.Index(attrs, "xmlns:")
		if at < 0 {
			return
		}
		attrs = attrs[at+len("xmlns:"):]
		prefix, rest, ok := strings.Cut(attrs, "=")
		if !ok {
			return
		}
		value, after := attrValue(strings.TrimLeft(rest, " \t\r\n"))
		attrs = after
		prefix = strings.ToLower(strings.TrimSpace(prefix))
		if len(r.prefixes) < maxDepth && !strings.ContainsAny(prefix, " \t\r\n<>") {
			r.prefixes[prefix] = namespace(strings.ToLower(strings.TrimSpace(value)), prefix)
		}
	}
}

// namespace returns our prefix for a namespace: "" for the feed formats.
func namespace(uri, prefix string) string {
	switch {
	case strings.Contains(uri, "w3.org/2005/atom"), strings.Contains(uri, "purl.org/atom/ns"),
		strings.Contains(uri, "purl.org/rss/1.0") && !strings.Contains(uri, "modules"),
		strings.Contains(uri, "netscape.com/rdf/simple"), strings.Contains(uri, "backend.userland.com/rss"), strings.Contains(uri, "blogs.law.harvard.edu/tech/rss"):
		return ""
	case strings.Contains(uri, "rdf-syntax-ns"):
		return "rdf"
	case strings.Contains(uri, "purl.org/dc/terms"):
		return "dcterms"
	case strings.Contains(uri, "purl.org/dc/"):
		return "dc"
	case strings.Contains(uri, "modules/content"):
		return "content"
	case strings.Contains(uri, "search.yahoo.com/mrss"):
		return "media"
	case strings.Contains(uri, "itunes"):
		return "itunes"
	case strings.Contains(uri, "feedburner"):
		return "feedburner"
	case strings.Contains(uri, "w3.org/1999/xhtml"):
		return "xhtml"
	}
	return usualPrefix(prefix)
}

// usualPrefix is what a prefix means when nobody declared it.
func usualPrefix(prefix string) string {
	switch prefix {
	case "", "atom", "atom10", "a10", "rss":
		return ""
	case "dc", "dcterms", "rdf", "content", "media", "itunes", "feedburner", "xhtml":
		return prefix
	}
	return "?" + prefix
}
