package compose_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// clients are those of Gmail, Outlook and Apple Mail in caniemail's table.
var clients = []string{
	"gmail.desktop-webmail", "gmail.ios", "gmail.android", "outlook.windows", "outlook.outlook-com", "outlook.macos",
	"outlook.ios", "outlook.android", "apple-mail.macos", "apple-mail.ios",
}

// fallbacks are the features that one of the clients does not know, and what a
// reader sees there.
var fallbacks = map[string]string{
	"css-max-width":                     "Outlook on Windows: a table of 640 pixels around the card, which it alone reads",
	"css-max-height":                    "of the preheader, which is display:none and has the colour of its ground",
	"css-opacity":                       "likewise",
	"css-overflow":                      "likewise",
	"css-border-radius":                 "square corners",
	"css-padding":                       "Outlook on Windows: mso-padding-alt on the button's cell, and the padding of cells",
	"css-display":                       "the button is a link on a ground of its cell",
	"css-at-media":                      "the inline styles stand alone",
	"css-at-media-prefers-color-scheme": "the light colours, which stand inline",
	"css-important":                     "only inside media queries",
	"html-body":                         "its ground stands on the outer table as well",
	"html-meta-color-scheme":            "the light colours",
	"html-aria-hidden":                  "the preheader is read aloud",
	"html-role":                         "tables are announced",
	"html-style":                        "the inline styles stand alone",
	"html-lang":                         "the program's own language",
	"html-doctype":                      "Outlook on Windows has one way to lay out, whatever the doctype",
	"html-dir":                          "from left to right is what programs assume",
}

type feature struct{ Support map[string]string }

