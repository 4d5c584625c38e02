-- name: DueAssets :many
SELECT * FROM assets WHERE scan_due > 0 AND scan_due <= sqlc.arg(now) AND NOT retired ORDER BY scan_due LIMIT sqlc.arg(most);

-- name: Coverage :many
-- How many sites were last scanned on which day; day 0 is never.
SELECT CAST(scanned / 86400000000 AS BIGINT) AS day, COUNT(*) AS sites
FROM assets WHERE kind = 'site' AND NOT retired GROUP BY 1 ORDER BY 1;

-- name: ProgressScan :exec
UPDATE scans SET files = $2, bytes = $3, findings = $4, errors = $5 WHERE id = $1;
