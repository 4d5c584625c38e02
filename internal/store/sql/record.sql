-- name: PendingRecords :many
SELECT * FROM records WHERE log_index < 0 ORDER BY id LIMIT $1;

-- name: LastIndex :one
SELECT CAST(COALESCE(MAX(log_index), -1) AS BIGINT) FROM records WHERE log_index >= 0;

-- name: CountPending :one
SELECT COUNT(*) FROM (SELECT 1 FROM records WHERE log_index < 0 LIMIT 10000) AS pending;

-- name: ErasePersonal :execrows
DELETE FROM personal WHERE party = $1 AND party <> '';

-- name: PersonalOf :many
SELECT * FROM personal WHERE record = $1 ORDER BY name;

-- name: EraseMessages :exec
UPDATE messages SET recipient = '', subject = '', text = '', html = '' WHERE party = $1;

-- name: EraseEvents :exec
UPDATE events SET text = '' WHERE text <> '' AND actor = sqlc.arg(actor) AND case_id IN (SELECT id FROM cases WHERE party = sqlc.arg(party));
