-- name: AlertLook :one
SELECT looked_at FROM alert_looks WHERE symbol = $1;

-- name: AddAlertLook :execrows
INSERT INTO alert_looks (symbol, looked_at) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: MoveAlertLook :execrows
UPDATE alert_looks SET looked_at = sqlc.arg(looked_at) WHERE symbol = sqlc.arg(symbol) AND looked_at = sqlc.arg(before);

-- name: FilingsSeen :many
SELECT s.accession, s.seen_at, s.fresh
FROM filings_seen s JOIN filings f ON f.accession = s.accession
WHERE s.symbol = $1 AND f.filed_at > sqlc.arg(since)
ORDER BY f.filed_at DESC, s.accession;

-- name: LastReport :one
SELECT body FROM reports
WHERE ticker = $1 AND kind IN ('daily', 'weekly') AND as_of > sqlc.arg(since) AND as_of <= sqlc.arg(until)
ORDER BY as_of DESC, version DESC LIMIT 1;

-- Only one that no sender has begun.
-- name: DropAlert :execrows
UPDATE deliveries SET state = 'suppressed', cause = $2, ended_at = $3
WHERE id = $1 AND state = 'pending' AND kind = 'alert';
