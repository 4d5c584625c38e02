-- Sharing groups, what went to them, and their collections of TAXII.

-- +goose Up
CREATE TABLE share_groups (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE, -- in lower case
    document TEXT NOT NULL,
    edition  BIGINT NOT NULL,
    updated  BIGINT NOT NULL
);

-- What left by which ways.
CREATE TABLE shipments (
    id       TEXT PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES share_groups (id),
    case_id  TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX shipments_group ON shipments (group_id, id);
CREATE INDEX shipments_case ON shipments (case_id, id);

-- What a mail brings, until it was sent.
CREATE TABLE shipment_files (
    message TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    media   TEXT NOT NULL,
    content TEXT NOT NULL
);

CREATE TABLE taxii_objects (
    collection TEXT NOT NULL,   -- with its root
    arrived    BIGINT NOT NULL, -- in microseconds; no two of a collection
    object     TEXT NOT NULL,
    type       TEXT NOT NULL,
    spec       TEXT NOT NULL,
    version    BIGINT NOT NULL, -- 0 for none
    moment     BIGINT NOT NULL, -- the version, or else when it arrived
    author     TEXT NOT NULL,   -- who added it
    raw        TEXT NOT NULL,
    PRIMARY KEY (collection, arrived)
);
CREATE UNIQUE INDEX taxii_objects_same ON taxii_objects (collection, object, spec, version);
CREATE INDEX taxii_objects_moment ON taxii_objects (collection, object, spec, moment);
CREATE INDEX taxii_objects_author ON taxii_objects (collection, author);

CREATE TABLE taxii_statuses (
    id        TEXT PRIMARY KEY,
    principal TEXT NOT NULL,
    root      TEXT NOT NULL,
    document  TEXT NOT NULL,
    asked     BIGINT NOT NULL
);
CREATE INDEX taxii_statuses_asked ON taxii_statuses (asked);

-- +goose Down
DROP TABLE taxii_statuses;
DROP TABLE taxii_objects;
DROP TABLE shipment_files;
DROP TABLE shipments;
DROP TABLE share_groups;
