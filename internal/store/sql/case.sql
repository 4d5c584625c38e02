-- name: CountCaseFindings :exec
-- Counts a case's findings anew.
UPDATE cases SET (findings, open_findings) =
    (SELECT COUNT(*), COUNT(CASE WHEN f.state = 'open' THEN 1 END) FROM findings f WHERE f.case_id = cases.id)
WHERE cases.id = $1;

-- name: SetCaseDue :exec
-- The nearest deadline of which what it asks for is not done.
UPDATE cases SET due = CAST(COALESCE((SELECT MIN(d.due) FROM deadlines d WHERE d.case_id = cases.id
    AND (d.state = 'running' OR d.state = 'missed' AND d.ended = 0)), 0) AS BIGINT)
WHERE cases.id = $1;

-- name: CasesByState :many
SELECT state, COUNT(*) AS cases FROM cases WHERE is_open GROUP BY state;

-- name: OpenCasesBySeverity :many
SELECT severity, COUNT(*) AS cases FROM cases WHERE is_open GROUP BY severity;

-- name: OpenCaseAges :many
-- Open cases by the day on which they were opened.
SELECT CAST(opened / 86400000000 AS BIGINT) AS day, severity, COUNT(*) AS cases
FROM cases WHERE is_open GROUP BY 1, severity ORDER BY 1;

-- name: AddLink :exec
INSERT INTO links (case_id, other, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: LinkedCases :many
SELECT c.* FROM links l JOIN cases c ON c.id = l.other WHERE l.case_id = $1 ORDER BY c.number;
