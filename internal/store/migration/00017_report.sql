-- Reports that came in, and what they complain about.

-- +goose Up
-- arrival is what makes two of one source the same, and likeness what makes two
-- of any the same report; both are the row's own id where there is nothing.
CREATE TABLE reports (
    id         TEXT PRIMARY KEY,
    way        TEXT NOT NULL,
    source     TEXT NOT NULL,
    arrival    TEXT NOT NULL,
    likeness   TEXT NOT NULL,
    received   BIGINT NOT NULL,
    sha256     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    state      TEXT NOT NULL,
    why        TEXT NOT NULL,
    format     TEXT NOT NULL,
    reporter   TEXT NOT NULL,
    reference  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    language   TEXT NOT NULL,
    tlp        TEXT NOT NULL,
    confidence BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    same       TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    answerable BOOLEAN NOT NULL,
    updated    BIGINT NOT NULL,
    by         TEXT NOT NULL,
    version    BIGINT NOT NULL
);
CREATE UNIQUE INDEX reports_arrival ON reports (arrival);
CREATE UNIQUE INDEX reports_likeness ON reports (likeness);
CREATE INDEX reports_received ON reports (received, id);
CREATE INDEX reports_state ON reports (state, received, id);
CREATE INDEX reports_reporter ON reports (reporter, received, id);
CREATE INDEX reports_case ON reports (case_id) WHERE case_id <> '';
CREATE INDEX reports_sha256 ON reports (sha256);

CREATE TABLE complaints (
    id         TEXT PRIMARY KEY,
    report     TEXT NOT NULL REFERENCES reports (id),
    number     BIGINT NOT NULL,
    class      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    port       BIGINT NOT NULL,
    role       TEXT NOT NULL,
    confidence BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    told       TEXT NOT NULL,
    times      BIGINT NOT NULL,
    note       TEXT NOT NULL,
    proof      TEXT NOT NULL,
    state      TEXT NOT NULL,
    why        TEXT NOT NULL,
    asset      TEXT NOT NULL,
    party      TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    finding    TEXT NOT NULL,
    candidates TEXT NOT NULL,
    updated    BIGINT NOT NULL
);
CREATE UNIQUE INDEX complaints_number ON complaints (report, number);
CREATE INDEX complaints_case ON complaints (case_id, id) WHERE case_id <> '';
CREATE INDEX complaints_asset ON complaints (asset, class, updated) WHERE asset <> '';
CREATE INDEX complaints_party ON complaints (party) WHERE party <> '';
CREATE INDEX complaints_value ON complaints (value, id);
CREATE INDEX complaints_updated ON complaints (updated, id);

-- +goose Down
DROP TABLE complaints;
DROP TABLE reports;
