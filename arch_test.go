package stockdigest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "stockdigest.app/stockdigest"

// layers is the architecture: who may import whom inside this module. The
// first row that matches a package decides, so a new package needs a decision
// here; a row that matches nothing is stale and fails the test.
var layers = []struct {
	pkg string   // path.Match pattern; "." is the module root
	may []string // what non-test files may import from this module
	why string
}{
	{".", nil, "the nouns know nobody"},
	{"internal/text", nil, "plain text knows nobody"},
	{"internal/events", nil, "words alone tell an event"},
	{"internal/desk", []string{"."}, "models are asked alike in every step"},
	{"internal/turn", []string{"."}, "who comes first, of anything"},
	{"internal/facts", []string{".", "internal/text"}, "facts are found in text"},
	{"internal/disclosure", []string{".", "internal/text", "internal/events", "internal/facts"}, "what filings tell is found in their text"},
	{"internal/names", []string{".", "internal/text"}, "companies are found in text"},
	{"internal/page", []string{".", "internal/text"}, "a page is read without knowing who asks"},
	{"internal/adapter/edgar", []string{".", "internal/adapter/fetch"}, "sources share the polite client"},
	{"internal/adapter/feeds", []string{".", "internal/adapter/fetch"}, "sources share the polite client"},
	{"internal/adapter/fmp", []string{".", "internal/adapter/fetch"}, "sources share the polite client"},
	{"internal/adapter/gnews", []string{".", "internal/adapter/fetch"}, "sources share the polite client"},
	{"internal/adapter/scrapfly", []string{".", "internal/adapter/fetch"}, "sources share the polite client"},
	{"internal/adapter/store", []string{".", "internal/adapter/store/db"}, "the store alone speaks SQL"},
	{"internal/adapter/store/db", nil, "generated queries know no noun"},
	{"internal/adapter/*", []string{"."}, "adapters speak nouns and never meet"},
	{"internal/adapter/*/*test", []string{".", "internal/adapter/*"}, "a test kit wraps its own adapter"},
	{"internal/pipeline/*", []string{".", "internal/desk", "internal/text", "internal/events", "internal/facts", "internal/disclosure", "internal/names", "internal/page", "internal/turn"}, "steps hand over nouns and never meet; the language packages are pure"},
	{"internal/pipeline", []string{".", "internal/pipeline/*"}, "the flow orders its steps"},
	{"internal/control/*", []string{".", "internal/turn"}, "when and how much, of anything"},
	{"internal/deliver", []string{"."}, "who gets what, once; how mails look and leave comes in"},
	{"internal/web", []string{"."}, "the kit knows no page"},
	{"internal/web/*", []string{".", "internal/web"}, "pages reach the service through interfaces of their own"},
	{"internal/ops", []string{"."}, "looks at what the service stands on"},
	{"internal/sim", []string{"."}, "the pretend world looks like the outside"},
	{"internal/bench", []string{"."}, "rigs; what they try comes in as an interface"},
	{"internal/night", []string{"."}, "a recorded night looks like the outside"},
	{"internal/eval", []string{"."}, "measures; the steps come in as functions"},
	{"internal/datatest", nil, "finds the labelled sets for tests"},
	{"internal/app", []string{".", "internal/*", "internal/*/*"}, "the one place that knows everybody"},
	{"cmd/*", []string{".", "internal/app"}, "flags and signals only"},
}

func TestImportDirections(t *testing.T) {
	used := make([]bool, len(layers))
	found := packages(t)
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		imports := found[pkg]
		row := -1
		for i, l := range layers {
			if match(l.pkg, pkg) {
				row = i
				break
			}
		}
		if row < 0 {
			t.Errorf("%s: no row in layers; decide where it belongs", pkg)
			continue
		}
		used[row] = true
		for _, imp := range imports {
			in, ours := strings.CutPrefix(imp, module)
			in = strings.TrimPrefix(in, "/")
			switch {
			case !ours && pkg == "." && strings.Contains(imp, "."):
				t.Errorf("the module root must import only the standard library, not %s", imp)
			case ours && !allowed(layers[row].may, in):
				t.Errorf("%s must not import %s: %s", pkg, in, layers[row].why)
			}
		}
	}
	for i, l := range layers {
		if !used[i] {
			t.Errorf("layers row %q matches no package; delete it", l.pkg)
		}
	}
}

// packages maps each package directory to the imports of its non-test files.
// It parses files itself instead of running "go list": go test notices files
// a test opens, but not what a child process reads, and would serve a stale
// cached PASS.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(p)
		if _, ok := found[dir]; !ok {
			found[dir] = nil
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value) // the parser accepted it
			found[dir] = append(found[dir], imp)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read the module: %v", err)
	}
	return found
}

func allowed(patterns []string, p string) bool {
	if p == "" {
		p = "."
	}
	for _, pat := range patterns {
		if match(pat, p) && !strings.HasSuffix(p, "test") {
			return true
		}
	}
	return false
}

func match(pattern, p string) bool {
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}
