package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// PrepareAll prepares every statement that the store can send.
func PrepareAll(ctx context.Context, d *DB) error {
	q, err := db.Prepare(ctx, d.write)
	if err != nil {
		return err
	}
	for _, statement := range OwnStatements(d) {
		s, err := d.write.PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		defer s.Close()
	}
	return q.Close()
}

// OwnStatements are those that differ by engine and that sqlc does not know.
func OwnStatements(d *DB) []string {
	return []string{
		d.lookSQL(), d.nextSQL(), d.oneSQL(), d.wornSQL(), d.beatSQL(), d.laterSQL(), d.leftSQL(), d.takeSlotSQL(), d.openSlotSQL(), d.clockSQL(),
		d.doubtSQL(), d.rateSQL(), d.overdueSQL(), d.takeSQL(), d.beginSQL(), d.againSQL(), d.endSQL(), d.dotSQL(), leftSQL,
	}
}

// Exec runs a statement behind the store's back.
func Exec(ctx context.Context, d *DB, statement string) error {
	_, err := d.write.ExecContext(ctx, statement)
	return err
}

// Count returns the one number that a query gives.
func Count(ctx context.Context, d *DB, query string) (n int, err error) {
	err = d.write.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// Columns lists table.column of everything the migrations made.
func Columns(ctx context.Context, d *DB) ([]string, error) {
	query := `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'river%'`
	if _, pg := d.dialect.(postgresDialect); pg {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'river%'`
	}
	return texts(ctx, d, query)
}

// Indexes lists the indexes that the migrations made by name.
func Indexes(ctx context.Context, d *DB) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name NOT LIKE 'river%'`
	if _, pg := d.dialect.(postgresDialect); pg {
		query = `SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexname NOT LIKE 'river%'`
	}
	return texts(ctx, d, query)
}

// NamedKeys lists table.column of everything that a foreign key names, on SQLite.
func NamedKeys(ctx context.Context, d *DB) ([]string, error) {
	return texts(ctx, d, `SELECT DISTINCT f."table" || '.' || coalesce(f."to", '') FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND m.name NOT LIKE 'river%'`)
}

func texts(ctx context.Context, d *DB, query string) ([]string, error) {
	rows, err := d.write.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return all, rows.Err()
}

// Down takes the last migration back.
func Down(ctx context.Context, d *DB) error {
	p, done, err := d.provider()
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return errors.Join(err, done())
}

// TakeWriter begins a writing transaction that has not written yet.
func TakeWriter(ctx context.Context, d *DB) (*sql.Tx, error) { return d.write.BeginTx(ctx, nil) }

// AddFinished puts n finished runs of ACME behind those that are there.
func AddFinished(ctx context.Context, d *DB, n int) error {
	numbers := `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)`
	moment := `'2020-01-01T00:00:' || printf('%%09.6f', n / 100000.0) || 'Z'`
	after := `PRAGMA optimize`
	if _, pg := d.dialect.(postgresDialect); pg {
		moment = `CAST('2020-01-01' AS timestamptz) + n * interval '1 second'`
		after = `VACUUM ANALYZE runs`
	}
	err := Exec(ctx, d, fmt.Sprintf(numbers+` INSERT INTO runs
    (id, ticker, kind, as_of, time_zone, state, token, attempts, worker, cause, created_at, class, seq)
SELECT 'old' || CAST(n AS text), 'ACME', 'daily', `+moment+`, 'UTC', 'done', 1, 1, '', '', '2020-01-01T00:00:00.000000Z',
    CASE n %% 3 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'research' ELSE 'ad-hoc' END, -n FROM numbers`, n))
	if err != nil {
		return err
	}
	return Exec(ctx, d, after)
}

// PlanOf tells how SQLite goes about a statement.
func PlanOf(ctx context.Context, d *DB, statement string) (string, error) {
	most := 0
	for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(statement, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return "", err
		}
		most = max(most, n)
	}
	return lines(ctx, d, "EXPLAIN QUERY PLAN "+statement, make([]any, most)...)
}

// ClaimPlans tells how the database goes about looking for a run and claiming.
func ClaimPlans(ctx context.Context, d *DB) ([]string, error) {
	explain := `EXPLAIN QUERY PLAN `
	if _, pg := d.dialect.(postgresDialect); pg {
		explain = `EXPLAIN `
	}
	look := capArgs(stockdigest.DefaultCaps())
	next := d.claimArgs(stockdigest.Claim{Caps: stockdigest.DefaultCaps()})
	var plans []string
	for statement, args := range map[string][]any{d.lookSQL(): look, d.nextSQL(): next} {
		plan, err := lines(ctx, d, explain+statement, args...)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// lines joins the last column of all rows.
func lines(ctx context.Context, d *DB, query string, args ...any) (string, error) {
	rows, err := d.write.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for rows.Next() {
		var line string
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		into[len(into)-1] = &line
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		all.WriteString(line + "\n")
	}
	return all.String(), rows.Err()
}

// ClaimBare is ClaimNext without the lock, and without the condition at the end
// of its statement.
func ClaimBare(ctx context.Context, d *DB, c stockdigest.Claim) (run stockdigest.Run, ok bool, err error) {
	statement := strings.Replace(d.nextSQL(), " AND "+freeRun()+"\nRETURNING", "\nRETURNING", 1)
	var row db.RunRow
	err = d.write.QueryRowContext(ctx, statement, d.claimArgs(c)...).Scan(runFields(&row)...)
	if errors.Is(err, sql.ErrNoRows) {
		return run, false, nil
	}
	return toRun(row), err == nil, err
}

// AddCalls puts n calls of a provider that were paid years ago behind those
// that are there.
func AddCalls(ctx context.Context, d *DB, provider string, n int) error {
	if err := Exec(ctx, d, fmt.Sprintf(`INSERT INTO providers (name) VALUES ('%s') ON CONFLICT (name) DO NOTHING`, provider)); err != nil {
		return err
	}
	return Exec(ctx, d, fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
INSERT INTO calls (id, key, provider, model, prompt, run_id, step, reader_id, day, state, try, reserved, cost, tokens, started_at, lease_until, settled_at)
SELECT 'old' || CAST(n AS text), 'old' || CAST(n AS text), '%s', 'm', '', 'old', 'summarize', '', '2020-01-01', 'done', 1, 1, 1, 1,
    '2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00.000000Z' FROM numbers`, n, provider))
}
