-- The gate of sites: how each stands, who let it go on without a check, and
-- what was decided.

-- +goose Up
CREATE TABLE gates (
    id       TEXT PRIMARY KEY REFERENCES assets (id), -- of the site
    state    TEXT NOT NULL,
    since    BIGINT NOT NULL,
    asked    BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    looked   BIGINT NOT NULL,
    due      BIGINT NOT NULL, -- when it is looked at again; 0 for never
    checks   TEXT NOT NULL
);
CREATE INDEX gates_due ON gates (due, id) WHERE due > 0;
CREATE INDEX gates_state ON gates (state, since, id);

CREATE TABLE gate_waivers (
    id       TEXT PRIMARY KEY,
    asset    TEXT NOT NULL REFERENCES assets (id),
    check_id TEXT NOT NULL,
    by       TEXT NOT NULL,
    reason   TEXT NOT NULL,
    created  BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    ended    BIGINT NOT NULL,
    ended_by TEXT NOT NULL
);
CREATE INDEX gate_waivers_asset ON gate_waivers (asset, id);
CREATE INDEX gate_waivers_expires ON gate_waivers (expires, id) WHERE ended = 0;

CREATE TABLE gate_moves (
    id       TEXT PRIMARY KEY,
    asset    TEXT NOT NULL REFERENCES assets (id),
    number   BIGINT NOT NULL, -- among those of the site, from 1
    before   TEXT NOT NULL,
    state    TEXT NOT NULL,
    at       BIGINT NOT NULL,
    by       TEXT NOT NULL,
    deadline BIGINT NOT NULL,
    unmet    TEXT NOT NULL
);
CREATE UNIQUE INDEX gate_moves_number ON gate_moves (asset, number);

-- The host names of assets, in lower case: who may be reached is asked by name.
CREATE TABLE hosts (
    host  TEXT NOT NULL,
    asset TEXT NOT NULL REFERENCES assets (id),
    PRIMARY KEY (host, asset)
);
CREATE INDEX hosts_asset ON hosts (asset);

-- +goose Down
DROP TABLE hosts;
DROP TABLE gate_moves;
DROP TABLE gate_waivers;
DROP TABLE gates;
