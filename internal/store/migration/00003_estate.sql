-- +goose Up
-- Contents that were there before there were rules that match them.
CREATE TABLE late (
    id         TEXT PRIMARY KEY,
    sha256     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    rules      TEXT NOT NULL,
    path       TEXT NOT NULL,
    places     BIGINT NOT NULL,
    since      BIGINT NOT NULL,
    found      BIGINT NOT NULL,
    clean      BOOLEAN NOT NULL,
    before     TEXT NOT NULL,
    generation TEXT NOT NULL
);
CREATE UNIQUE INDEX late_same ON late (sha256, generation);
CREATE INDEX late_found ON late (found, id);
-- Open findings are grouped by content along this index alone.
CREATE INDEX findings_hot ON findings (sha256, asset, case_id, severity, first_seen) WHERE state = 'open';
CREATE INDEX scans_pace ON scans (ended, files, bytes, started) WHERE state = 'complete';
CREATE INDEX scans_last ON scans (asset, ended) WHERE state = 'complete';

-- +goose Down
DROP INDEX scans_last;
DROP INDEX scans_pace;
DROP INDEX findings_hot;
DROP TABLE late;
