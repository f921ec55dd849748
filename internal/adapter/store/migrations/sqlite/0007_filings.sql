-- +goose Up
-- What a filing tells beyond its text: the report that it was compared with, what
-- is new in it since, and what insiders report of their trades.
ALTER TABLE filings ADD COLUMN previous TEXT NOT NULL DEFAULT '';
ALTER TABLE filings ADD COLUMN dealings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(dealings));
ALTER TABLE filing_documents ADD COLUMN fresh TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(fresh));
CREATE INDEX filings_by_cik ON filings (cik, filed_at);

-- +goose Down
DROP INDEX filings_by_cik;
ALTER TABLE filing_documents DROP COLUMN fresh;
ALTER TABLE filings DROP COLUMN dealings;
ALTER TABLE filings DROP COLUMN previous;
