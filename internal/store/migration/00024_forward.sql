-- What is passed on to whoever holds what a report complains about; why it may be.

-- +goose Up
CREATE TABLE forwards (
    id         TEXT PRIMARY KEY,
    report     TEXT NOT NULL,
    holder     TEXT NOT NULL, -- mail address, or what stands for one that is not known
    contacts   TEXT NOT NULL, -- JSON
    state      TEXT NOT NULL,
    why        TEXT NOT NULL,
    complaints BIGINT NOT NULL,
    basis      TEXT NOT NULL, -- JSON
    letter     TEXT NOT NULL, -- JSON
    sent       BIGINT NOT NULL, -- 0: its mail was not written down
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    by         TEXT NOT NULL,
    version    BIGINT NOT NULL
);
CREATE UNIQUE INDEX forwards_open ON forwards (report, holder) WHERE state IN ('waiting', 'person', 'approved');
CREATE INDEX forwards_report ON forwards (report, id);
CREATE INDEX forwards_state ON forwards (state, id);
CREATE INDEX forwards_holder ON forwards (holder, sent) WHERE sent > 0;

-- Which complaints are passed on by which forward.
CREATE TABLE forwarded (
    complaint TEXT PRIMARY KEY,
    forward   TEXT NOT NULL REFERENCES forwards (id)
);
CREATE INDEX forwarded_forward ON forwarded (forward, complaint);

CREATE TABLE forward_consents (
    id          TEXT PRIMARY KEY,
    report      TEXT NOT NULL,
    reporter    TEXT NOT NULL,
    how         TEXT NOT NULL,
    ground      TEXT NOT NULL,
    yes         BOOLEAN NOT NULL,
    named       BOOLEAN NOT NULL,
    unconfirmed BOOLEAN NOT NULL,
    given       BIGINT NOT NULL,
    by          TEXT NOT NULL,
    withdrawn   BIGINT NOT NULL
);
CREATE INDEX forward_consents_report ON forward_consents (report, given, id) WHERE report <> '';
CREATE INDEX forward_consents_reporter ON forward_consents (reporter, id) WHERE reporter <> '';

CREATE TABLE forward_answers (
    report    TEXT PRIMARY KEY,
    forward   TEXT NOT NULL REFERENCES forwards (id),
    automatic BOOLEAN NOT NULL,
    at        BIGINT NOT NULL
);
CREATE INDEX forward_answers_forward ON forward_answers (forward, report);

-- +goose Down
DROP TABLE forward_answers;
DROP TABLE forward_consents;
DROP TABLE forwarded;
DROP TABLE forwards;
