-- What people are looked for by, with its letters folded by the program: the
-- databases know other letters each. Empty where it was not filled in yet.

-- +goose Up
ALTER TABLE users ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE software_products ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN folded TEXT NOT NULL DEFAULT '';
CREATE INDEX tickets_folded ON tickets (folded, id);

-- +goose Down
DROP INDEX tickets_folded;
ALTER TABLE tickets DROP COLUMN folded;
ALTER TABLE software_products DROP COLUMN folded;
ALTER TABLE users DROP COLUMN folded;
