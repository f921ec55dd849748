-- name: UpsertTicker :exec
INSERT INTO tickers (symbol, name, exchange, cik, source, strength)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (symbol) DO UPDATE SET
    name = CASE WHEN excluded.strength >= tickers.strength THEN excluded.name ELSE tickers.name END,
    exchange = CASE WHEN excluded.exchange <> '' AND (tickers.exchange = '' OR excluded.strength >= tickers.strength)
        THEN excluded.exchange ELSE tickers.exchange END,
    cik = CASE WHEN excluded.cik <> '' AND (tickers.cik = '' OR excluded.strength >= tickers.strength)
        THEN excluded.cik ELSE tickers.cik END,
    source = CASE WHEN excluded.strength >= tickers.strength THEN excluded.source ELSE tickers.source END,
    strength = CASE WHEN excluded.strength >= tickers.strength THEN excluded.strength ELSE tickers.strength END;

-- name: UpsertTickerName :exec
INSERT INTO ticker_names (symbol, name, kind, strength)
VALUES ($1, $2, $3, $4)
ON CONFLICT (symbol, name) DO UPDATE SET kind = excluded.kind, strength = excluded.strength
WHERE excluded.strength >= ticker_names.strength;

-- name: Ticker :one
SELECT symbol, name, exchange, cik, source FROM tickers WHERE symbol = $1;

-- name: TickerNames :many
SELECT name, kind FROM ticker_names WHERE symbol = $1 ORDER BY name;

-- name: Tickers :many
SELECT symbol, name, exchange, cik, source FROM tickers ORDER BY symbol;

-- name: AllTickerNames :many
SELECT symbol, name, kind FROM ticker_names ORDER BY symbol, name;
