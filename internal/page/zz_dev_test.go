package page_test

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"testing"

	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/page"
)

func TestZZ(t *testing.T) {
	dir := os.Getenv("ZZ")
	if dir == "" {
		t.Skip()
	}
	meta := map[string]any{}
	r, err := eval.Extraction(dir, func(h []byte, u string) eval.Page {
		a, err := page.Read(h, u)
		m := map[string]any{"title": a.Title, "author": a.Author, "date": a.PublishedAt, "source": a.DateSource, "pay": a.Paywalled, "lang": a.Language}
		if err != nil {
			m["err"] = err.Error()
		}
		meta[u] = m
		return eval.Page{Text: a.Text, Title: a.Title, Author: a.Author, PublishedAt: a.PublishedAt}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for k := range r.Figures {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("%s %.4f\n", k, r.Figures[k])
	}
	b, _ := json.MarshalIndent(r.Predictions, "", " ")
	os.WriteFile("/tmp/pg/pred.json", b, 0o644)
	b, _ = json.MarshalIndent(meta, "", " ")
	os.WriteFile("/tmp/pg/meta.json", b, 0o644)
}
