package api_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/api"
)

// TestEveryRouteIsDescribed compares the description with the router, the
// security of each route with who may use it, and follows every reference.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	site := api.New(api.Deps{}).Site()
	server := web.New(web.Config{}, web.Deps{
		Sites: []web.Site{site}, Health: web.NewHealth(nil, time.Now, func(string, error) {}),
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	var routed []string
	err := chi.Walk(server.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routed = append(routed, strings.ToLower(method)+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	server.Routes().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.json", nil))
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var described []string
	security := map[string][]string{}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			if method == "parameters" {
				continue
			}
			described = append(described, method+" "+path)
			var op struct{ Security []map[string]any }
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			for _, s := range op.Security {
				security[method+" "+path] = slices.AppendSeq(security[method+" "+path], maps.Keys(s))
			}
		}
	}
	slices.Sort(routed)
	slices.Sort(described)
	if diff := cmp.Diff(routed, described); diff != "" {
		t.Errorf("routes (-router +description):\n%s", diff)
	}
	for _, r := range site.Routes {
		name := strings.ToLower(r.Method) + " " + r.Path
		if got := slices.Contains(security[name], "reader"); got != (r.Who == web.Members) {
			t.Errorf("%s: described for readers %v, open to %s", name, got, r.Who)
		}
		if got := len(security[name]) == 0; got != (r.Who == web.Anyone) {
			t.Errorf("%s: described for anyone %v, open to %s", name, got, r.Who)
		}
	}
	for _, part := range strings.Split(w.Body.String(), `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if doc.Components.Schemas[name] == nil {
			t.Errorf("schema %s is not described", name)
		}
	}
}
