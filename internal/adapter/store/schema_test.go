package store_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
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
