-- +goose Up
CREATE TABLE readers (
    id         TEXT NOT NULL PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,
    time_zone  TEXT NOT NULL,
    plan       TEXT NOT NULL CHECK (plan IN ('beta', 'premium', 'professional')),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'active', 'paused')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE reader_tickers (
    reader_id TEXT NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    symbol    TEXT NOT NULL REFERENCES tickers (symbol),
    PRIMARY KEY (reader_id, symbol)
) STRICT;
CREATE INDEX reader_tickers_by_symbol ON reader_tickers (symbol);

-- Tokens and sessions are kept as the hash of what their holder has; no reader
-- means an operator.
CREATE TABLE access_tokens (
    hash       TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    reader_id  TEXT REFERENCES readers (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT
) STRICT;
CREATE INDEX access_tokens_by_reader ON access_tokens (reader_id);

CREATE TABLE sessions (
    hash       TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    reader_id  TEXT REFERENCES readers (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_reader ON sessions (reader_id);

-- The month is the last one that credits were granted for.
CREATE TABLE credit_accounts (
    reader_id TEXT    NOT NULL PRIMARY KEY REFERENCES readers (id),
    balance   INTEGER NOT NULL CHECK (balance >= 0),
    held      INTEGER NOT NULL CHECK (held >= 0),
    month     TEXT    NOT NULL
) STRICT;

-- A month is written on grants only, so that there is one per reader and month.
CREATE TABLE credit_entries (
    seq       INTEGER NOT NULL PRIMARY KEY,
    reader_id TEXT    NOT NULL REFERENCES credit_accounts (reader_id),
    kind      TEXT    NOT NULL CHECK (kind IN ('grant', 'expire', 'reserve', 'post', 'void', 'adjust')),
    amount    INTEGER NOT NULL,
    run_id    TEXT    NOT NULL,
    month     TEXT    CHECK ((kind = 'grant') = (month IS NOT NULL)),
    note      TEXT    NOT NULL,
    at        TEXT    NOT NULL,
    UNIQUE (reader_id, month)
) STRICT;
CREATE INDEX credit_entries_by_reader ON credit_entries (reader_id, seq);

-- +goose StatementBegin
CREATE TRIGGER credit_entries_stay BEFORE UPDATE ON credit_entries BEGIN
    SELECT RAISE(ABORT, 'lines of the credit ledger are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER credit_entries_kept BEFORE DELETE ON credit_entries BEGIN
    SELECT RAISE(ABORT, 'lines of the credit ledger are only ever added');
END;
-- +goose StatementEnd

-- Work is paid once: a run has at most one hold, of the reader who ordered it.
CREATE TABLE credit_holds (
    run_id     TEXT NOT NULL PRIMARY KEY,
    reader_id  TEXT NOT NULL REFERENCES credit_accounts (reader_id),
    state      TEXT NOT NULL CHECK (state IN ('open', 'posted', 'void')),
    created_at TEXT NOT NULL,
    ended_at   TEXT
) STRICT;
CREATE INDEX credit_holds_by_reader ON credit_holds (reader_id);
CREATE INDEX credit_holds_open ON credit_holds (created_at) WHERE state = 'open';

CREATE TABLE run_asks (
    run_id    TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    reader_id TEXT NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    asked_at  TEXT NOT NULL,
    PRIMARY KEY (run_id, reader_id)
) STRICT;
CREATE INDEX run_asks_by_reader ON run_asks (reader_id, asked_at);

-- What was answered under an idempotency key.
CREATE TABLE answers (
    owner        TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    body         TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT;
CREATE INDEX answers_by_age ON answers (created_at);

-- +goose Down
DROP TABLE answers;
DROP TABLE run_asks;
DROP TABLE credit_holds;
DROP TABLE credit_entries;
DROP TABLE credit_accounts;
DROP TABLE sessions;
DROP TABLE access_tokens;
DROP TABLE reader_tickers;
DROP TABLE readers;
