-- +goose Up
CREATE TABLE batches (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    deadline   TEXT,
    note       TEXT NOT NULL
) STRICT;

-- A run whose state is failed has an ending: quarantined or cancelled. The
-- state itself keeps its list, so that the program before this one still works.
ALTER TABLE runs ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN class TEXT NOT NULL DEFAULT 'research' CHECK (class IN ('scheduled', 'research', 'ad-hoc'));
ALTER TABLE runs ADD COLUMN batch_id TEXT REFERENCES batches (id);
ALTER TABLE runs ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN ending TEXT NOT NULL DEFAULT '' CHECK (ending IN ('', 'quarantined', 'cancelled'));
ALTER TABLE runs ADD COLUMN not_before TEXT;
ALTER TABLE runs ADD COLUMN deadline TEXT;
ALTER TABLE runs ADD COLUMN started_at TEXT;
ALTER TABLE runs ADD COLUMN ended_at TEXT;
ALTER TABLE runs ADD COLUMN step TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN progress_done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN progress_total INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET seq = rowid, ending = CASE state WHEN 'failed' THEN 'quarantined' ELSE '' END;

CREATE INDEX runs_waiting ON runs (class, seq) WHERE state IN ('queued', 'running');
CREATE INDEX runs_working ON runs (class, lease_until) WHERE state = 'running';
CREATE INDEX runs_failed ON runs (ending, seq) WHERE state = 'failed';
CREATE INDEX runs_by_batch ON runs (batch_id);
CREATE INDEX runs_by_seq ON runs (seq);

-- +goose StatementBegin
CREATE TRIGGER runs_number AFTER INSERT ON runs BEGIN
    UPDATE runs SET seq = (SELECT max(seq) + 1 FROM runs) WHERE id = new.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER runs_number;
DROP INDEX runs_by_seq;
DROP INDEX runs_by_batch;
DROP INDEX runs_failed;
DROP INDEX runs_working;
DROP INDEX runs_waiting;
ALTER TABLE runs DROP COLUMN seq;
ALTER TABLE runs DROP COLUMN class;
ALTER TABLE runs DROP COLUMN batch_id;
ALTER TABLE runs DROP COLUMN created_by;
ALTER TABLE runs DROP COLUMN ending;
ALTER TABLE runs DROP COLUMN not_before;
ALTER TABLE runs DROP COLUMN deadline;
ALTER TABLE runs DROP COLUMN started_at;
ALTER TABLE runs DROP COLUMN ended_at;
ALTER TABLE runs DROP COLUMN step;
ALTER TABLE runs DROP COLUMN progress_done;
ALTER TABLE runs DROP COLUMN progress_total;
DROP TABLE batches;
