-- Everything that changes an account begins with this row, so that what
-- happens to one reader happens in one order.
-- name: HoldAccount :one
UPDATE credit_accounts SET held = held WHERE reader_id = $1 RETURNING balance, held, month;

-- name: Account :one
SELECT balance, held, month FROM credit_accounts WHERE reader_id = $1;

-- name: TurnMonth :execrows
UPDATE credit_accounts SET balance = sqlc.arg(balance), month = sqlc.arg(month)
WHERE reader_id = sqlc.arg(reader_id) AND month < sqlc.arg(month);

-- name: ReserveCredit :execrows
UPDATE credit_accounts SET balance = balance - 1, held = held + 1 WHERE reader_id = $1 AND balance >= 1;

-- name: ReturnHeld :exec
UPDATE credit_accounts SET held = held - 1, balance = balance + sqlc.arg(returned) WHERE reader_id = sqlc.arg(reader_id);

-- name: AdjustCredit :execrows
UPDATE credit_accounts SET balance = balance + sqlc.arg(amount)
WHERE reader_id = sqlc.arg(reader_id) AND balance + sqlc.arg(amount) >= 0;

-- name: AddEntry :exec
INSERT INTO credit_entries (reader_id, kind, amount, run_id, month, note, at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: Entries :many
SELECT seq, reader_id, kind, amount, run_id, month, note, at FROM credit_entries
WHERE reader_id = $1 ORDER BY seq DESC LIMIT $2;

-- name: AddHold :exec
INSERT INTO credit_holds (run_id, reader_id, state, created_at, ended_at) VALUES ($1, $2, 'open', $3, NULL);

-- name: EndHold :one
UPDATE credit_holds SET state = $2, ended_at = $3 WHERE run_id = $1 AND state = 'open' RETURNING reader_id;

-- name: ReportHeld :one
SELECT count(*) FROM reports WHERE run_id = $1 AND status = 'held';

-- A hold whose run vanished has no state.
-- name: StaleHolds :many
SELECT h.run_id, CAST(coalesce(r.state, '') AS text) AS run_state
FROM credit_holds h LEFT JOIN runs r ON r.id = h.run_id
WHERE h.state = 'open' AND h.created_at < $1 AND coalesce(r.state, '') NOT IN ('queued', 'running')
ORDER BY h.created_at, h.run_id;

-- What the ledger, the holds and the accounts say of each reader.
-- name: Ledger :many
SELECT a.reader_id, a.balance, a.held,
    CAST(coalesce(e.total, 0) AS bigint) AS total,
    CAST(coalesce(e.reserves, 0) AS bigint) AS reserves,
    CAST(coalesce(e.posts, 0) AS bigint) AS posts,
    CAST(coalesce(e.voids, 0) AS bigint) AS voids,
    CAST(coalesce(h.open, 0) AS bigint) AS open,
    CAST(coalesce(h.posted, 0) AS bigint) AS posted,
    CAST(coalesce(h.voided, 0) AS bigint) AS voided
FROM credit_accounts a
LEFT JOIN (
    SELECT reader_id, sum(amount) AS total,
        count(CASE WHEN kind = 'reserve' THEN 1 END) AS reserves,
        count(CASE WHEN kind = 'post' THEN 1 END) AS posts,
        count(CASE WHEN kind = 'void' THEN 1 END) AS voids
    FROM credit_entries GROUP BY reader_id
) e ON e.reader_id = a.reader_id
LEFT JOIN (
    SELECT reader_id,
        count(CASE WHEN state = 'open' THEN 1 END) AS open,
        count(CASE WHEN state = 'posted' THEN 1 END) AS posted,
        count(CASE WHEN state = 'void' THEN 1 END) AS voided
    FROM credit_holds GROUP BY reader_id
) h ON h.reader_id = a.reader_id
ORDER BY a.reader_id;

-- Holds the ticker until the end of the transaction, so that of two orders the
-- second finds the run of the first.
-- name: HoldTicker :execrows
UPDATE tickers SET strength = strength WHERE symbol = $1;

-- name: FreshRun :one
SELECT r.id, r.state FROM runs r JOIN reports p ON p.run_id = r.id
WHERE r.ticker = sqlc.arg(ticker) AND r.state = 'done' AND r.ended_at >= sqlc.arg(since) AND p.status <> 'held'
ORDER BY r.ended_at DESC, r.id LIMIT 1;

-- name: OpenAdHocRun :one
SELECT id, state FROM runs
WHERE ticker = $1 AND class = 'ad-hoc' AND state IN ('queued', 'running')
ORDER BY seq LIMIT 1;

-- name: AddAsk :exec
INSERT INTO run_asks (run_id, reader_id, asked_at) VALUES ($1, $2, $3) ON CONFLICT (run_id, reader_id) DO NOTHING;

-- name: Asked :one
SELECT count(*) FROM run_asks WHERE run_id = $1 AND reader_id = $2;

-- name: Askers :many
SELECT reader_id FROM run_asks WHERE run_id = $1 ORDER BY reader_id;

-- name: Answer :one
SELECT request_hash, body, created_at FROM answers WHERE owner = $1 AND key = $2;

-- name: SaveAnswer :exec
INSERT INTO answers (owner, key, request_hash, body, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (owner, key) DO UPDATE SET
    request_hash = excluded.request_hash, body = excluded.body, created_at = excluded.created_at;

-- name: AccountMonths :many
SELECT r.id, r.time_zone, a.month FROM readers r JOIN credit_accounts a ON a.reader_id = r.id
WHERE r.state = 'active' ORDER BY r.id;

-- name: RunsOrdered :one
SELECT count(*) FROM runs WHERE class = 'ad-hoc' AND created_by = $1;
