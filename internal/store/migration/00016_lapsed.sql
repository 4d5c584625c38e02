-- Responses that rest on nothing any more; scans of what was said on paper.

-- +goose Up
ALTER TABLE responses ADD COLUMN lapsed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX responses_lapsed ON responses (created, id) WHERE lapsed > 0;
CREATE INDEX responses_standing ON responses (method, id) WHERE state IN ('applied', 'verified', 'failed');

-- A scan is in the vault, encrypted; its digest is in the evidence log.
CREATE TABLE papers (
    consent TEXT PRIMARY KEY REFERENCES consents (id),
    sha256  TEXT NOT NULL,
    kind    TEXT NOT NULL, -- media type
    size    BIGINT NOT NULL
);

CREATE INDEX papers_sha256 ON papers (sha256);
CREATE INDEX software_products_created ON software_products (created, id);
CREATE INDEX software_products_name ON software_products (name, id);

-- +goose Down
DROP INDEX software_products_name;
DROP INDEX software_products_created;
DROP TABLE papers;
DROP INDEX responses_standing;
DROP INDEX responses_lapsed;
ALTER TABLE responses DROP COLUMN lapsed;
