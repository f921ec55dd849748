-- +goose Up
-- The run whose report a refresh adds to; empty for all other runs.
ALTER TABLE runs ADD COLUMN refreshes TEXT NOT NULL DEFAULT '';

-- When a company's feeds were last looked at for alerts.
CREATE TABLE alert_looks (
    symbol    TEXT NOT NULL PRIMARY KEY REFERENCES tickers (symbol) ON DELETE CASCADE,
    looked_at TEXT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE alert_looks;
ALTER TABLE runs DROP COLUMN refreshes;
