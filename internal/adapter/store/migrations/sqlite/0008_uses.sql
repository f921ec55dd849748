-- +goose Up
-- Answers that a run used and that another run had paid for.
CREATE TABLE call_uses (
    run_id  TEXT NOT NULL,
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    step    TEXT NOT NULL,
    used_at TEXT NOT NULL,
    PRIMARY KEY (run_id, call_id)
) STRICT;
CREATE INDEX call_uses_by_call ON call_uses (call_id);

-- Versions of prompts that worded worse than those they were to replace.
CREATE TABLE prompt_rollbacks (
    prompt         TEXT NOT NULL,
    version        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    rolled_back_at TEXT NOT NULL,
    PRIMARY KEY (prompt, version)
) STRICT;

-- +goose Down
DROP TABLE prompt_rollbacks;
DROP TABLE call_uses;
