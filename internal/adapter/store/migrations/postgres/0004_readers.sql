-- +goose Up
CREATE TABLE readers (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    time_zone text COLLATE "C" NOT NULL,
    plan text COLLATE "C" NOT NULL CHECK (plan IN ('beta', 'premium', 'professional')),
    state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'active', 'paused')),
    created_at timestamptz NOT NULL
);

CREATE TABLE reader_tickers (
    reader_id text COLLATE "C" NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    symbol text COLLATE "C" NOT NULL REFERENCES tickers (symbol),
    PRIMARY KEY (reader_id, symbol)
);
CREATE INDEX reader_tickers_by_symbol ON reader_tickers (symbol);

-- Tokens and sessions are kept as the hash of what their holder has; no reader
-- means an operator.
CREATE TABLE access_tokens (
    hash text COLLATE "C" NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    reader_id text COLLATE "C" REFERENCES readers (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX access_tokens_by_reader ON access_tokens (reader_id);

CREATE TABLE sessions (
    hash text COLLATE "C" NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    reader_id text COLLATE "C" REFERENCES readers (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_reader ON sessions (reader_id);

-- The month is the last one that credits were granted for.
CREATE TABLE credit_accounts (
    reader_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES readers (id),
    balance bigint NOT NULL CHECK (balance >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    month text COLLATE "C" NOT NULL
);

-- A month is written on grants only, so that there is one per reader and month.
CREATE TABLE credit_entries (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reader_id text COLLATE "C" NOT NULL REFERENCES credit_accounts (reader_id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('grant', 'expire', 'reserve', 'post', 'void', 'adjust')),
    amount bigint NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    month text COLLATE "C" CHECK ((kind = 'grant') = (month IS NOT NULL)),
    note text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (reader_id, month)
);
CREATE INDEX credit_entries_by_reader ON credit_entries (reader_id, seq);

-- +goose StatementBegin
CREATE FUNCTION credit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lines of the credit ledger are only ever added';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER credit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION credit_entries_refuse();

-- Work is paid once: a run has at most one hold, of the reader who ordered it.
CREATE TABLE credit_holds (
    run_id text COLLATE "C" NOT NULL PRIMARY KEY,
    reader_id text COLLATE "C" NOT NULL REFERENCES credit_accounts (reader_id),
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'posted', 'void')),
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX credit_holds_by_reader ON credit_holds (reader_id);
CREATE INDEX credit_holds_open ON credit_holds (created_at) WHERE state = 'open';

CREATE TABLE run_asks (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    reader_id text COLLATE "C" NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, reader_id)
);
CREATE INDEX run_asks_by_reader ON run_asks (reader_id, asked_at);

-- What was answered under an idempotency key.
CREATE TABLE answers (
    owner text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    request_hash text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX answers_by_age ON answers (created_at);

-- +goose Down
DROP TABLE answers;
DROP TABLE run_asks;
DROP TABLE credit_holds;
DROP TABLE credit_entries;
DROP FUNCTION credit_entries_refuse();
DROP TABLE credit_accounts;
DROP TABLE sessions;
DROP TABLE access_tokens;
DROP TABLE reader_tickers;
DROP TABLE readers;
