package compose

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"

	"stockdigest.app/stockdigest"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// maxHTML keeps a mail below the size at which Gmail clips it (102 KB), with
// room for headers and encoding (spec 6).
const maxHTML = 90_000

// maxBullets is how many bullets of one company a mail carries at most; the
// rest is counted in it.
const maxBullets = 16

// HTML renders a digest as one mail: a single column, inline styles, no remote
// content, below maxHTML bytes. When it would be larger, companies show fewer
// bullets and say how many are missing.
func HTML(d stockdigest.Digest, links Links) ([]byte, error) {
	for limit := maxBullets; ; limit /= 2 {
		v, err := newView(d, links, limit)
		if err != nil {
			return nil, err
		}
		v.trim(limit)
		page, err := render("digest.html.tmpl", v)
		if err != nil || len(page) <= maxHTML {
			return page, err
		}
		if limit == 0 {
			return nil, stockdigest.Invalid(fmt.Sprintf("a digest of %d companies does not fit one mail: use one mail per ticker", len(d.Reports)))
		}
	}
}

// trim leaves out lists when there is room for few bullets only: at a quarter
// of them all but a few sources, at none every list, so that each company still
// has its bottom line.
func (v *digestView) trim(limit int) {
	for i := range v.Companies {
		c := &v.Companies[i]
		switch {
		case limit == 0:
			c.Sources, c.Filings, c.Repeats = nil, nil, nil
			if c.Price != nil {
				c.Price.Chart = ""
			}
		case limit <= maxBullets/4:
			for j := range c.Sources {
				c.Sources[j].Links = c.Sources[j].Links[:min(limit, len(c.Sources[j].Links))]
			}
		}
	}
}

func render(name string, data any) ([]byte, error) {
	t, err := template.New(name).Funcs(template.FuncMap{"style": style}).ParseFS(templateFiles, "templates/"+name)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// style returns an inline style by name. Mail programs drop style sheets, so
// every rule a mail needs stands on its element; the sheet in the head only
// adds dark colours and phone widths where they are understood.
func style(name string) (template.CSS, error) {
	const sans = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
	const serif = "font-family:Georgia,'Times New Roman',serif;"
	styles := map[string]string{
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
		"chart":   "display:block;width:300px;max-width:100%;height:auto;border:0;margin:18px 0 0 0;",
		"bottom":  sans + "font-size:16px;line-height:24px;color:#1d1c19;margin:10px 0 0 0;padding:0 0 0 12px;border-left:3px solid #0a5f4c;",
		"section": sans + "font-size:12px;line-height:16px;font-weight:bold;color:#5c5a53;letter-spacing:0.9px;text-transform:uppercase;margin:26px 0 10px 0;",
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
		"hidden":  "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;color:#f3f1ec;",
	}
	css, ok := styles[name]
	if !ok {
		return "", fmt.Errorf("no style %q", name)
	}
	return template.CSS(css), nil //nolint:gosec // our own constants
}
