-- Those to whom incidents and samples are passed on; what they answered.

-- +goose Up
CREATE TABLE directory_entries (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE, -- in lower case
    document TEXT NOT NULL,
    edition  BIGINT NOT NULL,
    updated  BIGINT NOT NULL
);

-- What a channel was seen to be, for as long as it was the same.
CREATE TABLE directory_probes (
    id         TEXT PRIMARY KEY,
    entry      TEXT NOT NULL REFERENCES directory_entries (id),
    address    TEXT NOT NULL,
    what       TEXT NOT NULL,
    ok         BOOLEAN NOT NULL,
    unknown    BOOLEAN NOT NULL,
    detail     TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL
);
CREATE INDEX directory_probes_entry ON directory_probes (entry, id);

-- What was answered to samples that were sent.
CREATE TABLE directory_answers (
    id        TEXT PRIMARY KEY,
    response  TEXT NOT NULL REFERENCES responses (id),
    verdict   TEXT NOT NULL,
    detection TEXT NOT NULL,
    note      TEXT NOT NULL,
    at        BIGINT NOT NULL,
    by        TEXT NOT NULL
);
CREATE INDEX directory_answers_response ON directory_answers (response, id);

-- Whether our definitions find what was sent.
CREATE TABLE directory_checks (
    id         TEXT PRIMARY KEY,
    response   TEXT NOT NULL REFERENCES responses (id),
    sha256     TEXT NOT NULL,
    generation TEXT NOT NULL,
    rules      TEXT NOT NULL, -- JSON
    at         BIGINT NOT NULL,
    by         TEXT NOT NULL
);
CREATE INDEX directory_checks_response ON directory_checks (response, id);

CREATE INDEX messages_recipient ON messages (recipient, id);

-- +goose Down
DROP INDEX messages_recipient;
DROP TABLE directory_checks;
DROP TABLE directory_answers;
DROP TABLE directory_probes;
DROP TABLE directory_entries;
