-- A poll replaces what another poll of the run said of the article only when
-- it stands better, so the order of polls does not matter; standing 0 is a
-- decision of a later step and stays.
-- name: MergeCandidate :exec
INSERT INTO candidates (run_id, article_id, role, subject, decision, gate, reason, score, duplicate_of, standing)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (run_id, article_id) DO UPDATE SET
    role = excluded.role, subject = excluded.subject, decision = excluded.decision, gate = excluded.gate,
    reason = excluded.reason, score = excluded.score, duplicate_of = excluded.duplicate_of, standing = excluded.standing
WHERE excluded.standing < candidates.standing
   OR (excluded.standing = candidates.standing
       AND (excluded.subject, excluded.gate, excluded.reason) < (candidates.subject, candidates.gate, candidates.reason));

-- name: PutCandidate :exec
INSERT INTO candidates (run_id, article_id, role, subject, decision, gate, reason, score, duplicate_of, standing)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)
ON CONFLICT (run_id, article_id) DO UPDATE SET
    role = excluded.role, subject = excluded.subject, decision = excluded.decision, gate = excluded.gate,
    reason = excluded.reason, score = excluded.score, duplicate_of = excluded.duplicate_of, standing = 0;

-- name: Decide :execrows
UPDATE candidates SET decision = sqlc.arg(decision), gate = sqlc.arg(gate), reason = sqlc.arg(reason),
    score = sqlc.arg(score), duplicate_of = sqlc.arg(duplicate_of), standing = 0
WHERE run_id = sqlc.arg(run_id) AND article_id = sqlc.arg(article_id);

-- name: DeleteCandidate :exec
DELETE FROM candidates WHERE run_id = $1 AND article_id = $2;

-- name: Candidate :one
SELECT role, subject, decision, gate, reason, score, duplicate_of FROM candidates WHERE run_id = $1 AND article_id = $2;

-- name: CandidateRoles :many
SELECT article_id, role, subject FROM candidates WHERE run_id = $1 ORDER BY article_id;

-- name: Repoint :exec
UPDATE candidates SET duplicate_of = sqlc.arg(target) WHERE run_id = sqlc.arg(run_id) AND duplicate_of = sqlc.arg(origin);

-- name: Candidates :many
SELECT a.id, a.url, a.title, a.publisher, a.description, a.author, a.published_at, a.dated, a.first_seen_at,
    c.role, c.subject, c.decision, c.gate, c.reason, c.score, c.duplicate_of
FROM candidates c JOIN articles a ON a.id = c.article_id
WHERE c.run_id = $1
ORDER BY a.published_at DESC, a.id;

-- name: CandidateTexts :many
SELECT t.article_id, t.body, t.hash, t.title, t.author, t.published_at, t.language, t.label, t.fetched_at, t.final_url
FROM candidates c JOIN article_texts t ON t.article_id = c.article_id
WHERE c.run_id = $1;

-- name: CandidateMisses :many
SELECT m.article_id, m.missed_at, m.cause, m.next_try
FROM candidates c JOIN article_misses m ON m.article_id = c.article_id
WHERE c.run_id = $1;
