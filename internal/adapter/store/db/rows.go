package db

import (
	"context"
	"database/sql"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A query that inserts one row is sent here with many rows at once: each
// statement costs a round trip, and a transaction holds its locks that long.
// Rows are written in the order of their keys, so that two transactions do not
// wait for each other in a circle, and rows of one key in the order in which
// they come.

// maxRows bounds the rows of one statement. Measured: more cost more each, and
// 64 rows of ten values are far from the 32,766 values that SQLite takes.
const maxRows = 64

// UpsertArticles is UpsertArticle for many rows, which it sorts by key.
func (q *Queries) UpsertArticles(ctx context.Context, rows []UpsertArticleParams) error {
	in := insert{upsertArticle, q.upsertArticleStmt}
	return write(ctx, q, in, rows, func(r UpsertArticleParams) string { return r.ID })
}

// AddSightings is AddSighting for many rows, which it sorts by key.
func (q *Queries) AddSightings(ctx context.Context, rows []AddSightingParams) error {
	in := insert{addSighting, q.addSightingStmt}
	return write(ctx, q, in, rows, func(r AddSightingParams) string { return keyOf(r.FeedUrl, r.ArticleID) })
}

// MergeCandidates is MergeCandidate for many rows, which it sorts by key.
func (q *Queries) MergeCandidates(ctx context.Context, rows []MergeCandidateParams) error {
	in := insert{mergeCandidate, q.mergeCandidateStmt}
	return write(ctx, q, in, rows, func(r MergeCandidateParams) string { return keyOf(r.RunID, r.ArticleID) })
}

// PutCandidates is PutCandidate for many rows, which it sorts by key.
func (q *Queries) PutCandidates(ctx context.Context, rows []PutCandidateParams) error {
	in := insert{putCandidate, q.putCandidateStmt}
	return write(ctx, q, in, rows, func(r PutCandidateParams) string { return keyOf(r.RunID, r.ArticleID) })
}

// UpsertTickers is UpsertTicker for many rows, which it sorts by key.
func (q *Queries) UpsertTickers(ctx context.Context, rows []UpsertTickerParams) error {
	in := insert{upsertTicker, q.upsertTickerStmt}
	return write(ctx, q, in, rows, func(r UpsertTickerParams) string { return r.Symbol })
}

// UpsertTickerNames is UpsertTickerName for many rows, which it sorts by key.
func (q *Queries) UpsertTickerNames(ctx context.Context, rows []UpsertTickerNameParams) error {
	in := insert{upsertTickerName, q.upsertTickerNameStmt}
	return write(ctx, q, in, rows, func(r UpsertTickerNameParams) string { return keyOf(r.Symbol, r.Name) })
}

// UpsertTickerFeeds is UpsertTickerFeed for many rows, which it sorts by key.
func (q *Queries) UpsertTickerFeeds(ctx context.Context, rows []UpsertTickerFeedParams) error {
	in := insert{upsertTickerFeed, q.upsertTickerFeedStmt}
	return write(ctx, q, in, rows, func(r UpsertTickerFeedParams) string { return keyOf(r.Symbol, r.Url, r.Role) })
}

// UpsertFilings is UpsertFiling for many rows, which it sorts by key.
func (q *Queries) UpsertFilings(ctx context.Context, rows []UpsertFilingParams) error {
	in := insert{upsertFiling, q.upsertFilingStmt}
	return write(ctx, q, in, rows, func(r UpsertFilingParams) string { return r.Accession })
}

// AddRunFilings is AddRunFiling for many rows, which it sorts by key.
func (q *Queries) AddRunFilings(ctx context.Context, rows []AddRunFilingParams) error {
	in := insert{addRunFiling, q.addRunFilingStmt}
	return write(ctx, q, in, rows, func(r AddRunFilingParams) string { return keyOf(r.RunID, r.Accession) })
}

// UpsertStories is UpsertStory for many rows, which it sorts by key.
func (q *Queries) UpsertStories(ctx context.Context, rows []UpsertStoryParams) error {
	in := insert{upsertStory, q.upsertStoryStmt}
	return write(ctx, q, in, rows, func(r UpsertStoryParams) string { return r.ID })
}

// AddRunStories is AddRunStory for many rows, which it sorts by key.
func (q *Queries) AddRunStories(ctx context.Context, rows []AddRunStoryParams) error {
	in := insert{addRunStory, q.addRunStoryStmt}
	return write(ctx, q, in, rows, func(r AddRunStoryParams) string { return keyOf(r.RunID, r.StoryID) })
}

// ArticleHeads is ArticleHead for many articles. Their order is not told, and
// those that are not there are left out.
func (q *Queries) ArticleHeads(ctx context.Context, ids []string) ([]ArticleHeadRow, error) {
	return read(ctx, q, articleHead, ids, func(r *ArticleHeadRow) []any { return []any{&r.ID, &r.Title, &r.Body} })
}

// FilingHeads is FilingHead for many filings. Their order is not told, and
// those that are not there are left out.
func (q *Queries) FilingHeads(ctx context.Context, accessions []string) ([]FilingHeadRow, error) {
	return read(ctx, q, filingHead, accessions, func(r *FilingHeadRow) []any { return []any{&r.Accession, &r.Form, &r.Body} })
}

// keyOf joins the columns of a primary key; no stored text holds a zero byte.
func keyOf(columns ...string) string { return strings.Join(columns, "\x00") }

// An insert is a query that inserts one row.
type insert struct {
	query    string
	prepared *sql.Stmt // nil when q has none
}

// write sends rows in as few statements as may be. A prepared statement is
// SQLite's, which has no round trips: there one row at a time is the fastest.
func write[T any](ctx context.Context, q *Queries, in insert, rows []T, key func(T) string) error {
	slices.SortStableFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	for len(rows) > 0 {
		n := 1
		if in.prepared == nil {
			n = together(rows, key)
		}
		args := make([]any, 0, n*10)
		for _, row := range rows[:n] {
			args = append(args, values(row)...)
		}
		if _, err := q.exec(ctx, in.prepared, repeated(in.query, n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// read sends a query that ends in IN (VALUES ($1)) with many keys at once.
func read[T any](ctx context.Context, q *Queries, query string, keys []string, fields func(*T) []any) ([]T, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	var all []T
	for len(keys) > 0 {
		n := together(keys, func(k string) string { return k })
		args := make([]any, n)
		for i, k := range keys[:n] {
			args[i] = k
		}
		some, err := q.db.QueryContext(ctx, repeated(query, n), args...)
		if err != nil {
			return nil, err
		}
		if all, err = scan(some, all, fields); err != nil {
			return nil, err
		}
		keys = keys[n:]
	}
	return all, nil
}

// scan adds rows to all and closes them.
func scan[T any](rows *sql.Rows, all []T, fields func(*T) []any) ([]T, error) {
	defer rows.Close()
	for rows.Next() {
		var one T
		if err := rows.Scan(fields(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// together returns how many of the first rows go into one statement. No two of
// them have one key: PostgreSQL refuses to write a row twice. The number is a
// power of two, so that a connection keeps few statements.
func together[T any](rows []T, key func(T) string) int {
	n := 1
	for n < min(len(rows), maxRows) && key(rows[n]) != key(rows[n-1]) {
		n++
	}
	return 1 << (bits.Len(uint(n)) - 1)
}

// values returns what a struct of sqlc binds: its fields stand in the order of
// their numbers.
func values(params any) []any {
	v := reflect.ValueOf(params)
	all := make([]any, v.NumField())
	for i := range all {
		all[i] = v.Field(i).Interface()
	}
	return all
}

// repeated writes the row behind VALUES n times, each time with numbers of its
// own. The query has no other numbers.
func repeated(query string, n int) string {
	head, rest, ok := strings.Cut(query, "VALUES (")
	row, tail, closed := strings.Cut(rest, ")")
	if n == 1 || !ok || !closed {
		return query
	}
	parts := strings.Split(row, "$")
	var b strings.Builder
	b.WriteString(head + "VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + parts[0])
		for j, part := range parts[1:] {
			b.WriteString("$" + strconv.Itoa(i*(len(parts)-1)+j+1) + strings.TrimLeft(part, "0123456789"))
		}
		b.WriteString(")")
	}
	b.WriteString(tail)
	return b.String()
}
