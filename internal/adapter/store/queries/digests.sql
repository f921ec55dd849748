-- name: AddDigest :execrows
INSERT INTO digests (id, reader_id, day, ticker, version, dry, state, reason, approved, due, as_of, time_zone, reports, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING;

-- name: Digest :one
SELECT id, reader_id, day, ticker, version, dry, state, reason, approved, due, as_of, time_zone, reports
FROM digests WHERE id = $1;

-- name: Digests :many
SELECT id, reader_id, day, ticker, version, dry, state, reason, approved, due, as_of, time_zone, reports
FROM digests
WHERE (CAST(sqlc.arg(day) AS text) = '' OR day = sqlc.arg(day))
  AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
  AND (CAST(sqlc.arg(reader_id) AS text) = '' OR reader_id = sqlc.arg(reader_id))
ORDER BY day DESC, due, id LIMIT sqlc.arg(most);

-- name: OpenDigests :many
SELECT id, reader_id, day, ticker, version, dry, state, reason, approved, due, as_of, time_zone, reports
FROM digests
WHERE state IN ('draft', 'ready', 'held', 'sending') AND due <= sqlc.arg(until) AND dry = sqlc.arg(dry)
ORDER BY due, id LIMIT sqlc.arg(most);

-- name: DigestVersions :one
SELECT coalesce(max(version), 0) AS latest FROM digests WHERE reader_id = $1 AND day = $2 AND ticker = $3 AND dry = $4;

-- name: FillDigest :execrows
UPDATE digests SET reports = $2, as_of = $3, state = $4, reason = $5
WHERE id = $1 AND state IN ('draft', 'ready', 'held') AND approved = '';

-- name: MoveDigest :execrows
UPDATE digests SET state = sqlc.arg(state), reason = sqlc.arg(reason),
    approved = CASE WHEN CAST(sqlc.arg(approved) AS text) = '' THEN approved ELSE sqlc.arg(approved) END
WHERE id = sqlc.arg(id) AND state = sqlc.arg(from_state);

-- name: ReportsOfDay :many
SELECT id, ticker, kind, as_of, version, status, body FROM reports
WHERE as_of > sqlc.arg(since) AND as_of <= sqlc.arg(until) AND kind IN ('daily', 'weekly') ORDER BY ticker, as_of, version;

-- name: ReportByID :one
SELECT body FROM reports WHERE id = $1;
