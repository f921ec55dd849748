-- +goose Up
-- Where wrapper links lead, for a day: they are opened once for all.
CREATE TABLE links (
    link        TEXT NOT NULL PRIMARY KEY,
    target      TEXT NOT NULL,
    resolved_at TEXT NOT NULL
) STRICT;
CREATE INDEX links_by_resolved_at ON links (resolved_at);

-- +goose Down
DROP TABLE links;
