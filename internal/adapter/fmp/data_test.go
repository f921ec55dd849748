package fmp_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestQuotedShapesOfPressReleases(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(datatest.Dir(t, "api_samples"), "fmp_finnhub_quoted.json"))
	if err != nil {
		t.Fatal(err)
	}
	var shapes struct {
		FMP map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &shapes); err != nil {
		t.Fatal(err)
	}
	// The documentation's press releases carry no url: nothing to link, nothing to quote.
	w := stockdigest.Window{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: now()}
	got, err := setup(&service{body: string(shapes.FMP["news/press-releases (docs example)"])}).PressReleases(t.Context(), "LNW", w)
	if err != nil || len(got) != 0 {
		t.Errorf("press releases without url: got %v, %v, want none", got, err)
	}
	calls, err := setup(&service{body: string(shapes.FMP["earning-call-transcript-dates"])}).Calls(t.Context(), "AAPL")
	if want := []fmp.Call{{Year: 2025, Quarter: 1, Day: "2025-01-30"}}; err != nil || !slices.Equal(calls, want) {
		t.Errorf("calls: got %v, %v, want %v", calls, err, want)
	}
}

func TestMockedShapesOfQuotes(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t, "api_samples", "fmp_mocks_from_tests")
	for file, want := range map[string]float64{
		"fmp-data_test_company__full_quote_data.json":                150,
		"fmp-data_test_company__test_async_company_get_quote.json":   150,
		"fmp-data_test_company__test_quote_with_missing_fields.json": 0, // a price of zero is none
		"fmp-mcp-server_conftest__mock_stock_quote_response.json":    0, // no time
		"fmp-mcp-server_conftest__mock_quote_order_response.json":    190.5,
	} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		body := string(raw)
		if body[0] == '{' {
			body = "[" + body + "]"
		}
		got, err := setup(&service{body: body}).Quote(t.Context(), "AAPL")
		if (err == nil) != (want != 0) || got.Price != want {
			t.Errorf("%s: got %+v, %v, want %g", file, got, err, want)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(news)
	f.Add(`[{"symbol":"LNW","price":1e308,"previousClose":-1,"exchange":"NYSE","timestamp":-9223372036854775808}]`)
	f.Add(`[{"symbol":"LNW","date":"2025-02-03","close":5e-324,"quarter":"Q3","year":2025,"content":"\ud800"}]`)
	f.Add(`{"Error Message":"\u0000"}`)
	f.Add(`[{"symbol":"LNW","period":"Q3","year":2025,"date":"2025-02-03","content":"Ada Quill: Sales rose.\nÉ O’N: \n: x\nOperator: a question\nAda Quill: Yes?"}]`)
	f.Fuzz(func(t *testing.T, body string) {
		w := stockdigest.Window{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), To: now()}
		items, _ := setup(&service{body: body}).News(t.Context(), "LNW", w)
		for _, it := range items {
			if _, err := stockdigest.CanonicalURL(it.Link); err != nil || !w.Holds(it.Published) || it.Title == "" || len(it.Description) > 4<<10 || !utf8.ValidString(it.Title+it.Description) {
				t.Errorf("body %q: got %+v", body, it)
			}
		}
		if q, err := setup(&service{body: body}).Quote(t.Context(), "LNW"); err == nil && (q.Price <= 0 || q.AsOf.After(now().Add(time.Hour)) || q.Currency == "") {
			t.Errorf("body %q: got %+v", body, q)
		}
		h, err := setup(&service{body: body}).History(t.Context(), "LNW", 30)
		if err == nil && !slices.IsSortedFunc(h.Closes, func(a, b stockdigest.Close) int { return cmp.Compare(a.Day, b.Day) }) {
			t.Errorf("body %q: got %+v", body, h)
		}
		if text, err := setup(&service{body: body}).Transcript(t.Context(), "LNW", 2025, 3); err == nil && (text.Text == "" || !utf8.ValidString(text.Text)) {
			t.Errorf("body %q: got %+v", body, text)
		}
		f, err := setup(&service{body: body}).ReadCall(t.Context(), stockdigest.Ticker{Symbol: "LNW"}, stockdigest.Filing{Accession: "FMP-LNW-2025Q3", Form: stockdigest.FormCall})
		for _, d := range f.Documents {
			end := 0
			for _, it := range d.Items {
				if err != nil || it.Title == "" || it.Start < end || it.End < it.Start || it.End > len(d.Text) {
					t.Errorf("body %q: got %+v, %v after byte %d, want turns in order", body, it, err, end)
				}
				end = it.End
			}
		}
	})
}
