// Package db holds the queries that sqlc generated and the types they bind. It
// is used by the store only.
package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// layout is fixed in width and always UTC, so that SQLite compares times as
// text in the right order.
const layout = "2006-01-02T15:04:05.000000Z"

// Time is a moment as both databases keep it: UTC, whole microseconds. The
// zero Time is NULL.
type Time struct{ time.Time }

// At returns t as the databases keep it. A year that does not fit in four
// digits, which only a broken feed tells, becomes the nearest that does.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	t = t.UTC().Truncate(time.Microsecond)
	switch {
	case t.Year() < 1:
		t = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)
	case t.Year() > 9999:
		t = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return Time{t}
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil //nolint:nilnil // database/sql's way to say NULL
	}
	return At(t.Time).Format(layout), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = Time{}
	case time.Time:
		*t = At(v)
	case string:
		parsed, err := time.Parse(layout, v)
		if err != nil {
			return fmt.Errorf("read a stored time: %w", err)
		}
		*t = Time{parsed}
	default:
		return fmt.Errorf("read a stored time: %T is no time", v)
	}
	return nil
}
