-- Client software, the agreements that its builds come with, and what users
-- said on their devices.

-- +goose Up
CREATE TABLE software_products (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    publisher TEXT NOT NULL,
    asset     TEXT NOT NULL REFERENCES assets (id),
    created   BIGINT NOT NULL
);

CREATE TABLE software_builds (
    product  TEXT NOT NULL REFERENCES software_products (id),
    digest   TEXT NOT NULL,
    version  TEXT NOT NULL,
    platform TEXT NOT NULL,
    files    TEXT NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (product, digest)
);
CREATE INDEX software_builds_created ON software_builds (product, created);

CREATE TABLE software_bindings (
    id                TEXT PRIMARY KEY,
    product           TEXT NOT NULL,
    build             TEXT NOT NULL,
    agreement         TEXT NOT NULL,
    agreement_version TEXT NOT NULL,
    agreement_digest  TEXT NOT NULL,
    policy            TEXT NOT NULL,
    policy_version    TEXT NOT NULL,
    policy_digest     TEXT NOT NULL,
    optional          TEXT NOT NULL, -- clauses
    at                BIGINT NOT NULL, -- it holds from then on
    FOREIGN KEY (product, build) REFERENCES software_builds (product, digest)
);
CREATE INDEX software_bindings_build ON software_bindings (product, build, at);

CREATE TABLE software_devices (
    id         TEXT PRIMARY KEY, -- thumbprint of its key
    party      TEXT NOT NULL,
    last       BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL
);
CREATE INDEX software_devices_party ON software_devices (party) WHERE party <> '';

-- Statements as they arrived, and what was answered.
CREATE TABLE software_statements (
    device  TEXT NOT NULL,
    serial  BIGINT NOT NULL,
    digest  TEXT NOT NULL,
    product TEXT NOT NULL,
    text    TEXT NOT NULL,
    answer  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (device, serial)
);

-- What follows from them.
CREATE TABLE software_acceptances (
    device    TEXT NOT NULL,
    product   TEXT NOT NULL,
    serial    BIGINT NOT NULL,
    build     TEXT NOT NULL,
    agreement TEXT NOT NULL,
    policy    TEXT NOT NULL,
    clauses   TEXT NOT NULL,
    accepted  BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    refused   TEXT NOT NULL,
    PRIMARY KEY (device, product)
);
CREATE INDEX software_acceptances_agreement ON software_acceptances (product, agreement, ended);

CREATE TABLE software_codes (
    hash    TEXT PRIMARY KEY,
    party   TEXT NOT NULL REFERENCES parties (id),
    device  TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);
CREATE INDEX software_codes_party ON software_codes (party, created);

-- +goose Down
DROP TABLE software_codes;
DROP TABLE software_acceptances;
DROP TABLE software_statements;
DROP TABLE software_devices;
DROP TABLE software_bindings;
DROP TABLE software_builds;
DROP TABLE software_products;
