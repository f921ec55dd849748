package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// TestDoctorNamesTheReaderWhoseCreditsDoNotAddUp changes accounts behind the
// program's back.
func TestDoctorNamesTheReaderWhoseCreditsDoNotAddUp(t *testing.T) {
	t.Parallel()
	opts := options(t)
	const readers = 7
	addReaders(t, opts, readers)
	out, err := examine(t.Context(), opts)
	if err != nil || !strings.Contains(out, "every account agrees") {
		t.Fatalf("got %q, %v of accounts as they were made", out, err)
	}

	file, err := sql.Open("sqlite", filepath.Join(opts.Dir, app.Live(opts).File()))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct{ where, want string }{
		{"WHERE reader_id = (SELECT id FROM readers WHERE email = 'reader3@example.com')", "reader reader3@example.com: 6 where 5 is right (balance, against the sum of the ledger)"},
		{"", "and 2 more"},
	} {
		if _, err := file.ExecContext(t.Context(), "UPDATE credit_accounts SET balance = balance + 1 "+c.where); err != nil {
			t.Fatal(err)
		}
		out, err := examine(t.Context(), opts)
		if !errors.Is(err, stockdigest.ErrUnavailable) || !strings.Contains(out, c.want) || !strings.Contains(out, "credits check") {
			t.Errorf("got %q, %v; want %q in it, the way out, and an error", out, err, c.want)
		}
	}
}

// addReaders makes readers with the credits of their month.
func addReaders(t *testing.T, opts app.Options, n int) {
	t.Helper()
	a, err := app.New(t.Context(), opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		email := fmt.Sprintf("reader%d@example.com", i)
		_, added := a.AddReader(t.Context(), app.ReaderChange{Email: email})
		_, granted := a.Credits(t.Context(), email, 1)
		if err := errors.Join(added, granted); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// examine is doctor without the network: what it prints, and its error.
func examine(ctx context.Context, opts app.Options) (string, error) {
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: io.Discard}
	err := app.ShowChecks(console, app.Doctor(ctx, opts, true, console))
	return out.String(), err
}
