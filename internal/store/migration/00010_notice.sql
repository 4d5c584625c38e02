-- Notices of sites: drafts, published versions, which site serves which, and
-- what was seen of that.

-- +goose Up
CREATE TABLE notices (
    id      TEXT PRIMARY KEY,
    party   TEXT NOT NULL REFERENCES parties (id),
    name    TEXT NOT NULL,
    draft   TEXT NOT NULL,
    guesses TEXT NOT NULL,
    edition BIGINT NOT NULL,
    latest  BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    by      TEXT NOT NULL
);
CREATE INDEX notices_party ON notices (party, updated, id);
CREATE INDEX notices_updated ON notices (updated, id);
CREATE INDEX notices_name ON notices (name, id);

CREATE TABLE notice_versions (
    id        TEXT PRIMARY KEY,
    notice    TEXT NOT NULL REFERENCES notices (id),
    number    BIGINT NOT NULL,
    body      TEXT NOT NULL,
    digest    TEXT NOT NULL,
    languages TEXT NOT NULL,
    published BIGINT NOT NULL,
    by        TEXT NOT NULL
);
CREATE UNIQUE INDEX notice_versions_number ON notice_versions (notice, number);

CREATE TABLE notice_sites (
    asset     TEXT PRIMARY KEY REFERENCES assets (id),
    notice    TEXT NOT NULL REFERENCES notices (id),
    number    BIGINT NOT NULL,
    pinned    BIGINT NOT NULL,
    by        TEXT NOT NULL,
    proof_due BIGINT NOT NULL
);
CREATE INDEX notice_sites_notice ON notice_sites (notice, asset);
CREATE INDEX notice_sites_due ON notice_sites (proof_due) WHERE proof_due > 0;

CREATE TABLE notice_proofs (
    id         TEXT PRIMARY KEY,
    asset      TEXT NOT NULL REFERENCES assets (id),
    notice     TEXT NOT NULL REFERENCES notices (id),
    host       TEXT NOT NULL,
    number     BIGINT NOT NULL,
    status     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL
);
CREATE INDEX notice_proofs_asset ON notice_proofs (asset, id);
CREATE INDEX notice_proofs_notice ON notice_proofs (notice);

-- +goose Down
DROP TABLE notice_proofs;
DROP TABLE notice_sites;
DROP TABLE notice_versions;
DROP TABLE notices;
