-- Agents on hosting servers.

-- +goose Up
ALTER TABLE assets ADD COLUMN server TEXT NOT NULL DEFAULT '';
CREATE INDEX assets_server ON assets (server, id) WHERE server <> '';

CREATE TABLE agents (
    id         TEXT PRIMARY KEY,
    asset      TEXT NOT NULL REFERENCES assets (id),
    name       TEXT NOT NULL,
    key        TEXT NOT NULL, -- SHA-256 of the public key
    state      TEXT NOT NULL,
    enrolled   BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    seen       BIGINT NOT NULL,
    version    TEXT NOT NULL,
    generation TEXT NOT NULL,
    received   BIGINT NOT NULL,
    status     TEXT NOT NULL
);
CREATE UNIQUE INDEX agents_active ON agents (asset) WHERE state = 'active';
CREATE INDEX agents_asset ON agents (asset);

CREATE TABLE agent_tokens (
    hash    TEXT PRIMARY KEY,
    asset   TEXT NOT NULL REFERENCES assets (id),
    by      TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);

CREATE TABLE agent_tasks (
    id      TEXT PRIMARY KEY,
    asset   TEXT NOT NULL,
    same    TEXT NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,
    state   TEXT NOT NULL,
    result  TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX agent_tasks_asset ON agent_tasks (asset, state, id);

CREATE TABLE issuers (
    name        TEXT PRIMARY KEY,
    certificate TEXT NOT NULL,
    key         TEXT NOT NULL,
    created     BIGINT NOT NULL
);

-- Contents that were found to be clean, under what (definitions and program),
-- and who says so: two servers, or this program itself ("house").
CREATE TABLE verdicts (
    number BIGINT NOT NULL, -- when it came to be believed, counted up; 0 if it is not
    under  TEXT NOT NULL,
    digest TEXT NOT NULL,
    one    TEXT NOT NULL,
    two    TEXT NOT NULL,
    PRIMARY KEY (under, digest)
);
CREATE INDEX verdicts_number ON verdicts (under, number) WHERE number > 0;

-- +goose Down
DROP TABLE verdicts;
DROP TABLE issuers;
DROP TABLE agent_tasks;
DROP TABLE agent_tokens;
DROP TABLE agents;
DROP INDEX assets_server;
ALTER TABLE assets DROP COLUMN server;
