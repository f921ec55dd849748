-- name: SlotByKey :one
SELECT kind, day, key, clock, due, worker, attempts, taken_at, done_at, outcome, batch_id
FROM slots WHERE kind = $1 AND day = $2 AND key = $3;

-- name: SlotsTaken :many
SELECT kind, day, key, clock, due, worker, attempts, taken_at, done_at, outcome, batch_id
FROM slots ORDER BY taken_at DESC, kind, day, key LIMIT $1;

-- name: SetSlotBatch :exec
UPDATE slots SET batch_id = $4 WHERE kind = $1 AND day = $2 AND key = $3;

-- name: FinishSlot :execrows
UPDATE slots SET done_at = $5, outcome = $6
WHERE kind = $1 AND day = $2 AND key = $3 AND attempts = $4 AND done_at IS NULL;

-- name: CountPastDeadline :one
SELECT count(*) FROM runs WHERE state IN ('queued', 'running') AND deadline <= $1;

-- name: SetMarketDay :exec
INSERT INTO market_days (exchange, day, open, closes, note) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (exchange, day) DO UPDATE SET open = excluded.open, closes = excluded.closes, note = excluded.note;

-- name: UnsetMarketDay :execrows
DELETE FROM market_days WHERE exchange = $1 AND day = $2;

-- name: MarketDays :many
SELECT exchange, day, open, closes, note FROM market_days WHERE exchange = $1 AND day >= $2 AND day <= $3 ORDER BY day;

-- name: FilingsChecked :one
SELECT checked_at FROM filing_checks WHERE symbol = $1;

-- name: SetFilingsChecked :exec
INSERT INTO filing_checks (symbol, first_at, checked_at) VALUES ($1, $2, $2)
ON CONFLICT (symbol) DO UPDATE SET checked_at = excluded.checked_at;

-- name: AddFilingSeen :execrows
INSERT INTO filings_seen (symbol, accession, seen_at, fresh) VALUES ($1, $2, $3, $4)
ON CONFLICT (symbol, accession) DO NOTHING;

-- name: DropOldTexts :execrows
UPDATE article_texts SET body = '' WHERE article_id IN (
    SELECT t.article_id FROM article_texts t JOIN articles a ON a.id = t.article_id
    WHERE a.first_seen_at < $1 AND t.body <> '' ORDER BY t.article_id LIMIT $2);

-- name: DropOldDrafts :execrows
DELETE FROM drafts WHERE run_id IN (
    SELECT d.run_id FROM drafts d JOIN runs r ON r.id = d.run_id
    WHERE r.created_at < $1 AND r.state IN ('done', 'failed') ORDER BY d.run_id LIMIT $2);

-- name: DropOldTokens :execrows
DELETE FROM access_tokens WHERE hash IN (
    SELECT t.hash FROM access_tokens t WHERE t.expires_at < $1 OR t.revoked_at < $1 ORDER BY t.hash LIMIT $2);

-- name: DropOldSessions :execrows
DELETE FROM sessions WHERE hash IN (
    SELECT s.hash FROM sessions s WHERE s.expires_at < $1 ORDER BY s.hash LIMIT $2);

-- name: DropOldAnswers :execrows
DELETE FROM answers WHERE (owner, key) IN (
    SELECT a.owner, a.key FROM answers a WHERE a.created_at < $1 ORDER BY a.created_at, a.owner, a.key LIMIT $2);
