-- Responses that went on beyond their time; secrets that all nodes share.

-- +goose Up
ALTER TABLE responses ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
CREATE INDEX responses_held ON responses (created, id) WHERE held > 0;

CREATE TABLE keys (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL, -- base64
    created BIGINT NOT NULL
);

-- +goose Down
DROP TABLE keys;
DROP INDEX responses_held;
ALTER TABLE responses DROP COLUMN held;
