package edgar_test

import (
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
)

func TestFilingsReadsAcceptanceTimes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, stamps, want string }{
		{"UTC: others came at what would be 23:00 Eastern", `"2024-03-05T20:05:10.000Z","2024-03-05T23:30:00.000Z"`, "2024-03-05T20:05:10Z"},
		{"Eastern: others came at what would be 01:02 Eastern", `"2024-03-05T20:05:10.000Z","2024-03-05T06:02:24.000Z"`, "2024-03-06T01:05:10Z"},
		{"no evidence: the Z is believed", `"2024-03-05T20:05:10.000Z"`, "2024-03-05T20:05:10Z"},
		{"a bare date", `"2024-03-05T00:00:00.000Z"`, "2024-03-05T00:00:00Z"},
		{"no stamp at all", ``, "2024-03-05T00:00:00Z"},
		{"broken", `"yesterday"`, "2024-03-05T00:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			list := strings.NewReplacer(`"2024-03-05T23:05:10.000Z"`, tc.stamps, `"8-K"`, `"10-Q"`).Replace(list8K)
			got := one(t, list, march())
			if want := instant(tc.want); !got.FiledAt.Equal(want) || got.FiledAt.Location() != time.UTC {
				t.Errorf("got %s, want %s in UTC", got.FiledAt, want)
			}
		})
	}
}

func TestFilingsTriesBothReadingsOfAnUnsureClock(t *testing.T) {
	t.Parallel()
	// 14:00 may be 14:00 UTC or 19:00 UTC; only the second lies in the window.
	list := strings.NewReplacer("T23:05:10.000Z", "T14:00:00.000Z", `"8-K"`, `"10-Q"`).Replace(list8K)
	w := stockdigest.Window{From: instant("2024-03-05T18:00:00Z"), To: instant("2024-03-05T20:00:00Z")}
	if got := one(t, list, w); !got.FiledAt.Equal(instant("2024-03-05T19:00:00Z")) {
		t.Errorf("got %s, want the Eastern reading", got.FiledAt)
	}
}

// one returns the only filing of a list.
func one(t *testing.T, list string, w stockdigest.Window) stockdigest.Filing {
	t.Helper()
	sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list), folder + "a8k.htm": []byte("<p>Text.</p>")}}
	got, err := edgar.New(sec).Filings(t.Context(), acme(), w)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %d filings, %v, want one", len(got), err)
	}
	return got[0]
}
