-- What others publish of threats and vulnerabilities, and what of it is here.

-- +goose Up
CREATE TABLE feeds (
    name    TEXT PRIMARY KEY,
    state   TEXT NOT NULL,
    claimed BIGINT NOT NULL -- until when a node reads it; 0 for none
);

CREATE TABLE indicators (
    feed       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    class      TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    holds      BIGINT NOT NULL, -- until when; 0 for ever
    note       TEXT NOT NULL,
    reference  TEXT NOT NULL,
    tlp        TEXT NOT NULL,
    trust      BIGINT NOT NULL,
    kept       BIGINT NOT NULL, -- by the turn of this time
    matched    BIGINT NOT NULL, -- when it was last held against what is here
    PRIMARY KEY (feed, kind, value)
);
CREATE INDEX indicators_matched ON indicators (matched, feed);
CREATE INDEX indicators_kept ON indicators (feed, kept);

CREATE TABLE vulnerabilities (
    feed      TEXT NOT NULL,
    cve       TEXT NOT NULL,
    vendor    TEXT NOT NULL,
    product   TEXT NOT NULL, -- in lower case
    ecosystem TEXT NOT NULL,
    document  TEXT NOT NULL,
    exploited BOOLEAN NOT NULL,
    due       BIGINT NOT NULL,
    epss      BIGINT NOT NULL, -- in millionths
    updated   BIGINT NOT NULL, -- kept by the turn of this time
    PRIMARY KEY (feed, cve, vendor, product, ecosystem)
);
CREATE INDEX vulnerabilities_cve ON vulnerabilities (cve);
CREATE INDEX vulnerabilities_product ON vulnerabilities (product) WHERE product <> '';
CREATE INDEX vulnerabilities_exploited ON vulnerabilities (cve) WHERE exploited;
CREATE INDEX vulnerabilities_kept ON vulnerabilities (feed, updated);

CREATE TABLE hits (
    id         TEXT PRIMARY KEY,
    feed       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    asset      TEXT NOT NULL REFERENCES assets (id),
    what       TEXT NOT NULL, -- of the asset
    class      TEXT NOT NULL,
    note       TEXT NOT NULL,
    tlp        TEXT NOT NULL,
    trust      BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    filed      BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX hits_same ON hits (feed, value, asset);
CREATE INDEX hits_asset ON hits (asset);
CREATE INDEX assets_software ON assets (software) WHERE software <> '';

-- +goose Down
DROP INDEX assets_software;
DROP TABLE hits;
DROP TABLE vulnerabilities;
DROP TABLE indicators;
DROP TABLE feeds;
