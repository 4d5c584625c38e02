-- +goose Up
-- What says only that a content was not fully looked at does not make it hot.
-- SQLite tests the conditions again, so that their columns are in the index:
-- without them it would read each finding.
DROP INDEX findings_hot;
CREATE INDEX findings_hot ON findings (sha256, asset, case_id, severity, first_seen, state, language, rule)
    WHERE state = 'open' AND sha256 <> '' AND (language <> 'candor' OR substr(rule, 1, 20) <> 'Candor.NotFullyRead.');
CREATE INDEX late_since ON late (since, id);
CREATE INDEX late_places ON late (places, id);

-- +goose Down
DROP INDEX late_places;
DROP INDEX late_since;
DROP INDEX findings_hot;
CREATE INDEX findings_hot ON findings (sha256, asset, case_id, severity, first_seen) WHERE state = 'open';
