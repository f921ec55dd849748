-- +goose Up
-- Whether a reader agrees to mails is the last of the consent events; it stands
-- here so that the claim of a delivery reads it in one look.
ALTER TABLE readers ADD COLUMN agreed INTEGER NOT NULL DEFAULT 1 CHECK (agreed IN (0, 1));
ALTER TABLE readers ADD COLUMN per_ticker INTEGER NOT NULL DEFAULT 0 CHECK (per_ticker IN (0, 1));
ALTER TABLE readers ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0 CHECK (alerts IN (0, 1));
ALTER TABLE readers ADD COLUMN quiet_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE readers ADD COLUMN quiet_to INTEGER NOT NULL DEFAULT 0;

-- Only added to. It names no row of readers, which may be erased.
CREATE TABLE consent_events (
    id        TEXT NOT NULL PRIMARY KEY,
    reader_id TEXT NOT NULL,
    act       TEXT NOT NULL CHECK (act IN ('asked', 'given', 'withdrawn')),
    scope     TEXT NOT NULL,
    wording   TEXT NOT NULL,
    how       TEXT NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX consent_events_by_reader ON consent_events (reader_id, id);

CREATE TABLE suppressions (
    address_hash TEXT NOT NULL PRIMARY KEY,
    cause        TEXT NOT NULL CHECK (cause IN ('refused', 'bounced', 'complaint', 'by hand')),
    detail       TEXT NOT NULL,
    at           TEXT NOT NULL
) STRICT;

-- Keys that this database makes for itself, such as the one of address hashes.
CREATE TABLE own_keys (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- What this database is for, and whether mails may leave it.
CREATE TABLE stamp (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    environment TEXT    NOT NULL CHECK (environment IN ('production', 'staging', 'development')),
    place       TEXT    NOT NULL,
    held_at     TEXT,
    held_why    TEXT    NOT NULL,
    stamped_at  TEXT    NOT NULL
) STRICT;

-- One reader's mail of a day; see the noun for the states.
CREATE TABLE digests (
    id         TEXT    NOT NULL PRIMARY KEY,
    reader_id  TEXT    NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    day        TEXT    NOT NULL,
    ticker     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    dry        INTEGER NOT NULL CHECK (dry IN (0, 1)),
    state      TEXT    NOT NULL CHECK (state IN ('draft', 'ready', 'held', 'cancelled', 'sending', 'sent', 'failed')),
    reason     TEXT    NOT NULL,
    approved   TEXT    NOT NULL,
    due        TEXT    NOT NULL,
    as_of      TEXT    NOT NULL,
    time_zone  TEXT    NOT NULL,
    reports    TEXT    NOT NULL CHECK (json_valid(reports)),
    created_at TEXT    NOT NULL,
    UNIQUE (reader_id, day, ticker, version, dry)
) STRICT;
CREATE INDEX digests_by_day ON digests (day);
CREATE INDEX digests_open ON digests (due) WHERE state IN ('draft', 'ready', 'held', 'sending');

-- The ledger of mails. A pending row with a lease is in a sender's hands; one
-- that is being sent may be handed over until dot_until. Until rate_until a row
-- counts among the mails of the last minute. These three are by the database's
-- clock, all other times by the program's.
CREATE TABLE deliveries (
    id          TEXT    NOT NULL PRIMARY KEY,
    period      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    recipient   TEXT    NOT NULL,
    dry         INTEGER NOT NULL CHECK (dry IN (0, 1)),
    digest_id   TEXT,
    matter      TEXT    NOT NULL CHECK (json_valid(matter)),
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'refused', 'unknown', 'suppressed')),
    tries       INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    worker      TEXT    NOT NULL,
    token       INTEGER NOT NULL,
    not_before  TEXT    NOT NULL,
    give_up     TEXT    NOT NULL,
    lease_until TEXT,
    dot_until   TEXT,
    rate_until  TEXT,
    created_at  TEXT    NOT NULL,
    started_at  TEXT,
    ended_at    TEXT,
    UNIQUE (period, kind, recipient, dry)
) STRICT;
CREATE INDEX deliveries_open ON deliveries (not_before, id) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_by_recipient ON deliveries (recipient, created_at);
CREATE INDEX deliveries_by_creation ON deliveries (created_at);
CREATE INDEX deliveries_by_rate ON deliveries (rate_until) WHERE rate_until IS NOT NULL;
CREATE INDEX deliveries_by_digest ON deliveries (digest_id);

-- Secrets that went out in mails, as their hashes.
CREATE TABLE mail_tokens (
    hash        TEXT NOT NULL PRIMARY KEY,
    purpose     TEXT NOT NULL CHECK (purpose IN ('unsubscribe', 'confirm')),
    reader_id   TEXT NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    scope       TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    made_at     TEXT NOT NULL,
    expires_at  TEXT NOT NULL,
    used_at     TEXT
) STRICT;
CREATE INDEX mail_tokens_by_reader ON mail_tokens (reader_id);
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);

-- +goose Down
DROP TABLE mail_tokens;
DROP TABLE deliveries;
DROP TABLE digests;
DROP TABLE stamp;
DROP TABLE own_keys;
DROP TABLE suppressions;
DROP TABLE consent_events;
ALTER TABLE readers DROP COLUMN quiet_to;
ALTER TABLE readers DROP COLUMN quiet_from;
ALTER TABLE readers DROP COLUMN alerts;
ALTER TABLE readers DROP COLUMN per_ticker;
ALTER TABLE readers DROP COLUMN agreed;
