-- +goose Up
-- What is asked for every night costs the same after a year of nights.
CREATE INDEX reports_by_time ON reports (as_of);
CREATE INDEX reports_by_ticker ON reports (ticker, as_of);
CREATE INDEX article_texts_kept ON article_texts (article_id) WHERE body <> '';

-- +goose Down
DROP INDEX article_texts_kept;
DROP INDEX reports_by_ticker;
DROP INDEX reports_by_time;
