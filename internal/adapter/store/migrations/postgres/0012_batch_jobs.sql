-- +goose Up
-- Calls that a provider answers together. The row is there before anything is
-- sent; remote is what the provider calls it, once we have heard.
CREATE TABLE batch_jobs (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    provider text COLLATE "C" NOT NULL REFERENCES providers (name),
    model text COLLATE "C" NOT NULL,
    remote text COLLATE "C" NOT NULL DEFAULT '',
    token bigint NOT NULL,
    created_at timestamptz NOT NULL,
    late_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX batch_jobs_open ON batch_jobs (lease_until) WHERE ended_at IS NULL;

ALTER TABLE calls ADD COLUMN batch_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX calls_by_batch ON calls (batch_id) WHERE batch_id <> '';
DROP INDEX calls_open;
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open' AND batch_id = '';

-- +goose Down
DROP INDEX calls_open;
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open';
DROP INDEX calls_by_batch;
ALTER TABLE calls DROP COLUMN batch_id;
DROP TABLE batch_jobs;
