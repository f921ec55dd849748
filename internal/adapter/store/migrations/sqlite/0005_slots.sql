-- +goose Up
CREATE TABLE slots (
    kind        TEXT    NOT NULL,
    day         TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    clock       TEXT    NOT NULL,
    due         TEXT    NOT NULL,
    worker      TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    taken_at    TEXT    NOT NULL,
    lease_until TEXT    NOT NULL,
    done_at     TEXT,
    outcome     TEXT    NOT NULL,
    batch_id    TEXT REFERENCES batches (id),
    PRIMARY KEY (kind, day, key)
) STRICT;

CREATE INDEX slots_by_taken_at ON slots (taken_at);

CREATE TABLE market_days (
    exchange TEXT    NOT NULL CHECK (exchange IN ('NYSE', 'TSX')),
    day      TEXT    NOT NULL,
    open     INTEGER NOT NULL CHECK (open IN (0, 1)),
    closes   TEXT    NOT NULL,
    note     TEXT    NOT NULL,
    PRIMARY KEY (exchange, day)
) STRICT;

CREATE TABLE filing_checks (
    symbol     TEXT NOT NULL PRIMARY KEY REFERENCES tickers (symbol) ON DELETE CASCADE,
    first_at   TEXT NOT NULL,
    checked_at TEXT NOT NULL
) STRICT;

CREATE TABLE filings_seen (
    symbol    TEXT    NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    accession TEXT    NOT NULL REFERENCES filings (accession) ON DELETE CASCADE,
    seen_at   TEXT    NOT NULL,
    fresh     INTEGER NOT NULL CHECK (fresh IN (0, 1)),
    PRIMARY KEY (symbol, accession)
) STRICT;

-- +goose Down
DROP TABLE filings_seen;
DROP TABLE filing_checks;
DROP TABLE market_days;
DROP TABLE slots;
