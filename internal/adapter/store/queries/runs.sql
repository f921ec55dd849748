-- name: AddRun :exec
INSERT INTO runs (id, ticker, kind, as_of, time_zone, state, token, attempts, worker, lease_until, cause, created_at)
VALUES ($1, $2, $3, $4, $5, 'queued', 0, 0, '', NULL, '', $6)
ON CONFLICT (ticker, kind, as_of) DO NOTHING;

-- name: RunByKey :one
SELECT id, ticker, kind, as_of, time_zone, state, token FROM runs WHERE ticker = $1 AND kind = $2 AND as_of = $3;

-- name: Run :one
SELECT id, ticker, kind, as_of, time_zone, state, token FROM runs WHERE id = $1;

-- Holds the row until the end of the transaction, so that nobody takes the run
-- over in between.
-- name: HoldRun :execrows
UPDATE runs SET token = token WHERE id = $1 AND token = $2 AND state = 'running';

-- name: ReleaseRun :execrows
UPDATE runs SET state = 'queued', lease_until = NULL, worker = '', attempts = attempts - 1
WHERE id = $1 AND token = $2 AND state = 'running';

-- name: FailRun :execrows
UPDATE runs SET state = 'failed', lease_until = NULL, cause = $3
WHERE id = $1 AND token = $2 AND state = 'running';

-- name: EndRun :exec
UPDATE runs SET state = 'done', lease_until = NULL WHERE id = $1;

-- name: Steps :many
SELECT step, done_at, note FROM run_steps WHERE run_id = $1;

-- name: AddStep :exec
INSERT INTO run_steps (run_id, step, done_at, note) VALUES ($1, $2, $3, $4)
ON CONFLICT (run_id, step) DO NOTHING;
