-- name: Admins :one
SELECT COUNT(*) FROM users WHERE role = 'admin' AND NOT disabled;

-- name: TouchSession :execrows
UPDATE sessions SET seen = $2 WHERE id = $1;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE id = $1;

-- name: DeleteSessions :exec
DELETE FROM sessions WHERE owner = sqlc.arg(owner) AND id <> sqlc.arg(keep);

-- name: DeletePasskey :execrows
DELETE FROM passkeys WHERE id = $1;

-- name: DeleteIdentity :execrows
DELETE FROM identities WHERE issuer = $1 AND subject_id = $2;

-- name: TakeSecret :one
DELETE FROM secrets WHERE hash = $1 RETURNING *;

-- name: DeleteSecrets :exec
DELETE FROM secrets WHERE purpose = $1 AND owner = $2;

-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires <= sqlc.arg(now) OR seen <= sqlc.arg(idle);

-- name: DeleteExpiredSecrets :exec
DELETE FROM secrets WHERE expires <= $1;
