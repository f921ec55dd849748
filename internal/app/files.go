package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// Files are the paths of a digest on disk.
type Files struct {
	HTML string `json:"html"`
	Text string `json:"text"`
}

// perMail is how many companies one digest holds at most; with more of them a
// mail would pass the size at which Gmail clips it.
const perMail = 30

// WriteDigest writes a digest into dir: the mail as HTML and text, a page per
// cited source with the quoted sentences marked, and a page per report that
// tells why each article was left out. Every link in the HTML opens offline.
// More companies than one mail can hold become several mails.
func (a *App) WriteDigest(ctx context.Context, dir string, d stockdigest.Digest) ([]Files, error) {
	var all []Files
	for reports := range slices.Chunk(d.Reports, perMail) {
		part := d
		part.Reports = reports
		files, err := a.writeMail(ctx, dir, part)
		if err != nil {
			return all, err
		}
		all = append(all, files)
	}
	return all, nil
}

func (a *App) writeMail(ctx context.Context, dir string, d stockdigest.Digest) (Files, error) {
	name := fileName(d)
	files := Files{HTML: filepath.Join(dir, name+".html"), Text: filepath.Join(dir, name+".txt")}
	charts := a.charts(name, d)
	links := fileLinks(name, charts)
	letter, err := compose.Digest(d, compose.House{Links: links}, compose.Own{})
	if err != nil {
		return files, fmt.Errorf("render the digest: %w", err)
	}
	pages, err := a.evidencePages(ctx, name, d)
	if err != nil {
		return files, err
	}
	pages[name+".html"], pages[name+".txt"] = letter.HTML, letter.Text
	maps.Copy(pages, charts)
	for _, r := range d.Reports {
		if pages[whyNotPath(name, r)], err = compose.WhyNot(r); err != nil {
			return files, fmt.Errorf("render why-not page of %s: %w", r.Ticker, err)
		}
	}
	return files, writeAll(dir, pages)
}

// fileName names a digest after its moment, kind and companies, so that another
// one does not take its place.
func fileName(d stockdigest.Digest) string {
	const shown = 6
	parts := []string{"digest", d.AsOf.UTC().Format("2006-01-02T1504Z")}
	for i, r := range d.Reports {
		if i == 0 {
			parts = append(parts, string(r.Kind))
		}
		if i == shown {
			parts = append(parts, fmt.Sprintf("and-%d-more", len(d.Reports)-shown))
			break
		}
		parts = append(parts, string(r.Ticker))
	}
	return strings.Join(parts, "-")
}

func fileLinks(name string, charts map[string][]byte) compose.Links {
	return compose.Links{
		Evidence: func(e stockdigest.Evidence) string { return sourcePath(name, e.Source) + "#" + compose.Anchor(e) },
		WhyNot:   func(r stockdigest.Report) string { return whyNotPath(name, r) },
		Chart: func(r stockdigest.Report) string {
			if charts[chartPath(name, r)] == nil {
				return ""
			}
			return chartPath(name, r)
		},
	}
}

func sourcePath(name, source string) string {
	return name + "/" + strings.ReplaceAll(source, "/", "-") + ".html"
}

func whyNotPath(name string, r stockdigest.Report) string {
	return name + "/why-not-" + string(r.Ticker) + "-" + string(r.Kind) + ".html"
}

func chartPath(name string, r stockdigest.Report) string {
	return name + "/price-" + string(r.Ticker) + "-" + string(r.Kind) + ".png"
}

// charts draws the closes of the price cards that have some, by their paths. A
// history that cannot be drawn leaves its card without a picture.
func (a *App) charts(name string, d stockdigest.Digest) map[string][]byte {
	drawn, draw := map[string][]byte{}, draw(a.log)
	for _, r := range d.Reports {
		if r.Price == nil || !r.Price.History.Drawable() {
			continue
		}
		if picture := draw(r.Price.History); picture != nil {
			drawn[chartPath(name, r)] = picture
		}
	}
	return drawn
}

// evidencePages renders every cited source once, with all the quotes that the
// digest takes from it.
func (a *App) evidencePages(ctx context.Context, name string, d stockdigest.Digest) (map[string][]byte, error) {
	bullets := bulletsOf(d)
	pages := map[string][]byte{}
	for _, source := range sourcesIn(bullets) {
		body, _, _, err := a.store.SourceText(ctx, source)
		if err != nil {
			return nil, fmt.Errorf("read source %s: %w", source, err)
		}
		page, err := compose.Source(body, source, bullets)
		if err != nil {
			return nil, fmt.Errorf("render source %s: %w", source, err)
		}
		pages[sourcePath(name, source)] = page
	}
	return pages, nil
}

func bulletsOf(d stockdigest.Digest) []stockdigest.Bullet {
	var all []stockdigest.Bullet
	for _, r := range d.Reports {
		for _, s := range r.Sections {
			all = append(all, s.Bullets...)
		}
	}
	return all
}

// sourcesIn lists every source that bullets, or what filings say on them, quote.
func sourcesIn(bullets []stockdigest.Bullet) []string {
	var all []string
	for _, b := range bullets {
		for _, e := range b.Evidence {
			all = append(all, e.Source)
		}
		if b.Context != nil {
			all = append(all, b.Context.Evidence.Source)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// writeAll writes pages below dir, each whole or not at all.
func writeAll(dir string, pages map[string][]byte) error {
	names := make([]string, 0, len(pages))
	for name := range pages {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := makeFolder(filepath.Dir(path)); err != nil {
			return err
		}
		if err := writeFile(path, pages[name]); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, data []byte) error {
	temp := path + ".part"
	if err := os.WriteFile(temp, data, 0o644); err != nil { //nolint:gosec // digests are for reading
		return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "cannot write " + path + ": choose another folder with --out or STOCKDIGEST_DIR", Err: err}
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("put %s in place: %w", path, err)
	}
	return nil
}
