package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

//go:embed pages
var files embed.FS

// pages are the parsed templates by name.
type pages map[string]*template.Template

func parsePages() (pages, error) {
	all := pages{}
	for _, name := range []string{"leave", "confirm", "fail"} {
		t, err := template.ParseFS(files, "pages/frame.html.tmpl", "pages/"+name+".html.tmpl")
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// A company is one as pages name it.
type company struct {
	Symbol stockdigest.Symbol
	Name   string
}

// A view is what the pages show.
type view struct {
	Title     string
	Said      string // what a form just did
	Agreed    bool
	Served    bool // an operator let the reader in
	Used      bool // the link did what it is for
	Companies []company
	Undo      string // what can be taken back: all or a symbol
	Message   string // of a failure
}

func (s *Site) viewOf(title string, h holder) view {
	v := view{
		Title: title, Agreed: h.reader.Mails.Agreed, Served: h.reader.State == stockdigest.ReaderActive,
		Used: !h.token.UsedAt.IsZero(),
	}
	for _, symbol := range h.reader.Tickers {
		v.Companies = append(v.Companies, company{symbol, s.nameOf(symbol)})
	}
	return v
}

func (s *Site) nameOf(symbol stockdigest.Symbol) string {
	t, err := s.Tickers.Lookup(string(symbol))
	if err != nil || t.Name == "" {
		return string(symbol)
	}
	return t.Name
}

func (s *Site) showLeave(w http.ResponseWriter, r *http.Request, h holder, said string) error {
	v := s.viewOf("Your mails", h)
	v.Said = said
	scope, ok, err := s.undoable(r.Context(), h)
	if err != nil {
		return err
	}
	if ok {
		v.Undo = string(scope)
		if scope == "" {
			v.Undo = everything
		}
	}
	return s.render(w, http.StatusOK, "leave", v)
}

func (s *Site) showConfirm(w http.ResponseWriter, h holder) error {
	return s.render(w, http.StatusOK, "confirm", s.viewOf("Your digest", h))
}

// fail shows an error on a page of its own.
func (s *Site) fail(w http.ResponseWriter, _ *http.Request, f web.Failure) {
	v := view{Title: "That did not work", Message: f.Message}
	if f.Status == http.StatusNotFound {
		v.Title = "This link does not work"
	}
	if err := s.render(w, f.Status, "fail", v); err != nil {
		http.Error(w, f.Message, f.Status)
	}
}

// referrer lets a browser say from which origin a form of ours comes, and no more.
// Under no-referrer, which all other pages have, the Origin of a form is null, as
// it is of what others forge in a sandbox: then a browser that sends no
// Sec-Fetch-Site could not confirm. Under same-origin the Referer of our style
// sheet would name the whole address, and with it the secret, to every log on the
// way. Under strict-origin the path goes to nobody.
const referrer = "strict-origin"

// render makes the whole page before it sends the first byte.
func (s *Site) render(w http.ResponseWriter, status int, name string, v view) error {
	var out bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&out, "frame", v); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", referrer)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the reader may be gone
	return nil
}

func style(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeFileFS(w, r, files, "pages/site.css")
	return nil
}
