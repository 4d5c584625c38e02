-- name: SetSetting :exec
INSERT INTO settings (key, value, updated, by) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated = excluded.updated, by = excluded.by;

-- name: DeleteView :execrows
DELETE FROM views WHERE id = $1 AND owner = $2;

-- name: DeleteWebhook :exec
DELETE FROM webhooks WHERE id = $1;

-- name: DeleteDeliveries :exec
DELETE FROM deliveries WHERE webhook = $1;

-- name: DeleteAnswers :exec
DELETE FROM answers WHERE created < $1;

