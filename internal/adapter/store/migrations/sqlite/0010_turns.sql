-- +goose Up
-- What only a few may use at once, over all processes: hosts and pages.
CREATE TABLE shared_things (
    name    TEXT NOT NULL PRIMARY KEY,
    full_at TEXT
) STRICT;
CREATE TABLE turns (
    id     TEXT NOT NULL PRIMARY KEY,
    thing  TEXT NOT NULL REFERENCES shared_things (name) ON DELETE CASCADE,
    worker TEXT NOT NULL,
    taken  INTEGER NOT NULL CHECK (taken IN (0, 1)),
    until  TEXT NOT NULL
) STRICT;
CREATE INDEX turns_by_thing ON turns (thing);

-- +goose Down
DROP TABLE turns;
DROP TABLE shared_things;
