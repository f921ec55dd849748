package db_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

func TestTimesSortAsText(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 9*3600)
	inOrder := []time.Time{
		time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 2, 8, 0, 0, 0, east), // 23:00 the day before
		time.Date(2026, 3, 2, 0, 0, 0, 1_000, time.UTC),
		time.Date(2026, 3, 2, 0, 0, 0, 100_000_000, time.UTC),
		time.Date(2026, 3, 2, 0, 0, 1, 0, time.UTC),
		time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	last := ""
	for _, at := range inOrder {
		v, err := db.At(at).Value()
		if err != nil {
			t.Fatal(err)
		}
		text, ok := v.(string)
		if !ok || len(text) != len("2006-01-02T15:04:05.000000Z") || text <= last {
			t.Errorf("%s: got %v after %s", at, v, last)
		}
		last = text
	}
}

func TestTimeComesBackInMicrosecondsAndUTC(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 1, 23, 0, 0, 123_456_000, time.UTC)
	value, err := db.At(want.Add(789).In(time.FixedZone("east", 9*3600))).Value()
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range []any{value, want.Add(789).In(time.FixedZone("west", -3600))} { // as SQLite and as pgx give it
		var got db.Time
		if err := got.Scan(stored); err != nil || got.Time != want {
			t.Errorf("%v: got %v, %v, want %v", stored, got, err, want)
		}
	}
}

func TestNoTimeIsNull(t *testing.T) {
	t.Parallel()
	v, err := db.At(time.Time{}).Value()
	if v != nil || err != nil {
		t.Errorf("got %v, %v, want NULL", v, err)
	}
	got := db.At(time.Unix(1, 0))
	if err := got.Scan(nil); err != nil || !got.IsZero() {
		t.Errorf("got %v, %v, want no time", got, err)
	}
}

func TestStrangeTimesAreRefused(t *testing.T) {
	t.Parallel()
	for _, stored := range []any{"2026-03-02 08:00:00", "", int64(7), []byte("x")} {
		var got db.Time
		if err := got.Scan(stored); err == nil {
			t.Errorf("%v: got %v, want an error", stored, got)
		}
	}
}
