package cluster_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
)

// form4 is a form of one insider who bought some days before morning.
func form4(n, days int) stockdigest.Filing {
	at := morning().AddDate(0, 0, -days)
	text := fmt.Sprintf("Insider %d, a director, bought %d00 shares of Brownfield Paper Inc. at $%d a share, and held %d000 shares directly afterwards.", n, n, 10+n, n)
	return stockdigest.Filing{
		Accession: stockdigest.Accession(fmt.Sprintf("0000000042-19-%06d", n)), CIK: "0000000042", Form: "4", FiledAt: at,
		Documents: []stockdigest.Document{{Seq: 1, Text: text, Hash: stockdigest.Hash(text)}},
		Dealings: stockdigest.Dealings{
			Issuer: "42", Owners: []stockdigest.Insider{{CIK: strconv.Itoa(n), Name: fmt.Sprintf("Insider %d", n)}},
			Trades: []stockdigest.Trade{{Day: at.AddDate(0, 0, -1).Format(time.DateOnly), Shares: "100", Value: "1000"}},
		},
	}
}

func TestInsidersWhoTradeAtOnceAreOneStory(t *testing.T) {
	t.Parallel()
	m := stockdigest.Material{Ticker: ticker(), Filings: []stockdigest.Filing{form4(1, 1), form4(2, 3), form4(3, 5)}}
	m.Filings[0].Documents = append(m.Filings[0].Documents, disclosure.Clusters("42", m.Filings)[0].Document("Brownfield Paper Inc."))
	stories, _ := cluster.Stories(m)
	const count = "3 insiders of Brownfield Paper Inc. bought 300 shares worth $3,000 in all from November 14, 2019 to November 18, 2019, by their 3 Form 4 filings."
	if len(stories) != 1 || len(stories[0].Filings) != 3 || stories[0].Headline != count {
		t.Errorf("got %+v, want one story of three forms, headed by their count", stories)
	}
}

func TestTwoInsidersAreTwoStories(t *testing.T) {
	t.Parallel()
	stories, _ := cluster.Stories(stockdigest.Material{Ticker: ticker(), Filings: []stockdigest.Filing{form4(1, 1), form4(2, 3)}})
	if len(stories) != 2 {
		t.Errorf("got %+v, want one story for each form", stories)
	}
}
