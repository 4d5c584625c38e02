-- name: ExpiredResponses :many
SELECT * FROM responses
WHERE expires > 0 AND expires <= sqlc.arg(now) AND state IN ('proposed', 'approved', 'applied', 'verified')
ORDER BY expires LIMIT sqlc.arg(most);
