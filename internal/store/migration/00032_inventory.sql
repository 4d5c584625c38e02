-- Which software is on servers and sites, as it was observed, and which of it has
-- vulnerabilities that feeds tell of.

-- +goose Up
-- Each program once, whoever has it: vulnerabilities are held against these.
CREATE TABLE programs (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    part_of   TEXT NOT NULL,
    name      TEXT NOT NULL,
    title     TEXT NOT NULL,
    version   TEXT NOT NULL,
    judged    BIGINT NOT NULL -- the epoch that it was held against; 0: none
);
CREATE INDEX programs_judged ON programs (judged, id);

CREATE TABLE inventories (
    asset        TEXT PRIMARY KEY REFERENCES assets (id),
    system       TEXT NOT NULL,
    digest       TEXT NOT NULL,
    gap          TEXT NOT NULL,
    applications TEXT NOT NULL, -- of which the version is known: ",drupal,wordpress,"
    items        BIGINT NOT NULL, -- that are there
    first_seen   BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    seen         BIGINT NOT NULL -- when somebody looked last
);

CREATE TABLE inventory_items (
    asset        TEXT NOT NULL REFERENCES assets (id),
    program      TEXT NOT NULL REFERENCES programs (id),
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    architecture TEXT NOT NULL,
    place        TEXT NOT NULL,
    first_seen   BIGINT NOT NULL,
    last_seen    BIGINT NOT NULL, -- of what is gone; 0 while it is there
    PRIMARY KEY (asset, program, name, version, architecture, place)
);
CREATE INDEX inventory_items_program ON inventory_items (program, asset) WHERE last_seen = 0;
CREATE INDEX inventory_items_gone ON inventory_items (last_seen) WHERE last_seen > 0;

CREATE TABLE exposed (
    cve       TEXT NOT NULL,
    program   TEXT NOT NULL REFERENCES programs (id),
    affected  BOOLEAN NOT NULL, -- otherwise nobody knows
    exploited BOOLEAN NOT NULL,
    mended    BOOLEAN NOT NULL, -- a version is known that has it no more
    PRIMARY KEY (cve, program)
);
CREATE INDEX exposed_program ON exposed (program);

-- It counts the changes of what feeds tell of vulnerabilities. Without a row it is 1.
CREATE TABLE exposure_epoch (
    one   BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL
);

-- +goose Down
DROP TABLE exposure_epoch;
DROP TABLE exposed;
DROP TABLE inventory_items;
DROP TABLE inventories;
DROP TABLE programs;
