-- name: AddReader :exec
INSERT INTO readers (id, email, time_zone, plan, state, agreed, per_ticker, alerts, quiet_from, quiet_to, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: UpdateReader :execrows
UPDATE readers SET email = $2, time_zone = $3, plan = $4, state = $5, per_ticker = $6, alerts = $7, quiet_from = $8,
    quiet_to = $9
WHERE id = $1;

-- name: SetAgreed :execrows
UPDATE readers SET agreed = $2 WHERE id = $1;

-- name: AddAccount :exec
INSERT INTO credit_accounts (reader_id, balance, held, month) VALUES ($1, 0, 0, '');

-- name: Reader :one
SELECT id, email, time_zone, plan, state, created_at, agreed, per_ticker, alerts, quiet_from, quiet_to FROM readers WHERE id = $1;

-- name: ReaderByEmail :one
SELECT id, email, time_zone, plan, state, created_at, agreed, per_ticker, alerts, quiet_from, quiet_to FROM readers WHERE email = $1;

-- name: Readers :many
SELECT id, email, time_zone, plan, state, created_at, agreed, per_ticker, alerts, quiet_from, quiet_to FROM readers
WHERE state = sqlc.arg(state) OR sqlc.arg(state) = ''
ORDER BY email;

-- name: ReaderTickers :many
SELECT symbol FROM reader_tickers WHERE reader_id = $1 ORDER BY symbol;

-- name: AllReaderTickers :many
SELECT reader_id, symbol FROM reader_tickers ORDER BY reader_id, symbol;

-- name: FollowedTickers :many
SELECT DISTINCT t.symbol FROM reader_tickers t JOIN readers r ON r.id = t.reader_id
WHERE r.state = 'active' ORDER BY t.symbol;

-- name: DeleteReaderTickers :exec
DELETE FROM reader_tickers WHERE reader_id = $1;

-- name: AddReaderTicker :exec
INSERT INTO reader_tickers (reader_id, symbol) VALUES ($1, $2);

-- name: AddToken :exec
INSERT INTO access_tokens (hash, name, reader_id, created_at, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, NULL);

-- name: Token :one
SELECT name, reader_id FROM access_tokens
WHERE hash = sqlc.arg(hash) AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > sqlc.arg(asked_at));

-- name: RevokeTokens :execrows
UPDATE access_tokens SET revoked_at = sqlc.arg(revoked_at)
WHERE name = sqlc.arg(name) AND coalesce(reader_id, '') = CAST(sqlc.arg(owner) AS text) AND revoked_at IS NULL;

-- name: AddSession :exec
INSERT INTO sessions (hash, name, reader_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5);

-- name: Session :one
SELECT name, reader_id FROM sessions WHERE hash = sqlc.arg(hash) AND expires_at > sqlc.arg(asked_at);

-- name: DeleteSession :exec
DELETE FROM sessions WHERE hash = $1;

-- name: EndSessions :exec
DELETE FROM sessions WHERE name = sqlc.arg(name) AND coalesce(reader_id, '') = CAST(sqlc.arg(owner) AS text);
