-- name: ExpiredResponses :many
SELECT * FROM responses
WHERE expires > 0 AND expires <= sqlc.arg(now) AND state IN ('proposed', 'approved', 'applied', 'verified')
ORDER BY expires LIMIT sqlc.arg(most);

-- name: StandingResponses :many
SELECT * FROM responses
WHERE method = sqlc.arg(method) AND id > sqlc.arg(after) AND state IN ('applied', 'verified', 'failed')
ORDER BY id LIMIT sqlc.arg(most);
