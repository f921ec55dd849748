-- name: AddRunPrice :exec
INSERT INTO run_prices (run_id, body) VALUES ($1, $2) ON CONFLICT (run_id) DO NOTHING;

-- name: RunPrice :one
SELECT body FROM run_prices WHERE run_id = $1;
