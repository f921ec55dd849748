package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// A sent is a statement with how many rows it writes and the first value of each.
type sent struct {
	numbers int
	ids     []string
}

// A notebook is a database that only notes what it is sent.
type notebook struct {
	db.DBTX
	sent []sent
}

var numbers = regexp.MustCompile(`\$(\d+)`)

func (n *notebook) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	s := sent{}
	for i, number := range numbers.FindAllStringSubmatch(query, -1) {
		if number[1] != strconv.Itoa(i+1) {
			return nil, fmt.Errorf("got $%s in place %d", number[1], i+1)
		}
		s.numbers++
	}
	const columns = 9 // of an article
	for i := 0; i < len(args); i += columns {
		s.ids = append(s.ids, fmt.Sprint(args[i]))
	}
	if s.numbers != len(args) {
		return nil, fmt.Errorf("got %d values for %d numbers", len(args), s.numbers)
	}
	n.sent = append(n.sent, s)
	return nil, nil //nolint:nilnil // nobody asks for the outcome
}

func articles(n int) []db.UpsertArticleParams {
	var rows []db.UpsertArticleParams
	for i := range n {
		rows = append(rows, db.UpsertArticleParams{ID: fmt.Sprintf("%05d", (i*7919)%n)})
	}
	return rows
}

func TestManyRowsAreFewStatements(t *testing.T) {
	t.Parallel()
	single, many := &notebook{}, &notebook{}
	for _, row := range articles(200) { // row by row, which is too many
		if err := db.New(single).UpsertArticle(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.New(many).UpsertArticles(t.Context(), articles(200)); err != nil {
		t.Fatal(err)
	}
	if len(single.sent) != 200 || len(many.sent) != 4 {
		t.Fatalf("got %d statements row by row and %d together, want 200 and 4", len(single.sent), len(many.sent))
	}
	var ids []string
	for _, s := range many.sent {
		ids = append(ids, s.ids...)
	}
	if len(ids) != 200 || !slices.IsSorted(ids) {
		t.Fatalf("got %d rows, sorted: %v", len(ids), slices.IsSorted(ids))
	}
}

func TestNoStatementWritesARowTwice(t *testing.T) {
	t.Parallel()
	book := &notebook{}
	var rows []db.UpsertArticleParams
	for _, id := range []string{"b", "a", "c", "b", "b"} {
		rows = append(rows, db.UpsertArticleParams{ID: id})
	}
	if err := db.New(book).UpsertArticles(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, s := range book.sent {
		got = append(got, s.ids)
	}
	if diff := cmp.Diff([][]string{{"a", "b"}, {"b"}, {"b", "c"}}, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}
