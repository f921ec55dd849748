-- Holds the thing until the end of the transaction: its turns go one by one. One
-- statement, because who leaves the last turn takes the row away.
-- name: HoldThing :one
INSERT INTO shared_things (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET full_at = shared_things.full_at
RETURNING full_at;

-- name: SaveThing :exec
UPDATE shared_things SET full_at = $2 WHERE name = $1;

-- name: ForgetTurns :exec
DELETE FROM turns WHERE thing = $1 AND until <= $2;

-- name: Turns :many
SELECT id, worker, taken FROM turns WHERE thing = $1;

-- name: SaveTurn :exec
INSERT INTO turns (id, thing, worker, taken, until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET taken = excluded.taken, until = excluded.until;

-- name: LeaveTurn :exec
DELETE FROM turns WHERE id = $1;

-- What nobody uses or waits for, and whose pace is rested, needs no row.
-- name: ForgetThing :exec
DELETE FROM shared_things WHERE name = $1 AND (full_at IS NULL OR full_at <= $2)
    AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.thing = shared_things.name);

-- Turns of processes that died, at things that nobody asked for again.
-- name: DropOldTurns :execrows
DELETE FROM turns WHERE id IN (SELECT t.id FROM turns t WHERE t.until < $1 ORDER BY t.id LIMIT $2);

-- name: DropOldThings :execrows
DELETE FROM shared_things WHERE name IN (
    SELECT s.name FROM shared_things s
    WHERE (s.full_at IS NULL OR s.full_at < $1) AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.thing = s.name)
    ORDER BY s.name LIMIT $2
);
