-- name: UpsertFiling :exec
INSERT INTO filings (accession, cik, form, filed_at, period, items, url, dealings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (accession) DO UPDATE SET
    period = CASE WHEN filings.period = '' THEN excluded.period ELSE filings.period END,
    items = CASE WHEN filings.items = '[]' THEN excluded.items ELSE filings.items END,
    url = CASE WHEN filings.url = '' THEN excluded.url ELSE filings.url END,
    dealings = CASE WHEN filings.dealings = '{}' THEN excluded.dealings ELSE filings.dealings END;

-- name: AddDocument :exec
INSERT INTO filing_documents (accession, seq, type, description, url, body, hash, items)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (accession, seq) DO UPDATE SET
    type = excluded.type, description = excluded.description, url = excluded.url,
    body = excluded.body, hash = excluded.hash, items = excluded.items
WHERE filing_documents.body = '' AND excluded.body <> '';

-- name: AddRunFiling :exec
INSERT INTO run_filings (run_id, accession) VALUES ($1, $2) ON CONFLICT (run_id, accession) DO NOTHING;

-- name: Filings :many
SELECT f.accession, f.cik, f.form, f.filed_at, f.period, f.items, f.url, f.previous, f.dealings
FROM run_filings r JOIN filings f ON f.accession = r.accession
WHERE r.run_id = $1
ORDER BY f.filed_at DESC, f.accession;

-- name: Documents :many
SELECT d.accession, d.seq, d.type, d.description, d.url, d.body, d.hash, d.items, d.fresh
FROM run_filings r JOIN filing_documents d ON d.accession = r.accession
WHERE r.run_id = $1
ORDER BY d.accession, d.seq;

-- name: DealingsOf :many
SELECT f.accession, f.cik, f.form, f.filed_at, f.period, f.items, f.url, f.previous, f.dealings
FROM filings f
WHERE f.cik = $1 AND f.filed_at > sqlc.arg(since) AND f.filed_at <= sqlc.arg(until) AND f.dealings <> '{}'
ORDER BY f.filed_at DESC, f.accession
LIMIT sqlc.arg(most);

-- name: FilingsOfForm :many
SELECT f.accession, f.cik, f.form, f.filed_at, f.period, f.items, f.url, f.previous, f.dealings
FROM filings f
WHERE f.cik = $1 AND f.form = $2 AND f.filed_at > sqlc.arg(since) AND f.filed_at <= sqlc.arg(until)
ORDER BY f.filed_at DESC, f.accession
LIMIT sqlc.arg(most);

-- name: StoredFiling :one
SELECT f.accession, f.cik, f.form, f.filed_at, f.period, f.items, f.url, f.previous, f.dealings
FROM filings f
WHERE f.accession = $1;

-- name: DocumentsOf :many
SELECT d.accession, d.seq, d.type, d.description, d.url, d.body, d.hash, d.items, d.fresh
FROM filing_documents d
WHERE d.accession = $1
ORDER BY d.seq;

-- name: SetPrevious :execrows
UPDATE filings SET previous = $2 WHERE accession = $1 AND previous = '';

-- name: SetFresh :exec
UPDATE filing_documents SET fresh = $3 WHERE accession = $1 AND seq = $2 AND hash = $4;

-- name: Document :one
SELECT d.body, d.type, d.description, d.url, f.form
FROM filing_documents d JOIN filings f ON f.accession = d.accession
WHERE d.accession = $1 AND d.seq = $2;

-- name: FilingHead :many
SELECT f.accession, f.form, CAST(coalesce(d.body, '') AS text) AS body
FROM filings f LEFT JOIN filing_documents d ON d.accession = f.accession AND d.seq = 1
WHERE f.accession IN (VALUES (sqlc.arg(accession)));
