-- name: AddFeed :exec
INSERT INTO feeds (url, source, etag, last_modified, polled_at, error, failures, items, empty_polls)
VALUES ($1, $2, '', '', NULL, '', 0, 0, 0)
ON CONFLICT (url) DO NOTHING;

-- name: NameFeed :exec
UPDATE feeds SET source = $2 WHERE url = $1 AND source <> $2;

-- name: UpsertTickerFeed :exec
INSERT INTO ticker_feeds (symbol, url, role, subject)
VALUES ($1, $2, $3, $4)
ON CONFLICT (symbol, url, role) DO UPDATE SET subject = excluded.subject;

-- name: DeleteTickerFeed :exec
DELETE FROM ticker_feeds WHERE symbol = $1 AND url = $2 AND role = $3;

-- name: TickerFeeds :many
SELECT t.url, t.role, t.subject, f.source, f.etag, f.last_modified, f.polled_at, f.error, f.failures, f.items, f.empty_polls
FROM ticker_feeds t JOIN feeds f ON f.url = t.url
WHERE t.symbol = $1
ORDER BY t.url, t.role;

-- name: SaveHealth :exec
INSERT INTO feeds (url, source, etag, last_modified, polled_at, error, failures, items, empty_polls)
VALUES ($1, '', $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (url) DO UPDATE SET
    etag = excluded.etag, last_modified = excluded.last_modified, polled_at = excluded.polled_at,
    error = excluded.error, failures = excluded.failures, items = excluded.items, empty_polls = excluded.empty_polls
WHERE feeds.polled_at IS NULL OR excluded.polled_at >= feeds.polled_at;

-- name: SavePoll :exec
INSERT INTO run_polls (run_id, feed_url, polled_at, not_modified, items, error, health)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (run_id, feed_url) DO UPDATE SET
    polled_at = excluded.polled_at, not_modified = excluded.not_modified, items = excluded.items,
    error = excluded.error, health = excluded.health;

-- name: Polls :many
SELECT feed_url, polled_at, not_modified, items, error, health FROM run_polls WHERE run_id = $1 ORDER BY feed_url;

-- name: AddSighting :exec
INSERT INTO sightings (feed_url, article_id, link) VALUES ($1, $2, $3)
ON CONFLICT (feed_url, article_id) DO NOTHING;

-- name: Sighted :many
SELECT a.id, a.url, a.title, a.publisher, a.description, a.author, a.published_at, a.dated, a.first_seen_at
FROM sightings s JOIN articles a ON a.id = s.article_id
WHERE s.feed_url = sqlc.arg(feed_url) AND a.published_at > sqlc.arg(after) AND a.published_at <= sqlc.arg(until)
ORDER BY a.published_at DESC, a.id;
