-- name: SeenPlaces :execrows
-- Places of a sensor's findings that its complete look did not see are gone,
-- but those that were seen since it began.
UPDATE places SET state = 'gone', last_seen = sqlc.arg(at)
WHERE places.asset = sqlc.arg(asset) AND places.scan <> sqlc.arg(scan) AND places.state = 'open'
  AND places.last_seen < COALESCE((SELECT NULLIF(s.started, 0) FROM scans s WHERE s.id = sqlc.arg(scan)), 9223372036854775807)
  AND places.finding IN (SELECT f.id FROM findings f WHERE f.asset = sqlc.arg(asset) AND f.sensor = sqlc.arg(sensor));

-- name: CountAssetPlaces :exec
-- Counts the places of a sensor's open findings anew.
UPDATE findings SET places = (SELECT COUNT(*) FROM places p WHERE p.finding = findings.id AND p.state = 'open')
WHERE findings.asset = $1 AND findings.sensor = $2 AND findings.state = 'open'
  AND findings.places <> (SELECT COUNT(*) FROM places p WHERE p.finding = findings.id AND p.state = 'open');

-- name: LostFindings :many
-- Open findings of an asset of which no place is left.
SELECT f.* FROM findings f
WHERE f.asset = $1 AND f.state = 'open' AND f.sensor = $2
  AND NOT EXISTS (SELECT 1 FROM places p WHERE p.finding = f.id AND p.state = 'open');

-- name: FindingsByDay :many
SELECT CAST(first_seen / 86400000000 AS BIGINT) AS day, severity, COUNT(*) AS findings
FROM findings WHERE first_seen >= sqlc.arg(since) AND first_seen < sqlc.arg(before) GROUP BY 1, severity;

-- name: SetPlaces :execrows
UPDATE places SET state = sqlc.arg(state) WHERE finding = sqlc.arg(finding) AND path = sqlc.arg(path);
