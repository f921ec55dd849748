package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// clean makes s storable: PostgreSQL refuses bytes that are not UTF-8, and
// NUL. SQLite would take them, and two engines would keep two things.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// at is t, or other when t was not told.
func at(t, other time.Time) db.Time {
	if t.IsZero() {
		return db.At(other)
	}
	return db.At(t)
}

// pack writes v as JSON; an empty list is [].
func pack[T any](v []T) (string, error) {
	if v == nil {
		v = []T{}
	}
	return packOne(v)
}

func packOne(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write %T as JSON: %w", v, err)
	}
	return string(raw), nil
}

// unpack reads what pack wrote; an empty list is nil.
func unpack[T any](raw string) ([]T, error) {
	var v []T
	if err := unpackOne(raw, &v); err != nil {
		return nil, err
	}
	if len(v) == 0 {
		return nil, nil
	}
	return v, nil
}

func unpackOne(raw string, v any) error {
	if err := json.Unmarshal([]byte(raw), v); err != nil {
		return fmt.Errorf("read stored JSON: %w", err)
	}
	return nil
}
