-- Bulletins of best practice: their versions, who got which, and who read it. And
-- what feeds were told.

-- +goose Up
CREATE TABLE bulletins (
    id       TEXT PRIMARY KEY,
    state    TEXT NOT NULL,
    document TEXT NOT NULL,
    edition  BIGINT NOT NULL,
    updated  BIGINT NOT NULL
);
CREATE INDEX bulletins_updated ON bulletins (updated, id);

CREATE TABLE bulletin_versions (
    bulletin TEXT NOT NULL REFERENCES bulletins (id),
    number   BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bulletin, number)
);

CREATE TABLE bulletin_copies (
    id        TEXT PRIMARY KEY,
    bulletin  TEXT NOT NULL,
    number    BIGINT NOT NULL,
    party     TEXT NOT NULL,
    entry     TEXT NOT NULL,
    name      TEXT NOT NULL,
    address   TEXT NOT NULL,
    language  TEXT NOT NULL,
    sent      BIGINT NOT NULL,
    read      BIGINT NOT NULL, -- 0: not yet
    comment   TEXT NOT NULL,
    reminders BIGINT NOT NULL,
    due       BIGINT NOT NULL, -- of the next reminder; 0: none
    FOREIGN KEY (bulletin, number) REFERENCES bulletin_versions (bulletin, number)
);
CREATE UNIQUE INDEX bulletin_copies_one ON bulletin_copies (bulletin, number, party, entry);
CREATE INDEX bulletin_copies_due ON bulletin_copies (due, id) WHERE due > 0;
CREATE INDEX bulletin_copies_party ON bulletin_copies (party) WHERE party <> '';

-- Of sightings that went back to the sources of feeds.
CREATE TABLE feed_told (
    feed    TEXT PRIMARY KEY,
    told    BIGINT NOT NULL, -- how often it was
    last    BIGINT NOT NULL, -- when; 0: never
    refused BIGINT NOT NULL, -- when it last could not be; 0: never
    why     TEXT NOT NULL    -- of that
);

-- +goose Down
DROP TABLE feed_told;
DROP TABLE bulletin_copies;
DROP TABLE bulletin_versions;
DROP TABLE bulletins;
