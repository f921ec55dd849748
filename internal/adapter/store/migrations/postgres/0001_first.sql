-- +goose Up
CREATE TABLE tickers (
    symbol text COLLATE "C" NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    exchange text COLLATE "C" NOT NULL,
    cik text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    strength bigint NOT NULL
);

CREATE TABLE ticker_names (
    symbol text COLLATE "C" NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    strength bigint NOT NULL,
    PRIMARY KEY (symbol, name)
);

CREATE TABLE feeds (
    url text COLLATE "C" NOT NULL PRIMARY KEY,
    source text COLLATE "C" NOT NULL,
    etag text COLLATE "C" NOT NULL,
    last_modified text COLLATE "C" NOT NULL,
    polled_at timestamptz,
    error text COLLATE "C" NOT NULL,
    failures bigint NOT NULL,
    items bigint NOT NULL,
    empty_polls bigint NOT NULL
);

CREATE TABLE ticker_feeds (
    symbol text COLLATE "C" NOT NULL REFERENCES tickers (symbol) ON DELETE CASCADE,
    url text COLLATE "C" NOT NULL REFERENCES feeds (url),
    role text COLLATE "C" NOT NULL CHECK (role IN ('company', 'industry', 'competitor', 'upstream', 'downstream')),
    subject text COLLATE "C" NOT NULL,
    PRIMARY KEY (symbol, url, role)
);

CREATE TABLE articles (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    url text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    publisher text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    author text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL,
    dated boolean NOT NULL,
    first_seen_at timestamptz NOT NULL
);

CREATE TABLE sightings (
    feed_url text COLLATE "C" NOT NULL REFERENCES feeds (url),
    article_id text COLLATE "C" NOT NULL REFERENCES articles (id),
    link text COLLATE "C" NOT NULL,
    PRIMARY KEY (feed_url, article_id)
);

CREATE TABLE article_texts (
    article_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES articles (id),
    body text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    author text COLLATE "C" NOT NULL,
    published_at timestamptz,
    language text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    fetched_at timestamptz,
    final_url text COLLATE "C" NOT NULL
);

CREATE TABLE article_misses (
    article_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES articles (id),
    missed_at timestamptz NOT NULL,
    cause text COLLATE "C" NOT NULL,
    next_try timestamptz
);

CREATE TABLE filings (
    accession text COLLATE "C" NOT NULL PRIMARY KEY,
    cik text COLLATE "C" NOT NULL,
    form text COLLATE "C" NOT NULL,
    filed_at timestamptz NOT NULL,
    period text COLLATE "C" NOT NULL,
    items text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL
);

CREATE TABLE filing_documents (
    accession text COLLATE "C" NOT NULL REFERENCES filings (accession) ON DELETE CASCADE,
    seq bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL,
    items text COLLATE "C" NOT NULL,
    PRIMARY KEY (accession, seq)
);

CREATE TABLE runs (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    ticker text COLLATE "C" NOT NULL REFERENCES tickers (symbol),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('daily', 'weekly', 'ad-hoc')),
    as_of timestamptz NOT NULL,
    time_zone text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    token bigint NOT NULL,
    attempts bigint NOT NULL,
    worker text COLLATE "C" NOT NULL,
    lease_until timestamptz,
    cause text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (ticker, kind, as_of)
);

CREATE TABLE run_steps (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step text COLLATE "C" NOT NULL,
    done_at timestamptz NOT NULL,
    note text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, step)
);

CREATE TABLE run_polls (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    feed_url text COLLATE "C" NOT NULL REFERENCES feeds (url),
    polled_at timestamptz NOT NULL,
    not_modified boolean NOT NULL,
    items bigint NOT NULL,
    error text COLLATE "C" NOT NULL,
    health text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, feed_url)
);

CREATE TABLE candidates (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    article_id text COLLATE "C" NOT NULL REFERENCES articles (id),
    role text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    decision text COLLATE "C" NOT NULL CHECK (decision IN ('pending', 'selected', 'rejected', 'duplicate')),
    gate text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    score bigint NOT NULL,
    duplicate_of text COLLATE "C" NOT NULL,
    standing bigint NOT NULL,
    PRIMARY KEY (run_id, article_id)
);

CREATE TABLE run_filings (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    accession text COLLATE "C" NOT NULL REFERENCES filings (accession),
    PRIMARY KEY (run_id, accession)
);

CREATE TABLE stories (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    ticker text COLLATE "C" NOT NULL REFERENCES tickers (symbol),
    first_seen timestamptz NOT NULL,
    last_told timestamptz
);

CREATE TABLE run_stories (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    story_id text COLLATE "C" NOT NULL REFERENCES stories (id),
    position bigint NOT NULL,
    headline text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('new', 'update', 'repeat')),
    change text COLLATE "C" NOT NULL,
    last_told timestamptz,
    articles text COLLATE "C" NOT NULL,
    filings text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, story_id)
);

CREATE TABLE drafts (
    run_id text COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step text COLLATE "C" NOT NULL CHECK (step IN ('summarize', 'verify')),
    body text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, step)
);

CREATE TABLE reports (
    run_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES runs (id),
    id text COLLATE "C" NOT NULL UNIQUE,
    ticker text COLLATE "C" NOT NULL REFERENCES tickers (symbol),
    kind text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    version bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL
);

CREATE TABLE tellings (
    run_id text COLLATE "C" NOT NULL REFERENCES reports (run_id),
    story_id text COLLATE "C" NOT NULL REFERENCES stories (id),
    ticker text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    bullets text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, story_id)
);

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
