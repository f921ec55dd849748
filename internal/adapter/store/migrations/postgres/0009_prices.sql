-- +goose Up
-- What a share cost when its run began, fetched once.
CREATE TABLE run_prices (
    run_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    body text COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE run_prices;
