-- +goose Up
-- What only a few may use at once, over all processes: hosts and pages.
CREATE TABLE shared_things (
    name    text COLLATE "C" NOT NULL PRIMARY KEY,
    full_at timestamptz
);
CREATE TABLE turns (
    id     text COLLATE "C" NOT NULL PRIMARY KEY,
    thing  text COLLATE "C" NOT NULL REFERENCES shared_things (name) ON DELETE CASCADE,
    worker text COLLATE "C" NOT NULL,
    taken  boolean NOT NULL,
    until  timestamptz NOT NULL
);
CREATE INDEX turns_by_thing ON turns (thing);

-- +goose Down
DROP TABLE turns;
DROP TABLE shared_things;
