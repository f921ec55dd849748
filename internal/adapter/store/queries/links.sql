-- name: ResolvedLink :one
SELECT target FROM links WHERE link = $1 AND resolved_at > $2;

-- name: SaveLink :exec
INSERT INTO links (link, target, resolved_at) VALUES ($1, $2, $3)
ON CONFLICT (link) DO UPDATE SET target = excluded.target, resolved_at = excluded.resolved_at;

-- name: ForgetLinks :exec
DELETE FROM links WHERE resolved_at <= $1;
