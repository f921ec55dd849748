-- +goose Up
-- Answers that a run used and that another run had paid for.
CREATE TABLE call_uses (
    run_id  text COLLATE "C" NOT NULL,
    call_id text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    step    text COLLATE "C" NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, call_id)
);
CREATE INDEX call_uses_by_call ON call_uses (call_id);

-- Versions of prompts that worded worse than those they were to replace.
CREATE TABLE prompt_rollbacks (
    prompt         text COLLATE "C" NOT NULL,
    version        text COLLATE "C" NOT NULL,
    reason         text COLLATE "C" NOT NULL,
    rolled_back_at timestamptz NOT NULL,
    PRIMARY KEY (prompt, version)
);

-- +goose Down
DROP TABLE prompt_rollbacks;
DROP TABLE call_uses;
