-- +goose Up
ALTER TABLE assets ADD COLUMN vital TEXT NOT NULL DEFAULT '';

-- Lines that responses isolate. The row is there before anything is enforced.
CREATE TABLE isolations (
    response TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL,
    asset    TEXT NOT NULL,
    level    TEXT NOT NULL,
    session  TEXT NOT NULL, -- empty once it ended
    begun    BIGINT NOT NULL,
    ended    BIGINT NOT NULL -- 0 while it goes on
);
CREATE INDEX isolations_going ON isolations (ended, asset);
CREATE INDEX isolations_begun ON isolations (begun);

-- +goose Down
DROP TABLE isolations;
ALTER TABLE assets DROP COLUMN vital;
