-- Holds the provider until the end of the transaction: bids and outcomes of
-- one provider go one by one. It sets no key: SQLite would look at all calls
-- that name it.
-- name: HoldProvider :one
UPDATE providers SET failures = failures WHERE name = $1
RETURNING name, calls_full_at, tokens_full_at, tokens_per_minute, failures, down_since, next_try, tripped, error, error_at;

-- name: AddProvider :exec
INSERT INTO providers (name) VALUES ($1) ON CONFLICT (name) DO NOTHING;

-- name: SaveProvider :exec
UPDATE providers SET calls_full_at = $2, tokens_full_at = $3, tokens_per_minute = $4, failures = $5, down_since = $6,
    next_try = $7, tripped = $8, error = $9, error_at = $10
WHERE name = $1;

-- name: ResetProvider :execrows
UPDATE providers SET failures = 0, down_since = NULL, next_try = NULL, tripped = '', error = '', error_at = NULL
WHERE name = $1;

-- Each of the two counts has its index.
-- name: Providers :many
SELECT p.name, p.failures, p.down_since, p.next_try, p.tripped, p.error, p.error_at,
    CAST((SELECT count(*) FROM calls c WHERE c.provider = p.name AND c.state = 'open' AND c.batch_id = '')
        + (SELECT count(*) FROM calls c WHERE c.provider = p.name AND c.state = 'open' AND c.batch_id <> '') AS bigint) AS open
FROM providers p ORDER BY p.name;

-- name: StandingCall :one
SELECT id, run_id, reader_id, day, state, reserved, batch_id, lease_until, answer, stop, answered_by, tokens_in, tokens_cached, tokens_out
FROM calls WHERE key = $1 AND state IN ('open', 'done');

-- Those in a batch take no place at the provider, and end with it.
-- name: OpenCalls :many
SELECT id, run_id, reader_id, day, reserved, lease_until
FROM calls WHERE provider = $1 AND state = 'open' AND batch_id = '';

-- name: CountCalls :one
SELECT CAST(count(*) AS bigint) AS calls, CAST(coalesce(sum(CASE WHEN try > 1 THEN 1 ELSE 0 END), 0) AS bigint) AS retries
FROM calls WHERE provider = $1 AND started_at > $2;

-- name: AddCall :exec
INSERT INTO calls (id, key, provider, model, prompt, run_id, step, reader_id, day, state, try, reserved, cost, tokens,
    started_at, lease_until, batch_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11, 0, $12, $13, $14, $15);

-- name: CallToSettle :one
SELECT id, key, provider, run_id, reader_id, day, state, reserved, tokens, settled_at, batch_id FROM calls WHERE id = $1;

-- What is not known yet whether it was billed counts in full.
-- name: LoseCall :exec
UPDATE calls SET state = 'lost', cost = reserved, error = $2 WHERE id = $1 AND state = 'open';

-- name: SettleCall :exec
UPDATE calls SET state = $2, cost = $3, settled_at = $4, took_ms = $5, tokens_in = $6, tokens_cached = $7,
    tokens_out = $8, answer = $9, stop = $10, answered_by = $11, error = $12
WHERE id = $1;

-- name: AddSpending :one
UPDATE spending SET settled = settled + $3, reserved = reserved + $4 WHERE scope = $1 AND name = $2
RETURNING settled, reserved;

-- name: OpenSpending :exec
INSERT INTO spending (scope, name, settled, reserved) VALUES ($1, $2, 0, 0) ON CONFLICT (scope, name) DO NOTHING;

-- name: SpentOf :one
SELECT settled, reserved FROM spending WHERE scope = $1 AND name = $2;

-- name: SpendingByModel :many
SELECT provider, model, CAST(count(*) AS bigint) AS calls,
    CAST(sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS bigint) AS done,
    CAST(sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS bigint) AS failed,
    CAST(sum(CASE WHEN state = 'lost' THEN 1 ELSE 0 END) AS bigint) AS lost,
    CAST(sum(tokens_in) AS bigint) AS tokens_in, CAST(sum(tokens_out) AS bigint) AS tokens_out,
    CAST(sum(cost) AS bigint) AS cost
FROM calls WHERE day = $1 GROUP BY provider, model ORDER BY provider, model;

-- name: SpendingByRun :many
SELECT s.name, s.settled, s.reserved FROM spending s
WHERE s.scope = 'run' AND s.name IN (SELECT c.run_id FROM calls c WHERE c.day = $1)
ORDER BY s.settled + s.reserved DESC, s.name LIMIT 20;

-- name: CallsOfRun :many
SELECT id, key, provider, model, prompt, run_id, step, state, reserved, cost, tokens_in, tokens_cached, tokens_out, error,
    started_at, took_ms, batch_id
FROM calls WHERE run_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2;

-- name: LastCalls :many
SELECT id, key, provider, model, prompt, run_id, step, state, reserved, cost, tokens_in, tokens_cached, tokens_out, error,
    started_at, took_ms, batch_id
FROM calls ORDER BY started_at DESC, id DESC LIMIT $1;

-- A call that was given up has no end, and one under way stays whatever its age.
-- name: DropOldCalls :execrows
DELETE FROM calls WHERE id IN (
    SELECT c.id FROM calls c
    WHERE c.started_at < $1 AND (c.settled_at IS NULL OR c.settled_at < $1) AND c.state <> 'open'
    ORDER BY c.started_at, c.id LIMIT $2);
