package triage_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"

	"stockdigest.app/stockdigest"
)

// A store is the database as this step sees it.
type store struct {
	material stockdigest.Material
	verdicts []stockdigest.Verdict
	note     string
}

func (s *store) Material(context.Context, stockdigest.Run) (stockdigest.Material, error) {
	return s.material, nil
}

func (s *store) SaveVerdicts(_ context.Context, _ stockdigest.Run, _ stockdigest.StepName, v []stockdigest.Verdict, note string) error {
	s.verdicts, s.note = v, note
	return nil
}

// table reads the starter file: the step's tests may not import its adapter.
func table() []stockdigest.Ticker {
	f, err := os.Open(filepath.Join("..", "..", "adapter", "tickers", "starter.txt"))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	kinds := []stockdigest.NameKind{
		stockdigest.NameCompany, stockdigest.NameBrand, stockdigest.NameProduct, stockdigest.NamePerson, stockdigest.NameContext,
	}
	var rows []stockdigest.Ticker
	for s := bufio.NewScanner(f); s.Scan(); {
		cols := strings.Split(s.Text(), "|")
		if strings.HasPrefix(s.Text(), "#") || len(cols) < 4 {
			continue
		}
		t := stockdigest.Ticker{Symbol: stockdigest.Symbol(strings.TrimSpace(cols[0])), CIK: strings.TrimSpace(cols[2]), Name: strings.TrimSpace(cols[3])}
		for i, list := range cols[4:] {
			for text := range strings.SplitSeq(list, ";") {
				if text = strings.TrimSpace(text); text != "" {
					t.Names = append(t.Names, stockdigest.Name{Text: text, Kind: kinds[i]})
				}
			}
		}
		rows = append(rows, t)
	}
	return rows
}

// wraps reports whether a Google News link of the old form holds the page.
func wraps(link, page string) bool {
	_, code, ok := strings.Cut(link, "/articles/")
	if !ok {
		return false
	}
	code, _, _ = strings.Cut(code, "?")
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(code, "="))
	return strings.Contains(string(raw), page)
}
