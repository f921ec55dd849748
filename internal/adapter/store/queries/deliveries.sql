-- name: AddDelivery :execrows
INSERT INTO deliveries (id, period, kind, recipient, dry, digest_id, matter, state, tries, address, answer, cause, worker,
    token, not_before, give_up, lease_until, dot_until, rate_until, created_at, started_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, '', '', '', '', 0, $8, $9, NULL, NULL, NULL, $10, NULL, NULL)
ON CONFLICT DO NOTHING;

-- name: Delivery :one
SELECT id, period, kind, recipient, dry, digest_id, matter, state, tries, address, answer, cause, worker, token,
    not_before, give_up, created_at, started_at, ended_at
FROM deliveries WHERE id = $1;

-- name: Deliveries :many
SELECT id, period, kind, recipient, dry, digest_id, matter, state, tries, address, answer, cause, worker, token,
    not_before, give_up, created_at, started_at, ended_at
FROM deliveries
WHERE created_at >= sqlc.arg(since) AND created_at < sqlc.arg(before)
  AND (CAST(sqlc.arg(kind) AS text) = '' OR kind = sqlc.arg(kind))
  AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
  AND (CAST(sqlc.arg(recipient) AS text) = '' OR recipient = sqlc.arg(recipient))
ORDER BY created_at, id LIMIT sqlc.arg(most);

-- name: CountDeliveries :many
SELECT kind, state, count(*) AS n FROM deliveries
WHERE created_at >= sqlc.arg(since) AND created_at < sqlc.arg(before) AND dry = sqlc.arg(dry)
GROUP BY kind, state ORDER BY kind, state;

-- name: ReleaseDelivery :execrows
UPDATE deliveries SET lease_until = NULL, rate_until = NULL, worker = '' WHERE id = $1 AND token = $2 AND state = 'pending';

-- name: SettleDelivery :execrows
UPDATE deliveries SET state = sqlc.arg(state), cause = sqlc.arg(cause), ended_at = sqlc.arg(ended_at)
WHERE id = sqlc.arg(id) AND state = 'unknown';

-- A person's word: it goes out again. Its token is a new one, so that nothing
-- that is still under way can speak of it.
-- name: ResendDelivery :execrows
UPDATE deliveries SET state = 'pending', token = token + 1, cause = sqlc.arg(cause), not_before = sqlc.arg(not_before),
    give_up = sqlc.arg(give_up), lease_until = NULL, dot_until = NULL, ended_at = NULL, tries = 0
WHERE id = sqlc.arg(id) AND (state = 'unknown' OR kind <> 'digest' AND state IN ('refused', 'suppressed'));

-- A new version of a digest takes the place of one whose mail did not go, or
-- was not begun before somebody cancelled its digest.
-- name: ReuseDelivery :execrows
UPDATE deliveries SET state = 'pending', token = token + 1, digest_id = $2, cause = '', answer = '', not_before = $3,
    give_up = $4, lease_until = NULL, dot_until = NULL, ended_at = NULL, tries = 0
WHERE deliveries.id = $1 AND (deliveries.state IN ('refused', 'suppressed')
    OR deliveries.state = 'pending' AND EXISTS (
        SELECT 1 FROM digests g WHERE g.id = deliveries.digest_id AND g.state IN ('cancelled', 'failed')));

-- name: AddMailToken :exec
INSERT INTO mail_tokens (hash, purpose, reader_id, scope, delivery_id, made_at, expires_at, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) ON CONFLICT DO NOTHING;

-- name: MailToken :one
SELECT purpose, reader_id, scope, delivery_id, made_at, used_at FROM mail_tokens
WHERE hash = sqlc.arg(hash) AND expires_at > sqlc.arg(asked_at);

-- name: UseMailToken :execrows
UPDATE mail_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL;

-- name: DropOldMailTokens :execrows
DELETE FROM mail_tokens WHERE hash IN (SELECT t.hash FROM mail_tokens t WHERE t.expires_at < $1 ORDER BY t.expires_at, t.hash LIMIT $2);

-- name: DropConfirmations :exec
DELETE FROM mail_tokens WHERE reader_id = $1 AND purpose = 'confirm';

-- name: AddConsentEvent :exec
INSERT INTO consent_events (id, reader_id, act, scope, wording, how, at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ConsentEvents :many
SELECT reader_id, act, scope, wording, how, at FROM consent_events WHERE reader_id = $1 ORDER BY id;

-- name: AddSuppression :exec
INSERT INTO suppressions (address_hash, cause, detail, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: Suppression :one
SELECT cause, detail, at FROM suppressions WHERE address_hash = $1;

-- name: CountSuppressions :many
SELECT cause, count(*) AS n FROM suppressions GROUP BY cause ORDER BY cause;

-- name: DropSuppression :execrows
DELETE FROM suppressions WHERE address_hash = $1;

-- name: AddOwnKey :exec
INSERT INTO own_keys (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: OwnKey :one
SELECT value FROM own_keys WHERE name = $1;

-- Holds the reader until the end of the transaction: beginning a mail and
-- leaving take turns.
-- name: HoldReader :execrows
UPDATE readers SET agreed = agreed WHERE id = $1;

-- name: DropReaderTicker :execrows
DELETE FROM reader_tickers WHERE reader_id = $1 AND symbol = $2;

-- name: Stamp :one
SELECT environment, place, held_at, held_why, stamped_at FROM stamp WHERE id = 1;

-- name: AddStamp :execrows
INSERT INTO stamp (id, environment, place, held_at, held_why, stamped_at) VALUES (1, $1, $2, NULL, '', $3)
ON CONFLICT DO NOTHING;

-- name: HoldStamp :exec
UPDATE stamp SET held_at = $1, held_why = $2 WHERE id = 1;

-- name: MoveStamp :exec
UPDATE stamp SET place = $1, held_at = NULL, held_why = '' WHERE id = 1;

-- name: ChangeStamp :exec
UPDATE stamp SET environment = $1, stamped_at = $2 WHERE id = 1;
