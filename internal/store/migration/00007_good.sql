-- Contents that are known to be good: what they are known as, and cases that
-- are about such contents alone.

-- +goose Up
ALTER TABLE findings ADD COLUMN good TEXT NOT NULL DEFAULT '';
CREATE INDEX findings_good ON findings (rule, state, sha256, asset) WHERE good <> '';
CREATE INDEX findings_doubt ON findings (first_seen, id, state, severity) WHERE good <> '';
ALTER TABLE cases ADD COLUMN good BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX cases_joined;
CREATE UNIQUE INDEX cases_joined ON cases (asset, class, good) WHERE is_open;

-- +goose Down
DROP INDEX cases_joined;
CREATE UNIQUE INDEX cases_joined ON cases (asset, class) WHERE is_open;
ALTER TABLE cases DROP COLUMN good;
DROP INDEX findings_doubt;
DROP INDEX findings_good;
ALTER TABLE findings DROP COLUMN good;
