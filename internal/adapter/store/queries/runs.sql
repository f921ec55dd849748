-- name: AddRun :execrows
INSERT INTO runs (id, ticker, kind, as_of, time_zone, state, token, attempts, worker, lease_until, cause, created_at,
    class, batch_id, created_by, deadline, refreshes)
VALUES ($1, $2, $3, $4, $5, 'queued', 0, 0, '', NULL, '', $6, $7, $8, $9, $10, $11)
ON CONFLICT (ticker, kind, as_of) DO NOTHING;

-- name: RunByKey :one
SELECT id FROM runs WHERE ticker = $1 AND kind = $2 AND as_of = $3;

-- The columns are those of runColumns in claim.go, in its order.
-- name: Run :one
SELECT id, ticker, kind, as_of, time_zone, class, coalesce(batch_id, '') AS batch, created_by, created_at, deadline,
    state, ending, token, attempts, cause, not_before, worker, step, progress_done, progress_total, started_at, ended_at,
    refreshes
FROM runs WHERE id = $1;

-- Holds the row until the end of the transaction, so that nobody takes the run
-- over in between.
-- name: HoldRun :execrows
UPDATE runs SET token = token WHERE id = $1 AND token = $2 AND state = 'running';

-- name: ReleaseRun :execrows
UPDATE runs SET state = 'queued', lease_until = NULL, worker = '', attempts = attempts - 1
WHERE id = $1 AND token = $2 AND state = 'running';

-- Takes the run from whoever has it: no write under the old token counts.
-- name: StopRun :execrows
UPDATE runs SET token = token + 1 WHERE id = $1 AND state IN ('queued', 'running');

-- name: EndRun :exec
UPDATE runs SET state = $2, ending = $3, cause = $4, lease_until = NULL, not_before = NULL, ended_at = $5 WHERE id = $1;

-- name: RetryRun :execrows
UPDATE runs SET state = 'queued', ending = '', attempts = 0, not_before = NULL, ended_at = NULL, cause = $2
WHERE id = $1 AND state = 'failed' AND ending = 'quarantined';

-- name: Steps :many
SELECT step, done_at, note FROM run_steps WHERE run_id = $1;

-- name: AddStep :exec
INSERT INTO run_steps (run_id, step, done_at, note) VALUES ($1, $2, $3, $4)
ON CONFLICT (run_id, step) DO NOTHING;

-- name: AddBatch :exec
INSERT INTO batches (id, kind, created_by, created_at, deadline, note) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Batch :one
SELECT id, kind, created_by, created_at, deadline, note FROM batches WHERE id = $1;

-- name: Batches :many
SELECT id, kind, created_by, created_at, deadline, note FROM batches ORDER BY created_at DESC, id DESC LIMIT $1;

-- name: CountBatch :many
SELECT state, ending, count(*) AS n FROM runs WHERE batch_id = CAST(sqlc.arg(batch) AS text) GROUP BY state, ending;

-- name: CountOpen :many
SELECT class, state, count(*) AS n FROM runs WHERE state IN ('queued', 'running') GROUP BY class, state;
