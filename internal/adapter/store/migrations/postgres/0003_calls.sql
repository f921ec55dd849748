-- +goose Up
-- A token bucket is kept as the moment at which it is full again.
CREATE TABLE providers (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    calls_full_at timestamptz,
    tokens_full_at timestamptz,
    tokens_per_minute bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    down_since timestamptz,
    next_try timestamptz,
    tripped text COLLATE "C" NOT NULL DEFAULT '',
    error text COLLATE "C" NOT NULL DEFAULT '',
    error_at timestamptz
);

-- What paid calls took out of each cap. The name is the date, the month, the
-- reader and the month, or the run.
CREATE TABLE spending (
    scope text COLLATE "C" NOT NULL CHECK (scope IN ('day', 'month', 'reader', 'run')),
    name text COLLATE "C" NOT NULL,
    settled bigint NOT NULL CHECK (settled >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (scope, name)
);

-- One row per paid call: ledger, permit of the provider and reservation of
-- the budget at once. It outlives runs and readers.
CREATE TABLE calls (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL REFERENCES providers (name),
    model text COLLATE "C" NOT NULL,
    prompt text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    reader_id text COLLATE "C" NOT NULL,
    day text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'done', 'failed', 'lost')),
    try bigint NOT NULL,
    reserved bigint NOT NULL CHECK (reserved >= 0),
    cost bigint NOT NULL CHECK (cost >= 0),
    tokens bigint NOT NULL,
    started_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    settled_at timestamptz,
    took_ms bigint NOT NULL DEFAULT 0,
    tokens_in bigint NOT NULL DEFAULT 0,
    tokens_cached bigint NOT NULL DEFAULT 0,
    tokens_out bigint NOT NULL DEFAULT 0,
    answer text COLLATE "C" NOT NULL DEFAULT '',
    stop text COLLATE "C" NOT NULL DEFAULT '',
    answered_by text COLLATE "C" NOT NULL DEFAULT '',
    error text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX calls_once ON calls (key) WHERE state IN ('open', 'done');
CREATE INDEX calls_open ON calls (provider) WHERE state = 'open';
CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_by_run ON calls (run_id, started_at);
CREATE INDEX calls_by_day ON calls (day, started_at);

-- +goose Down
DROP TABLE calls;
DROP TABLE spending;
DROP TABLE providers;
