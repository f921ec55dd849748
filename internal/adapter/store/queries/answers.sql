-- name: AddUse :exec
INSERT INTO call_uses (run_id, call_id, step, used_at) VALUES ($1, $2, $3, $4) ON CONFLICT (run_id, call_id) DO NOTHING;

-- name: UsedCalls :many
SELECT c.id, c.key, c.provider, c.model, c.prompt, c.run_id, u.step, c.state, c.reserved, c.cost, c.tokens_in, c.tokens_cached,
    c.tokens_out, c.error, c.started_at, c.took_ms, c.batch_id
FROM call_uses u JOIN calls c ON c.id = u.call_id WHERE u.run_id = $1 ORDER BY u.used_at, u.call_id;

-- name: AnsweredCalls :many
SELECT id, key, provider, model, prompt, run_id, step, state, reserved, cost, tokens_in, tokens_cached, tokens_out, error,
    started_at, took_ms, answer, stop, answered_by
FROM calls WHERE state = 'done' ORDER BY key;

-- name: KeepAnswer :exec
INSERT INTO calls (id, key, provider, model, prompt, run_id, step, reader_id, day, state, try, reserved, cost, tokens,
    started_at, lease_until, settled_at, took_ms, tokens_in, tokens_cached, tokens_out, answer, stop, answered_by, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, 'done', 1, 0, $9, 0, $10, $10, $10, $11, $12, $13, $14, $15, $16, $17, '')
ON CONFLICT DO NOTHING;

-- The newest runs that were made with a version of a prompt, and both drafts of each.
-- name: DraftsWith :many
SELECT d.run_id, d.step, d.body FROM drafts d WHERE d.run_id IN (
    SELECT r.id FROM runs r
    WHERE r.state = 'done' AND r.created_at > $1 AND (
        EXISTS (SELECT 1 FROM calls c WHERE c.run_id = r.id AND c.prompt = $2 AND c.state = 'done')
        OR EXISTS (SELECT 1 FROM call_uses u JOIN calls c ON c.id = u.call_id WHERE u.run_id = r.id AND c.prompt = $2))
    ORDER BY r.created_at DESC, r.id LIMIT $3)
ORDER BY d.run_id;

-- name: AddRollback :exec
INSERT INTO prompt_rollbacks (prompt, version, reason, rolled_back_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (prompt, version) DO NOTHING;

-- name: Rollbacks :many
SELECT prompt, version, reason FROM prompt_rollbacks ORDER BY prompt, version;

-- name: DropRollback :execrows
DELETE FROM prompt_rollbacks WHERE prompt = $1 AND version = $2;
