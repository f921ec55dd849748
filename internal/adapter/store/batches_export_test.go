package store

import (
	"context"

	"stockdigest.app/stockdigest"
)

// ListPlan tells how the database goes about listing runs.
func ListPlan(ctx context.Context, d *DB, f stockdigest.RunFilter) (string, error) {
	explain := `EXPLAIN QUERY PLAN `
	if _, pg := d.dialect.(postgresDialect); pg {
		explain = `EXPLAIN `
	}
	query, args := listSQL(f)
	return lines(ctx, d, explain+query, args...)
}
