-- name: CountKnown :one
SELECT CAST(count(*) AS bigint) FROM (
    SELECT t.article_id FROM article_texts t WHERE t.article_id = $1
    UNION ALL
    SELECT m.article_id FROM article_misses m WHERE m.article_id = $1 AND (m.next_try IS NULL OR m.next_try > $2)
) known;
