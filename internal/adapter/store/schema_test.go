package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestBothEnginesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	var columns, indexes [][]string
	for _, open := range storetest.Engines() {
		db := open(t)
		c, err := store.Columns(t.Context(), db)
		must(t, err)
		i, err := store.Indexes(t.Context(), db)
		must(t, err)
		columns, indexes = append(columns, c), append(indexes, i)
	}
	if len(columns[0]) < 50 || len(indexes[0]) == 0 {
		t.Fatalf("got %d columns and %d indexes: the listing is broken", len(columns[0]), len(indexes[0]))
	}
	same(t, columns[1], columns[0])
	same(t, indexes[1], indexes[0])
}

func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			db := storetest.Open(t, c)
			must(t, store.Down(t.Context(), db))
			left, err := store.Columns(t.Context(), db)
			must(t, err)
			same(t, left, []string(nil))
			claimed(t, storetest.Open(t, c), morning)
		})
	}
}

// migrationName is a number of four digits and what it does.
var migrationName = regexp.MustCompile(`^\d{4}_[a-z0-9_]+\.sql$`)

func TestEveryMigrationExistsForBothEngines(t *testing.T) {
	t.Parallel()
	var names [2][]string
	for i, folder := range []string{"migrations/postgres", "migrations/sqlite"} {
		files, err := fs.ReadDir(os.DirFS(folder), ".")
		must(t, err)
		for _, f := range files {
			if !migrationName.MatchString(f.Name()) {
				t.Errorf("%s/%s: want a name like 0002_add_notes.sql", folder, f.Name())
			}
			names[i] = append(names[i], f.Name())
		}
	}
	slices.Sort(names[0])
	slices.Sort(names[1])
	same(t, names[1], names[0])
}

var (
	setOf  = regexp.MustCompile(`(?s)UPDATE (\w+)(?: AS \w+)?\s+SET (.*?)(?:\bWHERE\b|\bRETURNING\b|;)`)
	upsert = regexp.MustCompile(`(?s)INSERT INTO (\w+)\b[^;]*? DO UPDATE SET (.*?)(?:\bWHERE\b|\bRETURNING\b|;)`)
)

// TestNoStatementSetsAKeyThatOthersName reads the queries: SQLite looks at all
// rows that name a key when a statement sets it, even to what it was, so that
// a lock of a provider's row got slower with each call ever made.
func TestNoStatementSetsAKeyThatOthersName(t *testing.T) {
	t.Parallel()
	keys, err := store.NamedKeys(t.Context(), storetest.SQLite(t))
	must(t, err)
	if !slices.Contains(keys, "providers.name") || slices.ContainsFunc(keys, func(k string) bool { return strings.HasSuffix(k, ".") }) {
		t.Fatalf("got %q: the listing is broken", keys)
	}
	queries, err := filepath.Glob("queries/*.sql")
	must(t, err)
	read := 0
	for _, name := range queries {
		text, err := os.ReadFile(name)
		must(t, err)
		for _, m := range append(setOf.FindAllSubmatch(text, -1), upsert.FindAllSubmatch(text, -1)...) {
			read++
			for _, key := range keys {
				table, column, _ := strings.Cut(key, ".")
				if string(m[1]) == table && regexp.MustCompile(`\b`+column+` =`).Match(m[2]) {
					t.Errorf("%s: sets %s, which rows of other tables name:\n%s", name, key, m[0])
				}
			}
		}
	}
	if read < 50 {
		t.Fatalf("%d statements were read: the reading is broken", read)
	}
}

// generated is a statement as sqlc writes it.
var generated = regexp.MustCompile("(?s)const \\w+ = `-- name: (\\w+) :\\w+\n(.*?)`")

// The tables of the statements that sqlc does not know, and their indexes that
// hold only open rows.
var (
	wholeTable = regexp.MustCompile(`SCAN (runs|deliveries|slots)\b`)
	openOnly   = regexp.MustCompile(`INDEX (runs_waiting|runs_working|deliveries_open)\b`)
)

// TestNoStatementReadsAllOfHistory looks at the plans of all queries: one that
// reads a whole table gets slower every night. Those that may say why.
func TestNoStatementReadsAllOfHistory(t *testing.T) {
	t.Parallel()
	const (
		few   = "the table stays small"
		asked = "a person or a bench asks for all of it, on no other's time"
		first = "by an index, and it stops at its limit"
		swept = "the rows are of the last weeks only: the sweep itself takes the others away"
		some  = "the index holds only open ones"
	)
	may := map[string]string{
		"Batches": few, "CountSuppressions": few, "EndSessions": few, "RevokeTokens": few, "Rollbacks": few,
		"AccountMonths": few, "AllReaderTickers": few, "AllTickerNames": few, "FollowedTickers": few, "Readers": few, "Tickers": few, "CountKnown": few, "Providers": few,
		"AnsweredCalls": asked, "DraftsWith": asked, "Ledger": asked, "RunsOrdered": asked,
		"LastCalls": first, "Digests": first, "SlotsTaken": first,
		"DropOldBatchJobs": swept, "DropOldDrafts": swept, "DropOldSessions": swept, "DropOldThings": swept, "DropOldTokens": swept, "DropOldTurns": swept,
		"DropOldTexts": some, "CountOpen": some, "CountPastDeadline": some,
	}
	db := storetest.SQLite(t)
	files, err := filepath.Glob("db/*.sql.gen.go")
	must(t, err)
	read := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		must(t, err)
		for _, m := range generated.FindAllSubmatch(text, -1) {
			read++
			plan, err := store.PlanOf(t.Context(), db, string(m[2]))
			must(t, err)
			scans := strings.Contains(strings.ReplaceAll(plan, "SCAN CONSTANT ROW", ""), "SCAN")
			if _, ok := may[string(m[1])]; scans != ok {
				t.Errorf("%s: reads a whole table: %t, and may: %t\n%s", m[1], scans, ok, plan)
			}
		}
	}
	for _, statement := range store.OwnStatements(db) {
		plan, err := store.PlanOf(t.Context(), db, statement)
		must(t, err)
		for line := range strings.Lines(plan) {
			if wholeTable.MatchString(line) && !openOnly.MatchString(line) {
				t.Errorf("reads a whole table: %s%s", line, statement)
			}
		}
	}
	if read < 200 {
		t.Fatalf("%d statements were read: the reading is broken", read)
	}
}
