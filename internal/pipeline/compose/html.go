package compose

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"unicode"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// maxHTML keeps a mail below the size at which Gmail clips it (102 KB), with
// room for headers and encoding (spec 6).
const maxHTML = 90_000

// A typeset holds the templates of letters, parsed once.
type typeset struct{ templates *template.Template }

func newTypeset() (typeset, error) { return parse("*") }

// parse reads the templates that a pattern names. Styles are put in before, so
// that they cost nothing when a letter is written.
func parse(pattern string) (typeset, error) {
	const folder, ending = "templates/", ".html.tmpl"
	paths, err := fs.Glob(templateFiles, folder+pattern+ending)
	if err != nil {
		return typeset{}, fmt.Errorf("find templates: %w", err)
	}
	all := template.New("").Funcs(template.FuncMap{"outlook": outlook})
	for _, path := range paths {
		source, err := templateFiles.ReadFile(path)
		if err != nil {
			return typeset{}, fmt.Errorf("read %s: %w", path, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, folder), ending)
		if _, err := all.New(name).Parse(dressed(string(source))); err != nil {
			return typeset{}, fmt.Errorf("parse %s: %w", path, err)
		}
	}
	return typeset{all}, nil
}

// dressed puts the styles in the places of their names. A name that is no style
// stays, and no template with it can be parsed.
func dressed(source string) string {
	var pairs []string
	for name, css := range styles() {
		pairs = append(pairs, `{{style "`+name+`"}}`, css)
	}
	return strings.NewReplacer(pairs...).Replace(source)
}

// render executes one template, into room for some size of page.
func (t typeset) render(name string, data any, size int) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(size)
	if err := t.templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// frameSize is about what a letter has around its matter, in bytes.
const frameSize = 8_000

// render parses and executes a template that stands alone.
func render(name string, data any) ([]byte, error) {
	t, err := parse(name)
	if err != nil {
		return nil, err
	}
	page, err := t.render(name, data, frameSize)
	return []byte(clean(string(page))), err
}

// outlook returns markup that only Outlook on Windows reads, which knows no
// widest width. Templates drop comments, so it comes in as a function.
func outlook(markup string) template.HTML {
	return template.HTML("<!--[if mso]>" + markup + "<![endif]-->") //nolint:gosec // constants of our own templates
}

// clean takes out what changes how other text is read and is not seen itself:
// control characters but for line breaks, and those that turn the direction of
// writing (UAX 9).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= ' ' && r < 0x7f || r == '\n': // nearly all
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// styles are the inline styles by name. Mail programs drop style sheets, so
// every rule a mail needs stands on its element; the sheet in the head only
// adds dark colours and phone widths where they are understood.
func styles() map[string]string {
	const sans = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
	const serif = "font-family:Georgia,'Times New Roman',serif;"
	return map[string]string{
		"body":    "margin:0;padding:0;background-color:#f3f1ec;" + sans,
		"outer":   "background-color:#f3f1ec;",
		"card":    "background-color:#ffffff;border:1px solid #e2ded5;",
		"mark":    serif + "font-size:20px;line-height:26px;font-weight:bold;color:#1d1c19;letter-spacing:0.2px;",
		"date":    sans + "font-size:14px;line-height:20px;color:#5c5a53;",
		"company": serif + "font-size:23px;line-height:29px;font-weight:bold;color:#1d1c19;margin:0;",
		"ticker":  sans + "font-size:14px;line-height:20px;font-weight:bold;color:#0a5f4c;letter-spacing:0.4px;",
		"status":  sans + "font-size:13px;line-height:18px;color:#8a4b08;margin:6px 0 0 0;",
		"price":   sans + "font-size:18px;line-height:24px;font-weight:bold;color:#1d1c19;margin:8px 0 0 0;",
		"rise":    "color:#0a6b3d;font-size:14px;",
		"fall":    "color:#a3261b;font-size:14px;",
		"still":   "color:#5c5a53;font-size:14px;font-weight:normal;",
		"asof":    sans + "font-size:12px;line-height:18px;color:#5c5a53;margin:2px 0 0 0;",
		"chart":   sans + "font-size:13px;line-height:18px;color:#5c5a53;display:block;width:300px;max-width:100%;height:auto;border:0;margin:18px 0 0 0;",
		"bottom":  sans + "font-size:16px;line-height:24px;color:#1d1c19;margin:10px 0 0 0;padding:0 0 0 12px;border-left:3px solid #0a5f4c;",
		"section": sans + "font-size:12px;line-height:16px;font-weight:bold;color:#5c5a53;letter-spacing:0.9px;text-transform:uppercase;margin:26px 0 10px 0;",
		"first":   "margin:12px 0 0 0;padding:0 0 0 20px;color:#0a5f4c;",
		"list":    "margin:0;padding:0 0 0 20px;color:#0a5f4c;",
		"item":    "margin:0 0 18px 0;padding:0;",
		"text":    sans + "font-size:16px;line-height:24px;color:#1d1c19;margin:0;",
		"update":  sans + "font-size:14px;line-height:20px;font-weight:bold;color:#0a5f4c;margin:0 0 3px 0;",
		"meta":    sans + "font-size:13px;line-height:20px;color:#5c5a53;margin:4px 0 0 0;",
		"context": sans + "font-size:14px;line-height:21px;color:#3a3833;margin:8px 0 0 0;padding:8px 12px;background-color:#f6f4ef;",
		"link":    "color:#0a5f4c;text-decoration:underline;",
		"high":    "color:#1d1c19;font-weight:bold;",
		"pos":     "color:#0a6b3d;font-weight:bold;",
		"neg":     "color:#a3261b;font-weight:bold;",
		"mixed":   "color:#7a5200;font-weight:bold;",
		"small":   sans + "font-size:13px;line-height:20px;color:#5c5a53;margin:0 0 6px 0;",
		"rule":    "border-top:1px solid #e2ded5;font-size:1px;line-height:1px;",
		"foot":    sans + "font-size:12px;line-height:19px;color:#5c5a53;margin:0 0 8px 0;",
		"hidden":  "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;color:#1d1c19;",

		"late":   sans + "font-size:14px;line-height:20px;font-weight:bold;color:#8a4b08;margin:0 0 3px 0;",
		"banner": "padding:14px 32px 10px 32px;background-color:#fff4d6;",
		"notice": sans + "font-size:14px;line-height:20px;color:#4a3a08;margin:0 0 4px 0;",
		"title":  serif + "font-size:23px;line-height:30px;font-weight:bold;color:#1d1c19;margin:0 0 10px 0;",
		"para":   sans + "font-size:16px;line-height:24px;color:#1d1c19;margin:0 0 12px 0;",
		"line":   sans + "font-size:16px;line-height:24px;color:#1d1c19;margin:8px 0 0 0;",
		"push":   "background-color:#0a5f4c;border-radius:5px;mso-padding-alt:13px 26px;",
		"pushed": sans + "display:inline-block;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;padding:13px 26px;",
	}
}
