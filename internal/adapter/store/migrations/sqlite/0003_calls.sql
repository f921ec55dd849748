-- +goose Up
-- A token bucket is kept as the moment at which it is full again.
CREATE TABLE providers (
    name TEXT NOT NULL PRIMARY KEY,
    calls_full_at TEXT,
    tokens_full_at TEXT,
    tokens_per_minute INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    down_since TEXT,
    next_try TEXT,
    tripped TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    error_at TEXT
) STRICT;

-- What paid calls took out of each cap. The name is the date, the month, the
-- reader and the month, or the run.
CREATE TABLE spending (
    scope TEXT NOT NULL CHECK (scope IN ('day', 'month', 'reader', 'run')),
    name TEXT NOT NULL,
    settled INTEGER NOT NULL CHECK (settled >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (scope, name)
) STRICT;

-- One row per paid call: ledger, permit of the provider and reservation of
-- the budget at once. It outlives runs and readers.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    provider TEXT NOT NULL REFERENCES providers (name),
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step TEXT NOT NULL,
    reader_id TEXT NOT NULL,
    day TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'lost')),
    try INTEGER NOT NULL,
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    cost INTEGER NOT NULL CHECK (cost >= 0),
    tokens INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    settled_at TEXT,
    took_ms INTEGER NOT NULL DEFAULT 0,
    tokens_in INTEGER NOT NULL DEFAULT 0,
    tokens_cached INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    answer TEXT NOT NULL DEFAULT '',
    stop TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX calls_once ON calls (key) WHERE state IN ('open', 'done');
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open';
CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_by_run ON calls (run_id, started_at);
CREATE INDEX calls_by_day ON calls (day, started_at);

-- +goose Down
DROP TABLE calls;
DROP TABLE spending;
DROP TABLE providers;
