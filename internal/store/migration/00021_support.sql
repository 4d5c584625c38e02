-- The support desk: tickets of end users, files that they handed in, answers that
-- are kept ready, and articles of the knowledge base.

-- +goose Up
CREATE TABLE tickets (
    id       TEXT PRIMARY KEY,
    number   BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    state    TEXT NOT NULL,
    way      TEXT NOT NULL,
    party    TEXT NOT NULL,
    name     TEXT NOT NULL,
    mail     TEXT NOT NULL,
    language TEXT NOT NULL,
    subject  TEXT NOT NULL,
    assignee TEXT NOT NULL,
    case_id  TEXT NOT NULL,
    same     TEXT NOT NULL,
    suspect  TEXT NOT NULL,
    opened   BIGINT NOT NULL,
    updated  BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    solved   BIGINT NOT NULL,
    rating   BIGINT NOT NULL,
    praise   TEXT NOT NULL,
    rated    BIGINT NOT NULL,
    erased   BOOLEAN NOT NULL,
    version  BIGINT NOT NULL
);
CREATE UNIQUE INDEX tickets_number ON tickets (number);
CREATE INDEX tickets_updated ON tickets (updated, id);
CREATE INDEX tickets_state ON tickets (state, updated, id);
CREATE INDEX tickets_party ON tickets (party, updated, id);
CREATE INDEX tickets_assignee ON tickets (assignee, updated, id);
CREATE INDEX tickets_due ON tickets (due, id) WHERE due > 0;
CREATE INDEX tickets_case ON tickets (case_id) WHERE case_id <> '';
CREATE INDEX tickets_opened ON tickets (opened, id);

CREATE TABLE ticket_entries (
    id         TEXT PRIMARY KEY,
    ticket     TEXT NOT NULL REFERENCES tickets (id),
    at         BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    public     BOOLEAN NOT NULL,
    text       TEXT NOT NULL,
    details    TEXT NOT NULL,
    message_id TEXT NOT NULL
);
CREATE INDEX ticket_entries_ticket ON ticket_entries (ticket, id);
CREATE UNIQUE INDEX ticket_entries_message ON ticket_entries (message_id) WHERE message_id <> '';

CREATE TABLE uploads (
    id         TEXT PRIMARY KEY,
    ticket     TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    party      TEXT NOT NULL,
    at         BIGINT NOT NULL,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT NOT NULL,
    rules      TEXT NOT NULL,
    class      TEXT NOT NULL,
    nature     TEXT NOT NULL,
    severity   BIGINT NOT NULL,
    generation TEXT NOT NULL,
    scanned    BIGINT NOT NULL,
    erased     BOOLEAN NOT NULL
);
CREATE INDEX uploads_ticket ON uploads (ticket, id) WHERE ticket <> '';
CREATE INDEX uploads_case ON uploads (case_id, id) WHERE case_id <> '';
CREATE INDEX uploads_party ON uploads (party) WHERE party <> '';
CREATE INDEX uploads_sha256 ON uploads (sha256);
CREATE INDEX uploads_scanned ON uploads (scanned, id);

CREATE TABLE canned_answers (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    texts   TEXT NOT NULL,
    updated BIGINT NOT NULL,
    by      TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX canned_answers_name ON canned_answers (name);

CREATE TABLE articles (
    id        TEXT PRIMARY KEY,
    slug      TEXT NOT NULL,
    titles    TEXT NOT NULL,
    texts     TEXT NOT NULL,
    classes   TEXT NOT NULL,
    platforms TEXT NOT NULL,
    hidden    BOOLEAN NOT NULL,
    updated   BIGINT NOT NULL,
    by        TEXT NOT NULL,
    version   BIGINT NOT NULL
);
CREATE UNIQUE INDEX articles_slug ON articles (slug);

-- +goose Down
DROP TABLE articles;
DROP TABLE canned_answers;
DROP TABLE uploads;
DROP TABLE ticket_entries;
DROP TABLE tickets;
