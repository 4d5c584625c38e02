-- name: DueDeadlines :many
-- Deadlines of which somebody should hear: to be reminded of, or missed.
SELECT * FROM deadlines
WHERE state = 'running' AND (due <= sqlc.arg(now) OR (warn > 0 AND warn <= sqlc.arg(now) AND NOT warned))
ORDER BY due LIMIT sqlc.arg(most);
