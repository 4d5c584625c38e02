-- From what age on somebody may agree to terms alone; 0 where it is not asked.
-- The mark of the last change stays the last column.

-- +goose Up
ALTER TABLE terms ADD COLUMN age BIGINT NOT NULL DEFAULT 0;
DROP INDEX terms_mark;
ALTER TABLE terms RENAME COLUMN mark TO mark_before;
ALTER TABLE terms ADD COLUMN mark BIGINT NOT NULL DEFAULT 0;
UPDATE terms SET mark = mark_before;
ALTER TABLE terms DROP COLUMN mark_before;
CREATE INDEX terms_mark ON terms (mark);

-- +goose Down
ALTER TABLE terms DROP COLUMN age;
