-- Tokens that were made for reporters: with one a program hands in reports as that
-- reporter.

-- +goose Up
ALTER TABLE tokens ADD COLUMN reporter TEXT NOT NULL DEFAULT ''; -- mail address; empty of a token that acts for its owner
CREATE INDEX tokens_reporter ON tokens (reporter, id) WHERE reporter <> '';

-- +goose Down
DROP INDEX tokens_reporter;
DELETE FROM tokens WHERE reporter <> '';
ALTER TABLE tokens DROP COLUMN reporter;
