-- A row is the same whatever the order in which feeds tell it: of two values
-- the longer stands, of two of one length the smaller; a told date beats an
-- assumed one and the earlier of two stands. A feed that tells nothing new, as
-- most do, writes nothing.
-- name: UpsertArticle :exec
INSERT INTO articles (id, url, title, publisher, description, author, published_at, dated, first_seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET
    title = CASE WHEN length(excluded.title) > length(articles.title)
        OR (length(excluded.title) = length(articles.title) AND excluded.title < articles.title)
        THEN excluded.title ELSE articles.title END,
    publisher = CASE WHEN length(excluded.publisher) > length(articles.publisher)
        OR (length(excluded.publisher) = length(articles.publisher) AND excluded.publisher < articles.publisher)
        THEN excluded.publisher ELSE articles.publisher END,
    description = CASE WHEN length(excluded.description) > length(articles.description)
        OR (length(excluded.description) = length(articles.description) AND excluded.description < articles.description)
        THEN excluded.description ELSE articles.description END,
    author = CASE WHEN length(excluded.author) > length(articles.author)
        OR (length(excluded.author) = length(articles.author) AND excluded.author < articles.author)
        THEN excluded.author ELSE articles.author END,
    published_at = CASE
        WHEN excluded.dated AND NOT articles.dated THEN excluded.published_at
        WHEN articles.dated AND NOT excluded.dated THEN articles.published_at
        WHEN excluded.published_at < articles.published_at THEN excluded.published_at
        ELSE articles.published_at END,
    dated = excluded.dated OR articles.dated,
    first_seen_at = CASE WHEN excluded.first_seen_at < articles.first_seen_at
        THEN excluded.first_seen_at ELSE articles.first_seen_at END
WHERE excluded.first_seen_at < articles.first_seen_at
   OR (excluded.title, excluded.publisher, excluded.description, excluded.author, excluded.published_at, excluded.dated)
       <> (articles.title, articles.publisher, articles.description, articles.author, articles.published_at, articles.dated);

-- name: FillPublisher :exec
-- FillPublisher names the publisher of an article that no feed named.
UPDATE articles SET publisher = $2 WHERE id = $1 AND publisher = '';

-- name: AddText :exec
INSERT INTO article_texts (article_id, body, hash, title, author, published_at, language, label, fetched_at, final_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (article_id) DO NOTHING;

-- name: SaveMiss :exec
INSERT INTO article_misses (article_id, missed_at, cause, next_try) VALUES ($1, $2, $3, $4)
ON CONFLICT (article_id) DO UPDATE SET missed_at = excluded.missed_at, cause = excluded.cause, next_try = excluded.next_try
WHERE excluded.missed_at >= article_misses.missed_at;

-- name: DeleteMiss :exec
DELETE FROM article_misses WHERE article_id = $1;

-- name: ArticleSource :one
SELECT t.body, t.title AS page_title, a.title, a.url, t.final_url
FROM article_texts t JOIN articles a ON a.id = t.article_id
WHERE t.article_id = $1;

-- name: ArticleHead :many
SELECT a.id, a.title, CAST(coalesce(t.body, '') AS text) AS body
FROM articles a LEFT JOIN article_texts t ON t.article_id = a.id
WHERE a.id IN (VALUES (sqlc.arg(id)));
