package stockdigest_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
)

func TestNextMonthBeginsOnItsFirst(t *testing.T) {
	t.Parallel()
	for day, want := range map[stockdigest.Day]stockdigest.Day{
		"2026-01-31": "2026-02-01", "2026-02-01": "2026-03-01", "2024-02-29": "2024-03-01", "2026-12-05": "2027-01-01",
	} {
		if got := day.NextMonth(); got != want {
			t.Errorf("after %s: got %s, want %s", day, got, want)
		}
	}
}

func TestMonthIsThatOfTheReader(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC)
	for zone, want := range map[string]stockdigest.Day{
		"Pacific/Auckland": "2026-11-01", "America/New_York": "2026-10-01", "UTC": "2026-10-01", "Europe/Paris": "2026-11-01",
	} {
		if got := (stockdigest.Reader{TimeZone: zone}).Month(at); got != want {
			t.Errorf("%s: got %s, want %s", zone, got, want)
		}
	}
}
