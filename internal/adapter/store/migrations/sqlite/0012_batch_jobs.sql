-- +goose Up
-- Calls that a provider answers together. The row is there before anything is
-- sent; remote is what the provider calls it, once we have heard.
CREATE TABLE batch_jobs (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL REFERENCES providers (name),
    model TEXT NOT NULL,
    remote TEXT NOT NULL DEFAULT '',
    token INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    late_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX batch_jobs_open ON batch_jobs (lease_until) WHERE ended_at IS NULL;

ALTER TABLE calls ADD COLUMN batch_id TEXT NOT NULL DEFAULT '';
CREATE INDEX calls_by_batch ON calls (batch_id) WHERE batch_id <> '';
DROP INDEX calls_open;
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open' AND batch_id = '';

-- +goose Down
DROP INDEX calls_open;
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open';
DROP INDEX calls_by_batch;
ALTER TABLE calls DROP COLUMN batch_id;
DROP TABLE batch_jobs;
