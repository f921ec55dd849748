-- +goose Up
-- Whether a reader agrees to mails is the last of the consent events; it stands
-- here so that the claim of a delivery reads it in one look.
ALTER TABLE readers ADD COLUMN agreed boolean NOT NULL DEFAULT true;
ALTER TABLE readers ADD COLUMN per_ticker boolean NOT NULL DEFAULT false;
ALTER TABLE readers ADD COLUMN alerts boolean NOT NULL DEFAULT false;
ALTER TABLE readers ADD COLUMN quiet_from bigint NOT NULL DEFAULT 0;
ALTER TABLE readers ADD COLUMN quiet_to bigint NOT NULL DEFAULT 0;

-- Only added to. It names no row of readers, which may be erased.
CREATE TABLE consent_events (
    id        text COLLATE "C" NOT NULL PRIMARY KEY,
    reader_id text COLLATE "C" NOT NULL,
    act       text COLLATE "C" NOT NULL CHECK (act IN ('asked', 'given', 'withdrawn')),
    scope     text COLLATE "C" NOT NULL,
    wording   text COLLATE "C" NOT NULL,
    how       text COLLATE "C" NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX consent_events_by_reader ON consent_events (reader_id, id);

CREATE TABLE suppressions (
    address_hash text COLLATE "C" NOT NULL PRIMARY KEY,
    cause        text COLLATE "C" NOT NULL CHECK (cause IN ('refused', 'bounced', 'complaint', 'by hand')),
    detail       text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL
);

-- Keys that this database makes for itself, such as the one of address hashes.
CREATE TABLE own_keys (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- What this database is for, and whether mails may leave it.
CREATE TABLE stamp (
    id          bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    environment text COLLATE "C" NOT NULL CHECK (environment IN ('production', 'staging', 'development')),
    place       text COLLATE "C" NOT NULL,
    held_at     timestamptz,
    held_why    text COLLATE "C" NOT NULL,
    stamped_at  timestamptz NOT NULL
);

-- One reader's mail of a day; see the noun for the states.
CREATE TABLE digests (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    reader_id  text COLLATE "C" NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    day        text COLLATE "C" NOT NULL,
    ticker     text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    dry        boolean NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'ready', 'held', 'cancelled', 'sending', 'sent', 'failed')),
    reason     text COLLATE "C" NOT NULL,
    approved   text COLLATE "C" NOT NULL,
    due        timestamptz NOT NULL,
    as_of      timestamptz NOT NULL,
    time_zone  text COLLATE "C" NOT NULL,
    reports    text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (reader_id, day, ticker, version, dry)
);
CREATE INDEX digests_by_day ON digests (day);
CREATE INDEX digests_open ON digests (due) WHERE state IN ('draft', 'ready', 'held', 'sending');

-- The ledger of mails. A pending row with a lease is in a sender's hands; one
-- that is being sent may be handed over until dot_until. Until rate_until a row
-- counts among the mails of the last minute. These three are by the database's
-- clock, all other times by the program's.
CREATE TABLE deliveries (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    period      text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    recipient   text COLLATE "C" NOT NULL,
    dry         boolean NOT NULL,
    digest_id   text COLLATE "C",
    matter      text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'refused', 'unknown', 'suppressed')),
    tries       bigint NOT NULL,
    address     text COLLATE "C" NOT NULL,
    answer      text COLLATE "C" NOT NULL,
    cause       text COLLATE "C" NOT NULL,
    worker      text COLLATE "C" NOT NULL,
    token       bigint NOT NULL,
    not_before  timestamptz NOT NULL,
    give_up     timestamptz NOT NULL,
    lease_until timestamptz,
    dot_until   timestamptz,
    rate_until  timestamptz,
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    ended_at    timestamptz,
    UNIQUE (period, kind, recipient, dry)
);
CREATE INDEX deliveries_open ON deliveries (not_before, id) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_by_recipient ON deliveries (recipient, created_at);
CREATE INDEX deliveries_by_creation ON deliveries (created_at);
CREATE INDEX deliveries_by_rate ON deliveries (rate_until) WHERE rate_until IS NOT NULL;
CREATE INDEX deliveries_by_digest ON deliveries (digest_id);

-- Secrets that went out in mails, as their hashes.
CREATE TABLE mail_tokens (
    hash        text COLLATE "C" NOT NULL PRIMARY KEY,
    purpose     text COLLATE "C" NOT NULL CHECK (purpose IN ('unsubscribe', 'confirm')),
    reader_id   text COLLATE "C" NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    scope       text COLLATE "C" NOT NULL,
    delivery_id text COLLATE "C" NOT NULL,
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
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
