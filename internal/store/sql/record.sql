-- name: PendingRecords :many
SELECT * FROM records WHERE log_index < 0 ORDER BY id LIMIT $1;

-- name: LastIndex :one
SELECT CAST(COALESCE(MAX(log_index), -1) AS BIGINT) FROM records WHERE log_index >= 0;

-- name: CountPending :one
SELECT COUNT(*) FROM (SELECT 1 FROM records WHERE log_index < 0 LIMIT 10000) AS pending;

-- name: ErasePersonal :execrows
-- What records hold of a party, and of the accounts of its people.
DELETE FROM personal WHERE sqlc.arg(party) <> '' AND (personal.party = sqlc.arg(party)
    OR personal.record IN (SELECT r.id FROM records r JOIN users u ON u.id = r.subject WHERE u.party = sqlc.arg(party)));

-- name: PersonalOf :many
SELECT * FROM personal WHERE record = $1 ORDER BY name;

-- name: EraseMessages :exec
UPDATE messages SET recipient = '', subject = '', text = '', html = '', error = ''
WHERE messages.party = sqlc.arg(party) OR messages.case_id IN (SELECT c.id FROM cases c WHERE c.party = sqlc.arg(party))
    OR messages.recipient IN (SELECT u.mail FROM users u WHERE u.party = sqlc.arg(party));

-- name: ErasePlans :exec
-- What is planned for a notice has names and addresses in it.
UPDATE responses SET plan = CASE WHEN method = 'notify' THEN 'null' ELSE plan END, reason = '', error = '',
    basis = CASE WHEN basis LIKE '%"consent"%' THEN '{"kind":"consent","terms":"(erased)"}' ELSE basis END,
    state = CASE WHEN state = 'proposed' AND method = 'notify' THEN 'refused' ELSE state END WHERE party = $1;

-- name: EraseEvents :exec
UPDATE events SET text = '' WHERE text <> '' AND actor = sqlc.arg(actor) AND case_id IN (SELECT id FROM cases WHERE party = sqlc.arg(party));
