-- What lines are sold as: rates, addresses that are always theirs.

-- +goose Up
ALTER TABLE assets ADD COLUMN access TEXT NOT NULL DEFAULT '';
CREATE INDEX assets_changed ON assets (kind, updated, id);

-- +goose Down
DROP INDEX assets_changed;
ALTER TABLE assets DROP COLUMN access;
