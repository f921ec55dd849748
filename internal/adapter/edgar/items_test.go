package edgar_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestItems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, form, text string
		want             []string
	}{
		{"new numbering", "8-K", "Form 8-K\n\nItem 5.02 Departure\n\nMs. A left.\n\nITEM 9.01. Exhibits\n\n99.1\n\nSIGNATURES\n\nby X", []string{"5.02: Item 5.02 Departure\n\nMs. A left.", "9.01: ITEM 9.01. Exhibits\n\n99.1"}},
		{"old numbering", "8-K", "Item 5. Other Events\n\nSold. See Item 7.\n\nItem 7(c). Exhibits\n\n99\n\nSIGNATURE", []string{"5: Item 5. Other Events\n\nSold. See Item 7.", "7: Item 7(c). Exhibits\n\n99"}},
		{"contents before the text", "8-K", "Item 8.01 Other\n\nSIGNATURES\n\nItem 8.01 Other\n\nA long story.\n\nSIGNATURES", []string{"8.01: Item 8.01 Other\n\nA long story."}},
		{"old item quoted in a new form", "8-K", "Item 5.02 Departure\n\nItem 401 of Regulation S-K\n\nItem 5 text\n\nSIGNATURE", []string{"5.02: Item 5.02 Departure\n\nItem 401 of Regulation S-K\n\nItem 5 text"}},
		{"heading without a space", "8-K", "ITEM 2.02Results\n\nGood.", []string{"2.02: ITEM 2.02Results\n\nGood."}},
		{"annual report with contents and cross references", "10-K", "Item 1. | Business | 1\nItem 1A. | Risk Factors | 2\nItem 16. | Summary | 3\n\nPART I\n\nItem 1. Business\n\nWe make things, and sell them.\n\nItem 7 of this report says more.\n\nItem 1A. Risk Factors\n\nMany and long ones.\n\nItem 16. Summary\n\nNone.\n\nSIGNATURES", []string{"1: Item 1. Business\n\nWe make things, and sell them.\n\nItem 7 of this report says more.", "1A: Item 1A. Risk Factors\n\nMany and long ones.", "16: Item 16. Summary\n\nNone."}},
		{"quarterly report", "10-Q", "PART I\n\nItem 1. Financial Statements\n\nTables.\n\nItem 2. Management's Discussion\n\nWords.\n\nPART II\n\nItem 1. Legal Proceedings\n\nNone.\n\nItem 6. Exhibits\n\nList.", []string{"I.1: Item 1. Financial Statements\n\nTables.", "I.2: Item 2. Management's Discussion\n\nWords.", "II.1: Item 1. Legal Proceedings\n\nNone.", "II.6: Item 6. Exhibits\n\nList."}},
		{"statements behind the last item", "10-K", "PART IV\n\nItem 15. Exhibits\n\nList.\n\nItem 16. Summary\n\nNone.\n\nINDEX TO FINANCIAL STATEMENTS\n\nA long table of figures.\n\nSIGNATURES", []string{"15: Item 15. Exhibits\n\nList.", "16: Item 16. Summary\n\nNone."}},
		{"report from abroad", "20-F", "Item 3. | Key Information | 3\nD. | Risk Factors | 4\nItem 4. | Information on the Company | 9\n\nPART I\n\nItem 3. Key Information\n\nA. [Reserved]\n\nD. Risk Factors\n\nMany and long ones.\n\nItem 3. Key Information\n\nSee Item 5.\n\nItem 4. Information on the Company\n\nWe sail ships.\n\nItem 4A. Unresolved Staff Comments\n\nNone.\n\nItem 5. Review\n\nFreight rose.\n\nItem 5 of this report says more.\n\nItem 16.A. Expert\n\nOne.\n\nSIGNATURES", []string{"3: Item 3. Key Information\n\nA. [Reserved]", "3.D: D. Risk Factors\n\nMany and long ones.\n\nItem 3. Key Information\n\nSee Item 5.", "4: Item 4. Information on the Company\n\nWe sail ships.", "4A: Item 4A. Unresolved Staff Comments\n\nNone.", "5: Item 5. Review\n\nFreight rose.\n\nItem 5 of this report says more.", "16A: Item 16.A. Expert\n\nOne."}},
		{"report from abroad by sections", "20-F", "Item 3.D. Risk Factors\n\nStorms.\n\nItem 4.A History\n\nOld.\n\nItem 5. Review\n\nItem 5.A. Operating Results\n\nFreight rose.\n\nItem 5B. Liquidity\n\nCash.", []string{"3.D: Item 3.D. Risk Factors\n\nStorms.", "4.A: Item 4.A History\n\nOld.", "5: Item 5. Review", "5.A: Item 5.A. Operating Results\n\nFreight rose.", "5.B: Item 5B. Liquidity\n\nCash."}},
		{"information form in a 40-F", "40-F", "Risk Factors | 9\nDividends | 12\n\nOur business\n\nMines.\n\nRISK FACTORS\n\nPrices of gold fall and rise.\n\nRisk factors\n\nPits flood.\n\n8. Directors and Executive Officers\n\nNames.", []string{"risks: RISK FACTORS\n\nPrices of gold fall and rise.\n\nRisk factors\n\nPits flood."}},
		{"form without items", "6-K", "Item 1. Anything", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, it := range edgar.Items(tc.form, tc.text) {
				got = append(got, it.Number+": "+tc.text[it.Start:it.End])
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestItemTitles(t *testing.T) {
	t.Parallel()
	text := "Item 5.02.\n\nDeparture of Directors\n\nX.\n\nItem 8.01 | Other Events.\n\nY."
	var got []string
	for _, it := range edgar.Items("8-K", text) {
		got = append(got, it.Title)
	}
	if diff := cmp.Diff([]string{"Departure of Directors", "Other Events"}, got); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
}

func TestSplitItemsKnowsTheForm(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, raw string
		want      int
	}{
		{"cover", "<p>Form 10-Q</p><p>PART I</p><p>Item 2. Discussion</p><p>Text.</p>", 1},
		{"silent cover", "<p>Item 5.02 Departure</p><p>Text.</p>", 1},
		{"cover of a foreign report", "<p>FORM 20-F</p><p>Item 5. Review</p><p>Text.</p>", 1},
		{"submission of another form", "<DOCUMENT>\n<TYPE>SC TO-T\n<TEXT>\nItem 1. Terms\n\nText.\n</TEXT>", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := edgar.SplitItems("", []byte(tc.raw)); err != nil || len(got) != tc.want {
				t.Errorf("got %v, %v, want %d items", got, err, tc.want)
			}
		})
	}
}

func TestSplitItemsFindsTheItemsOfReports(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t, "edgar", "primary_docs")
	for _, tc := range []struct {
		file string
		want string
	}{
		{"Apple.10-K.html.gz", "1 1A 1B 1C 2 3 4 5 6 7 7A 8 9 9A 9B 9C 10 11 12 13 14 15 16"},
		{"parity_gate_20-F_0001062993-16-008650.html.gz", "1 2 3 3.D 4 4A 5 6 7 8 9 10 11 12 13 14 15 16A 16B 16C 16D 16E 16F 16G 16H 17 18 19"},
		{"parity_gate_20-F_0001062993-21-003193.html.gz", "1 2 3 3.D 4 4A 5 6 7 8 9 10 11 12 13 14 15 16A 16B 16C 16D 16E 16F 17 18 19"},
		{"html_xom_10q_xom-10-q-2025-08-04.html.gz", "I.1 I.2 I.3 I.4 II.1 II.2 II.5 II.6"},
	} {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			got, err := edgar.SplitItems(tc.file, readData(t, filepath.Join(dir, tc.file)))
			if err != nil {
				t.Fatal(err)
			}
			for n := range strings.FieldsSeq(tc.want) {
				if got[n] == "" {
					t.Errorf("item %s is missing", n)
				}
			}
			if len(got) != len(strings.Fields(tc.want)) {
				t.Errorf("got %d items, want %s", len(got), tc.want)
			}
		})
	}
}
