package admin

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"stockdigest.app/stockdigest"
)

//go:embed pages
var files embed.FS

// pages are the parsed templates by name.
type pages map[string]*template.Template

func parsePages() (pages, error) {
	all := pages{}
	for _, name := range []string{"signin", "fail", "overview", "batch", "run"} {
		t, err := template.ParseFS(files, "pages/frame.html.tmpl", "pages/parts.html.tmpl", "pages/"+name+".html.tmpl")
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// frame is what every page has around it.
type frame struct {
	Title       string
	Environment string
	Version     string
	Operator    string // empty: not signed in
	Tasks       string // address of River's console, when there is one
	Refresh     int    // seconds; zero: the page stays
	Zone        string
	Now         string
}

func (a *Admin) frame(title string, who stockdigest.Access) frame {
	now := a.Now().In(a.config.Zone)
	f := frame{
		Title: title, Environment: a.config.Environment, Version: a.config.Version, Operator: who.Name,
		Zone: a.config.Zone.String(), Now: now.Format("2 January 15:04:05"),
	}
	if a.Tasks != nil {
		f.Tasks = TasksPrefix + "/"
	}
	return f
}

// render makes the whole page before it sends the first byte.
func (a *Admin) render(w http.ResponseWriter, status int, name string, view any) error {
	var out bytes.Buffer
	if err := a.pages[name].ExecuteTemplate(&out, "frame", view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the reader may be gone
	return nil
}

func style(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	w.Header().Set("Cache-Control", "max-age=60")
	http.ServeFileFS(w, r, files, "pages/style.css")
	return nil
}
