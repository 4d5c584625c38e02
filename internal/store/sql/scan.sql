-- name: AssetsInUse :many
SELECT * FROM assets WHERE retired = FALSE ORDER BY id;

-- name: DueAssets :many
SELECT * FROM assets WHERE scan_due > 0 AND scan_due <= sqlc.arg(now) AND NOT retired ORDER BY scan_due LIMIT sqlc.arg(most);

-- name: ProgressScan :exec
UPDATE scans SET files = $2, bytes = $3, findings = $4, errors = $5 WHERE id = $1;

-- name: SetScanDue :exec
UPDATE assets SET scan_due = sqlc.arg(due) WHERE id = sqlc.arg(id);

-- name: SetScanned :exec
UPDATE assets SET scanned = sqlc.arg(at) WHERE id = sqlc.arg(id);