func TestLettersKeepToWhatClientsSupport(t *testing.T) {
	t.Parallel()
	table := supportTable(t)
	seen := map[string]bool{}
	for name, l := range letters(t) {
		used := features(t, l)
		for _, f := range unsupported(table, used) {
			t.Errorf("%s: %s", name, f)
		}
		for f := range used {
			if _, ok := table[f]; ok {
				seen[f] = true
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d features were found in the table: the names do not match", len(seen))
	}
	for f := range fallbacks {
		if !seen[f] {
			t.Errorf("the fallback of %s is for nothing", f)
		}
	}
}

func TestTheTableRefusesWhatClientsDoNotKnow(t *testing.T) {
	t.Parallel()
	table := supportTable(t)
	for _, bad := range []string{
		`<div style="display:flex">a</div>`, `<p style="background-image:linear-gradient(red,blue);position:absolute">a</p>`,
		`<p style="width:calc(100% - 1px)">a</p>`, `<style>@font-face { src: none }</style>`, `<style>a:has(b) { color: red }</style>`,
		`<picture>a</picture>`, `<svg></svg>`, `<p style="color:var(--ink)">a</p>`, `<form></form>`,
	} {
		if len(unsupported(table, features(t, compose.Letter{HTML: []byte(bad)}))) == 0 {
			t.Errorf("%s passes", bad)
		}
	}
}

func unsupported(table map[string]feature, used map[string]bool) []string {
	var all []string
	for f := range used {
		for _, client := range clients {
			if strings.HasPrefix(table[f].Support[client], "n") && fallbacks[f] == "" {
				all = append(all, f+" is not supported by "+client)
			}
		}
	}
	return all
}

// features names what a letter uses as the table does.
func features(t *testing.T, l compose.Letter) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for n := range parsed(t, l).Descendants() {
		if n.Type == html.DoctypeNode {
			used["html-doctype"] = true
		}
		if n.Type != html.ElementNode {
			continue
		}
		used["html-"+elements(n.Data)] = true
		for _, a := range n.Attr {
			used["html-"+a.Key] = true
			if a.Key == "style" {
				declared(a.Val, used)
			}
			if a.Key == "content" && strings.Contains(a.Val, "light") {
				used["html-meta-color-scheme"] = true
			}
		}
		if n.Data == "style" {
			sheet(n.FirstChild.Data, used)
		}
	}
	return used
}

// elements is the table's name of an element that it has in a group.
func elements(name string) string {
	switch {
	case name == "a": // html-link is the element link
		return "anchor"
	case slices.Contains([]string{"tr", "td", "th", "tbody"}, name):
		return "table"
	case slices.Contains([]string{"ul", "ol", "li", "dl"}, name):
		return "lists"
	case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
		return "h1-h6"
	}
	return name
}

var (
	propertyPattern = regexp.MustCompile(`(?:^|[;{])\s*([a-z-]+)\s*:\s*([^;}]*)`)
	atPattern       = regexp.MustCompile(`@([a-z-]+)([^{]*)`)
	pseudoPattern   = regexp.MustCompile(`(::?)([a-z-]+)`)
	selectorPattern = regexp.MustCompile(`([^{};@]+)\{`)
	unitPattern     = regexp.MustCompile(`[0-9](px|em|rem|vh|vw|pt|ch|%)`)
	functionPattern = regexp.MustCompile(`([a-z-]+)\(`)
)

// declared adds the properties, units and functions of declarations.
func declared(css string, used map[string]bool) {
	for _, m := range propertyPattern.FindAllStringSubmatch(css, -1) {
		property, value := m[1], m[2]
		used["css-"+property] = true
		for _, group := range []string{"padding", "margin", "border", "background"} {
			if strings.HasPrefix(property, group+"-") {
				used["css-"+group] = true
			}
		}
		if property == "display" {
			used["css-display-"+value] = true
		}
		if strings.Contains(value, "!important") {
			used["css-important"] = true
		}
		for _, u := range unitPattern.FindAllStringSubmatch(value, -1) {
			used["css-unit-"+strings.Replace(u[1], "%", "percent", 1)] = true
		}
		for _, f := range functionPattern.FindAllStringSubmatch(value, -1) {
			used["css-unit-"+f[1]], used["css-function-"+f[1]] = true, true
			if f[1] == "var" {
				used["css-variables"] = true
			}
		}
	}
}

// sheet adds the rules and selectors of a style sheet.
func sheet(css string, used map[string]bool) {
	declared(css, used)
	for _, m := range atPattern.FindAllStringSubmatch(css, -1) {
		used["css-at-"+m[1]] = true
		if strings.Contains(m[2], "prefers-color-scheme") {
			used["css-at-media-prefers-color-scheme"] = true
		}
	}
	for _, m := range selectorPattern.FindAllStringSubmatch(css, -1) {
		if strings.HasPrefix(strings.TrimSpace(m[1]), ".") {
			used["css-selector-class"] = true
		}
		for _, p := range pseudoPattern.FindAllStringSubmatch(m[1], -1) {
			used["css-pseudo-class-"+p[2]], used["css-pseudo-element-"+p[2]] = p[1] == ":", p[1] == "::"
		}
	}
}

func supportTable(t *testing.T) map[string]feature {
	t.Helper()
	data, err := os.ReadFile(datatest.Dir(t, "email", "caniemail_support.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table map[string]feature
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	return table
}

// TestLettersCanBeRead wants a contrast of 4.5 to 1 between every text and its
// ground (WCAG 2, AA), in the light colours and in the dark ones.
func TestLettersCanBeRead(t *testing.T) {
	t.Parallel()
	for name, l := range letters(t) {
		for _, fault := range pale(t, l) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	bad := compose.Letter{HTML: []byte(`<body style="background-color:#ffffff"><p style="color:#999999">a</p></body>`)}
	if len(pale(t, bad)) == 0 {
		t.Error("grey on white passes")
	}
}

func pale(t *testing.T, l compose.Letter) []string {
	t.Helper()
	dark := map[string]map[string]string{}
	_, css, _ := strings.Cut(string(l.HTML), "prefers-color-scheme: dark")
	for _, m := range regexp.MustCompile(`\.([a-z]+) \{([^}]*)\}`).FindAllStringSubmatch(css, -1) {
		dark[m[1]] = colours(strings.ReplaceAll(m[2], " !important", ""))
	}
	var all []string
	var walk func(n *html.Node, is, night map[string]string)
	walk = func(n *html.Node, is, night map[string]string) {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			for when, c := range map[string]map[string]string{"light": is, "dark": night} {
				if ratio := contrast(t, c["color"], c["background-color"]); ratio < 4.5 {
					all = append(all, when+": "+c["color"]+" on "+c["background-color"]+" has "+strconv.FormatFloat(ratio, 'f', 1, 64)+" of 4.5: "+n.Data)
				}
			}
		}
		inline, class := attribute(n, "style"), attribute(n, "class")
		if strings.Contains(inline, "display:none") || n.Data == "head" {
			return
		}
		is, night = over(is, colours(inline)), over(night, colours(inline))
		for name := range strings.FieldsSeq(class) {
			night = over(night, dark[name])
		}
		for c := range n.ChildNodes() {
			walk(c, is, night)
		}
	}
	ground := map[string]string{"color": "#000000", "background-color": "#ffffff"}
	walk(parsed(t, l), ground, ground)
	return all
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// colours are the colour and the ground of declarations.
func colours(css string) map[string]string {
	all := map[string]string{}
	for _, m := range propertyPattern.FindAllStringSubmatch(css, -1) {
		if m[1] == "color" || m[1] == "background-color" {
			all[m[1]] = strings.TrimSpace(m[2])
		}
	}
	return all
}

func over(below, above map[string]string) map[string]string {
	all := maps.Clone(below)
	maps.Copy(all, above)
	return all
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("colour %q", colour)
	}
	linear := func(c uint64) float64 {
		v := float64(c&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
