-- +goose Up
CREATE TABLE tickers (
    symbol   TEXT    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL,
    exchange TEXT    NOT NULL,
    cik      TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    strength INTEGER NOT NULL
) STRICT;

CREATE TABLE ticker_names (
    symbol   TEXT    NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    name     TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    strength INTEGER NOT NULL,
    PRIMARY KEY (symbol, name)
) STRICT;

CREATE TABLE feeds (
    url           TEXT    NOT NULL PRIMARY KEY,
    source        TEXT    NOT NULL,
    etag          TEXT    NOT NULL,
    last_modified TEXT    NOT NULL,
    polled_at     TEXT,
    error         TEXT    NOT NULL,
    failures      INTEGER NOT NULL,
    items         INTEGER NOT NULL,
    empty_polls   INTEGER NOT NULL
) STRICT;

CREATE TABLE ticker_feeds (
    symbol  TEXT NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    url     TEXT NOT NULL REFERENCES feeds (url),
    role    TEXT NOT NULL CHECK (role IN ('company', 'industry', 'competitor', 'upstream', 'downstream')),
    subject TEXT NOT NULL,
    PRIMARY KEY (symbol, url, role)
) STRICT;

CREATE TABLE articles (
    id            TEXT    NOT NULL PRIMARY KEY,
    url           TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    publisher     TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    author        TEXT    NOT NULL,
    published_at  TEXT    NOT NULL,
    dated         INTEGER NOT NULL CHECK (dated IN (0, 1)),
    first_seen_at TEXT    NOT NULL
) STRICT;

CREATE TABLE sightings (
    feed_url   TEXT NOT NULL REFERENCES feeds (url),
    article_id TEXT NOT NULL REFERENCES articles (id),
    link       TEXT NOT NULL,
    PRIMARY KEY (feed_url, article_id)
) STRICT;

CREATE TABLE article_texts (
    article_id   TEXT NOT NULL PRIMARY KEY REFERENCES articles (id),
    body         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    title        TEXT NOT NULL,
    author       TEXT NOT NULL,
    published_at TEXT,
    language     TEXT NOT NULL,
    label        TEXT NOT NULL,
    fetched_at   TEXT,
    final_url    TEXT NOT NULL
) STRICT;

CREATE TABLE article_misses (
    article_id TEXT NOT NULL PRIMARY KEY REFERENCES articles (id),
    missed_at  TEXT NOT NULL,
    cause      TEXT NOT NULL,
    next_try   TEXT
) STRICT;

CREATE TABLE filings (
    accession TEXT NOT NULL PRIMARY KEY,
    cik       TEXT NOT NULL,
    form      TEXT NOT NULL,
    filed_at  TEXT NOT NULL,
    period    TEXT NOT NULL,
    items     TEXT NOT NULL CHECK (json_valid(items)),
    url       TEXT NOT NULL
) STRICT;

CREATE TABLE filing_documents (
    accession   TEXT    NOT NULL REFERENCES filings (accession) ON DELETE CASCADE,
    seq         INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    items       TEXT    NOT NULL CHECK (json_valid(items)),
    PRIMARY KEY (accession, seq)
) STRICT;

CREATE TABLE runs (
    id          TEXT    NOT NULL PRIMARY KEY,
    ticker      TEXT    NOT NULL REFERENCES tickers (symbol),
    kind        TEXT    NOT NULL CHECK (kind IN ('daily', 'weekly', 'ad-hoc')),
    as_of       TEXT    NOT NULL,
    time_zone   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    token       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    worker      TEXT    NOT NULL,
    lease_until TEXT,
    cause       TEXT    NOT NULL,
    created_at  TEXT    NOT NULL,
    UNIQUE (ticker, kind, as_of)
) STRICT;

CREATE TABLE run_steps (
    run_id  TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step    TEXT NOT NULL,
    done_at TEXT NOT NULL,
    note    TEXT NOT NULL,
    PRIMARY KEY (run_id, step)
) STRICT;

CREATE TABLE run_polls (
    run_id       TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    feed_url     TEXT    NOT NULL REFERENCES feeds (url),
    polled_at    TEXT    NOT NULL,
    not_modified INTEGER NOT NULL CHECK (not_modified IN (0, 1)),
    items        INTEGER NOT NULL,
    error        TEXT    NOT NULL,
    health       TEXT    NOT NULL CHECK (json_valid(health)),
    PRIMARY KEY (run_id, feed_url)
) STRICT;

CREATE TABLE candidates (
    run_id       TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    article_id   TEXT    NOT NULL REFERENCES articles (id),
    role         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    decision     TEXT    NOT NULL CHECK (decision IN ('pending', 'selected', 'rejected', 'duplicate')),
    gate         TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    score        INTEGER NOT NULL,
    duplicate_of TEXT    NOT NULL,
    standing     INTEGER NOT NULL,
    PRIMARY KEY (run_id, article_id)
) STRICT;

CREATE TABLE run_filings (
    run_id    TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    accession TEXT NOT NULL REFERENCES filings (accession),
    PRIMARY KEY (run_id, accession)
) STRICT;

CREATE TABLE stories (
    id         TEXT NOT NULL PRIMARY KEY,
    ticker     TEXT NOT NULL REFERENCES tickers (symbol),
    first_seen TEXT NOT NULL,
    last_told  TEXT
) STRICT;

CREATE TABLE run_stories (
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    story_id  TEXT    NOT NULL REFERENCES stories (id),
    position  INTEGER NOT NULL,
    headline  TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('new', 'update', 'repeat')),
    change    TEXT    NOT NULL,
    last_told TEXT,
    articles  TEXT    NOT NULL CHECK (json_valid(articles)),
    filings   TEXT    NOT NULL CHECK (json_valid(filings)),
    PRIMARY KEY (run_id, story_id)
) STRICT;

CREATE TABLE drafts (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step   TEXT NOT NULL CHECK (step IN ('summarize', 'verify')),
    body   TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (run_id, step)
) STRICT;

CREATE TABLE reports (
    run_id  TEXT    NOT NULL PRIMARY KEY REFERENCES runs (id),
    id      TEXT    NOT NULL UNIQUE,
    ticker  TEXT    NOT NULL REFERENCES tickers (symbol),
    kind    TEXT    NOT NULL,
    as_of   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    status  TEXT    NOT NULL,
    body    TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE tellings (
    run_id   TEXT NOT NULL REFERENCES reports (run_id),
    story_id TEXT NOT NULL REFERENCES stories (id),
    ticker   TEXT NOT NULL,
    as_of    TEXT NOT NULL,
    bullets  TEXT NOT NULL CHECK (json_valid(bullets)),
    PRIMARY KEY (run_id, story_id)
) STRICT;

CREATE INDEX tellings_by_ticker ON tellings (ticker, as_of);
CREATE INDEX sightings_by_article ON sightings (article_id);
CREATE INDEX candidates_by_article ON candidates (article_id);

-- +goose Down
DROP TABLE tellings;
DROP TABLE reports;
DROP TABLE drafts;
DROP TABLE run_stories;
DROP TABLE stories;
DROP TABLE run_filings;
DROP TABLE candidates;
DROP TABLE run_polls;
DROP TABLE run_steps;
DROP TABLE runs;
DROP TABLE filing_documents;
DROP TABLE filings;
DROP TABLE article_misses;
DROP TABLE article_texts;
DROP TABLE sightings;
DROP TABLE articles;
DROP TABLE ticker_feeds;
DROP TABLE feeds;
DROP TABLE ticker_names;
DROP TABLE tickers;
