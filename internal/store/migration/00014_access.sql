-- What lines are sold as: rates, addresses that are always theirs.

-- +goose Up
ALTER TABLE assets ADD COLUMN access TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE assets DROP COLUMN access;
