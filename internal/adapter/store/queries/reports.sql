-- name: UpsertStory :exec
INSERT INTO stories (id, ticker, first_seen, last_told) VALUES ($1, $2, $3, NULL)
ON CONFLICT (id) DO UPDATE SET first_seen = excluded.first_seen WHERE excluded.first_seen < stories.first_seen;

-- name: DeleteRunStories :exec
DELETE FROM run_stories WHERE run_id = $1;

-- name: AddRunStory :exec
INSERT INTO run_stories (run_id, story_id, position, headline, state, change, last_told, articles, filings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (run_id, story_id) DO NOTHING;

-- name: RunStories :many
SELECT r.story_id, s.ticker, r.headline, r.state, r.change, s.first_seen, r.last_told, r.articles, r.filings
FROM run_stories r JOIN stories s ON s.id = r.story_id
WHERE r.run_id = $1
ORDER BY r.position;

-- name: SaveDraft :exec
INSERT INTO drafts (run_id, step, body) VALUES ($1, $2, $3)
ON CONFLICT (run_id, step) DO UPDATE SET body = excluded.body;

-- name: Drafts :many
SELECT step, body FROM drafts WHERE run_id = $1;

-- name: AddReport :exec
INSERT INTO reports (run_id, id, ticker, kind, as_of, version, status, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (run_id) DO NOTHING;

-- name: Report :one
SELECT body FROM reports WHERE run_id = $1;

-- name: AddTelling :exec
INSERT INTO tellings (run_id, story_id, ticker, as_of, bullets) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (run_id, story_id) DO NOTHING;

-- name: MarkTold :exec
UPDATE stories SET last_told = sqlc.arg(told_at)
WHERE id = sqlc.arg(id) AND (last_told IS NULL OR last_told < sqlc.arg(told_at));

-- name: Tellings :many
SELECT t.run_id, t.story_id, t.ticker, t.as_of, t.bullets, s.first_seen,
    r.headline, r.state, r.change, r.articles, r.filings
FROM tellings t
JOIN stories s ON s.id = t.story_id
JOIN run_stories r ON r.run_id = t.run_id AND r.story_id = t.story_id
WHERE t.ticker = sqlc.arg(ticker) AND t.as_of >= sqlc.arg(since) AND t.as_of < sqlc.arg(before)
ORDER BY t.as_of, t.story_id, t.run_id;

-- name: RefreshableReports :many
SELECT run_id, ticker, kind FROM reports
WHERE as_of > sqlc.arg(since) AND as_of < sqlc.arg(until) AND kind IN ('daily', 'weekly') AND status <> 'held'
ORDER BY ticker, as_of, version;
