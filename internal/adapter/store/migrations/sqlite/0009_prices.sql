-- +goose Up
-- What a share cost when its run began, fetched once.
CREATE TABLE run_prices (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- +goose Down
DROP TABLE run_prices;
