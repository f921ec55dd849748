-- name: AddBatchJob :exec
INSERT INTO batch_jobs (id, provider, model, token, created_at, late_at, lease_until) VALUES ($1, $2, $3, 1, $4, $5, $6)
ON CONFLICT (id) DO NOTHING;

-- name: FreeBatchJob :one
SELECT id FROM batch_jobs WHERE ended_at IS NULL AND lease_until <= $1 ORDER BY lease_until, id LIMIT 1;

-- Somebody else may have been faster.
-- name: AdoptBatchJob :one
UPDATE batch_jobs SET token = token + 1, lease_until = $3 WHERE id = $1 AND ended_at IS NULL AND lease_until <= $2
RETURNING id, provider, model, remote, token, created_at, late_at;

-- What the provider calls it is told once.
-- name: HoldBatchJob :execrows
UPDATE batch_jobs SET lease_until = $3, remote = CASE WHEN remote = '' THEN CAST(sqlc.arg(remote) AS text) ELSE remote END
WHERE id = $1 AND token = $2 AND ended_at IS NULL;

-- name: EndBatchJob :exec
UPDATE batch_jobs SET ended_at = $3 WHERE id = $1 AND token = $2 AND ended_at IS NULL;

-- Calls that were given up may still have an answer coming. The second condition
-- is that of the index.
-- name: CallsOfBatchJob :many
SELECT id, key, run_id, step, day, reserved FROM calls WHERE batch_id = $1 AND batch_id <> '' AND settled_at IS NULL ORDER BY id;

-- name: ScheduledRunIsQueued :one
SELECT EXISTS (
    SELECT 1 FROM runs
    WHERE state IN ('queued', 'running') AND state = 'queued' AND class = 'scheduled' AND (not_before IS NULL OR not_before <= $1)) AS queued;

-- name: DropOldBatchJobs :execrows
DELETE FROM batch_jobs WHERE id IN (SELECT b.id FROM batch_jobs b WHERE b.ended_at < $1 ORDER BY b.id LIMIT $2);
