-- How far cases were escalated, who offends again, complaints that wait, and whom
-- senders are vouched for by.

-- +goose Up
CREATE TABLE ladders (
    case_id  TEXT PRIMARY KEY REFERENCES cases (id),
    step     BIGINT NOT NULL,
    rung     TEXT NOT NULL,
    why      TEXT NOT NULL,
    since    BIGINT NOT NULL,
    mended   BIGINT NOT NULL,
    previous TEXT NOT NULL,
    look     BIGINT NOT NULL, -- when it is looked at again; 0 for never
    pending  BOOLEAN NOT NULL,
    gap      TEXT NOT NULL,
    version  BIGINT NOT NULL
);
CREATE INDEX ladders_look ON ladders (look) WHERE look > 0;
-- Of a window all is in the index: the list of those who offend again reads no rows.
CREATE INDEX cases_window ON cases (opened, party, class, asset, state, closed, good);
CREATE INDEX cases_offences ON cases (party, class, opened);
CREATE INDEX complaints_waiting ON complaints (updated, id) WHERE state = 'waiting';
-- Who complained of a party since when, for the same list.
CREATE INDEX complaints_said ON complaints (party, updated, report) WHERE state = 'filed';

-- Who vouches for the sender of a report.
CREATE TABLE vouches (
    report  TEXT PRIMARY KEY REFERENCES reports (id),
    sender  TEXT NOT NULL,
    method  TEXT NOT NULL, -- empty if nobody does
    domain  TEXT NOT NULL,
    checks  TEXT NOT NULL,
    checked BIGINT NOT NULL,
    learned BOOLEAN NOT NULL
);
CREATE INDEX vouches_sender ON vouches (sender, learned) WHERE sender <> '';
-- What people taught about the mails of a sender.
CREATE TABLE profiles (
    sender  TEXT PRIMARY KEY,
    profile TEXT NOT NULL,
    updated BIGINT NOT NULL
);

-- +goose Down
DROP TABLE profiles;
DROP TABLE vouches;
DROP INDEX complaints_said;
DROP INDEX complaints_waiting;
DROP INDEX cases_offences;
DROP INDEX cases_window;
DROP TABLE ladders;
