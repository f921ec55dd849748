-- +goose Up
CREATE TABLE slots (
    kind text COLLATE "C" NOT NULL,
    day text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    clock text COLLATE "C" NOT NULL,
    due timestamptz NOT NULL,
    worker text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    taken_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    done_at timestamptz,
    outcome text COLLATE "C" NOT NULL,
    batch_id text COLLATE "C" REFERENCES batches (id),
    PRIMARY KEY (kind, day, key)
);

CREATE INDEX slots_by_taken_at ON slots (taken_at);

CREATE TABLE market_days (
    exchange text COLLATE "C" NOT NULL CHECK (exchange IN ('NYSE', 'TSX')),
    day text COLLATE "C" NOT NULL,
    open boolean NOT NULL,
    closes text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL,
    PRIMARY KEY (exchange, day)
);

CREATE TABLE filing_checks (
    symbol text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES tickers (symbol) ON DELETE CASCADE,
    first_at timestamptz NOT NULL,
    checked_at timestamptz NOT NULL
);

CREATE TABLE filings_seen (
    symbol text COLLATE "C" NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    accession text COLLATE "C" NOT NULL REFERENCES filings (accession) ON DELETE CASCADE,
    seen_at timestamptz NOT NULL,
    fresh boolean NOT NULL,
    PRIMARY KEY (symbol, accession)
);

-- +goose Down
DROP TABLE filings_seen;
DROP TABLE filing_checks;
DROP TABLE market_days;
DROP TABLE slots;
