-- Where contents lie that somebody knows by a hash alone: what was asked, how far
-- those are who were asked, and the places that they named.

-- +goose Up
CREATE TABLE hash_questions (
    hash  TEXT PRIMARY KEY, -- MD5, SHA-1 or SHA-256 in hexadecimal
    size  BIGINT NOT NULL,  -- 0 if it is not known
    asked BIGINT NOT NULL,
    by    TEXT NOT NULL
);
CREATE INDEX hash_questions_asked ON hash_questions (asked);
CREATE TABLE hash_answers (
    hash    TEXT NOT NULL REFERENCES hash_questions (hash),
    server  TEXT NOT NULL, -- empty for this program
    state   TEXT NOT NULL,
    asked   BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    places  BIGINT NOT NULL,
    unread  BIGINT NOT NULL,
    error   TEXT NOT NULL,
    PRIMARY KEY (hash, server)
);
CREATE INDEX hash_answers_waiting ON hash_answers (server, asked, hash) WHERE state = 'waiting';
CREATE TABLE hash_places (
    id     TEXT PRIMARY KEY,
    hash   TEXT NOT NULL REFERENCES hash_questions (hash),
    server TEXT NOT NULL,
    asset  TEXT NOT NULL REFERENCES assets (id),
    path   TEXT NOT NULL,
    size   BIGINT NOT NULL,
    since  BIGINT NOT NULL
);
CREATE INDEX hash_places_hash ON hash_places (hash, server, id);
CREATE INDEX hash_places_asset ON hash_places (asset);

-- +goose Down
DROP TABLE hash_places;
DROP TABLE hash_answers;
DROP TABLE hash_questions;
