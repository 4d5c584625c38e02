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

-- name: EraseUsers :execrows
UPDATE users SET name = '(erased)', mail = id || '@erased.invalid', folded = '(erased)', disabled = TRUE WHERE party = $1 AND party <> '';

-- name: ErasePasskeys :exec
DELETE FROM passkeys WHERE owner IN (SELECT id FROM users WHERE party = $1);

-- name: EraseIdentities :exec
DELETE FROM identities WHERE owner IN (SELECT id FROM users WHERE party = $1);

-- name: ErasePasswords :exec
DELETE FROM passwords WHERE owner IN (SELECT id FROM users WHERE party = $1);

-- name: EraseSessions :exec
DELETE FROM sessions WHERE owner IN (SELECT id FROM users WHERE party = $1);

-- name: EraseSecrets :exec
DELETE FROM secrets WHERE owner IN (SELECT id FROM users WHERE party = $1);

-- name: EraseTokens :exec
DELETE FROM tokens WHERE owner IN (SELECT id FROM users WHERE party = $1);
