-- +goose Up
-- Where wrapper links lead, for a day: they are opened once for all.
CREATE TABLE links (
    link        text COLLATE "C" NOT NULL PRIMARY KEY,
    target      text COLLATE "C" NOT NULL,
    resolved_at timestamptz NOT NULL
);
CREATE INDEX links_by_resolved_at ON links (resolved_at);

-- +goose Down
DROP TABLE links;
