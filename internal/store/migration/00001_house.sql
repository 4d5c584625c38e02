-- One schema for SQLite and PostgreSQL. Times are microseconds since 1970 in
-- UTC, 0 for never; lists and maps are JSON in text; identifiers are UUIDs in
-- text.

-- +goose Up
CREATE TABLE parties (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    reference TEXT NOT NULL,
    language  TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    contacts  TEXT NOT NULL,
    note      TEXT NOT NULL,
    erased    BOOLEAN NOT NULL,
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL
);
CREATE UNIQUE INDEX parties_reference ON parties (kind, reference) WHERE reference <> '';
CREATE INDEX parties_name ON parties (name, id);
CREATE INDEX parties_updated ON parties (updated, id);

CREATE TABLE assets (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    owner        TEXT NOT NULL REFERENCES parties (id),
    name         TEXT NOT NULL,
    reference    TEXT NOT NULL,
    roots        TEXT NOT NULL,
    hosts        TEXT NOT NULL,
    software     TEXT NOT NULL,
    observe_only BOOLEAN NOT NULL,
    every        BIGINT NOT NULL, -- nanoseconds
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    scanned      BIGINT NOT NULL,
    scan_due     BIGINT NOT NULL,
    retired      BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX assets_reference ON assets (kind, reference) WHERE reference <> '';
CREATE INDEX assets_owner ON assets (owner, id);
CREATE INDEX assets_name ON assets (name, id);
CREATE INDEX assets_scanned ON assets (scanned, id);
CREATE INDEX assets_coverage ON assets (kind, retired, scanned);
CREATE INDEX assets_scan_due ON assets (scan_due) WHERE scan_due > 0;

CREATE TABLE agreements (
    id        TEXT PRIMARY KEY,
    party     TEXT NOT NULL REFERENCES parties (id),
    terms     TEXT NOT NULL,
    version   TEXT NOT NULL,
    digest    TEXT NOT NULL,
    allows    TEXT NOT NULL,
    accepted  BIGINT NOT NULL,
    how       TEXT NOT NULL,
    withdrawn BIGINT NOT NULL
);
CREATE INDEX agreements_party ON agreements (party, accepted);

CREATE TABLE cases (
    id            TEXT PRIMARY KEY,
    number        BIGINT NOT NULL UNIQUE,
    asset         TEXT NOT NULL REFERENCES assets (id),
    party         TEXT NOT NULL REFERENCES parties (id),
    class         TEXT NOT NULL,
    nature        TEXT NOT NULL,
    severity      SMALLINT NOT NULL,
    confidence    SMALLINT NOT NULL,
    state         TEXT NOT NULL,
    is_open       BOOLEAN NOT NULL,
    title         TEXT NOT NULL,
    assignee      TEXT NOT NULL,
    open_findings BIGINT NOT NULL,
    findings      BIGINT NOT NULL,
    due           BIGINT NOT NULL,
    opened        BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    closed        BIGINT NOT NULL,
    version       BIGINT NOT NULL
);
CREATE UNIQUE INDEX cases_joined ON cases (asset, class) WHERE is_open;
-- Lists are sorted by a column and then by id. What an index holds besides lets
-- rows be counted without reading them.
CREATE INDEX cases_updated ON cases (updated, id);
CREATE INDEX cases_opened ON cases (opened, id);
CREATE INDEX cases_closed ON cases (closed) WHERE closed > 0;
CREATE INDEX cases_severity ON cases (severity, id);
CREATE INDEX cases_due ON cases (due, id);
CREATE INDEX cases_state ON cases (state, updated, id, class, severity);
CREATE INDEX cases_class ON cases (class, updated, id, state, severity, is_open);
CREATE INDEX cases_party ON cases (party, updated, id, state);
CREATE INDEX cases_asset ON cases (asset, updated, id);
CREATE INDEX cases_assignee ON cases (assignee, updated, id) WHERE assignee <> '';
-- Few cases are open, and they are what people look at. SQLite needs is_open in
-- the index, too, to count without reading rows.
CREATE INDEX cases_mine ON cases (assignee, updated, id, is_open) WHERE is_open AND assignee <> '';
CREATE INDEX cases_open ON cases (updated, id, is_open, class, severity) WHERE is_open;
CREATE INDEX cases_urgent ON cases (severity, id, is_open, class) WHERE is_open;
CREATE INDEX cases_awaited ON cases (due, id, is_open) WHERE is_open;
CREATE INDEX cases_age ON cases (opened, id, is_open, severity, state) WHERE is_open;

CREATE TABLE findings (
    id          TEXT PRIMARY KEY,
    asset       TEXT NOT NULL REFERENCES assets (id),
    party       TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    sensor      TEXT NOT NULL,
    rule        TEXT NOT NULL,
    class       TEXT NOT NULL,
    nature      TEXT NOT NULL,
    severity    SMALLINT NOT NULL,
    confidence  SMALLINT NOT NULL,
    state       TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    size        BIGINT NOT NULL,
    language    TEXT NOT NULL,
    definitions TEXT NOT NULL,
    description TEXT NOT NULL,
    generation  TEXT NOT NULL,
    path        TEXT NOT NULL,
    places      BIGINT NOT NULL,
    details     TEXT NOT NULL,
    first_seen  BIGINT NOT NULL,
    last_seen   BIGINT NOT NULL,
    ended       BIGINT NOT NULL
);
CREATE UNIQUE INDEX findings_same ON findings (asset, rule, sha256);
CREATE INDEX findings_asset ON findings (asset, state);
CREATE INDEX findings_case ON findings (case_id, id, state);
CREATE INDEX findings_first ON findings (first_seen, id, severity);
CREATE INDEX findings_state ON findings (state, first_seen, id, severity);
CREATE INDEX findings_class ON findings (class, first_seen, id, severity);
CREATE INDEX findings_both ON findings (class, state, severity, id);
CREATE INDEX findings_severity ON findings (severity, id);
CREATE INDEX findings_rule ON findings (rule, id);
CREATE INDEX findings_content ON findings (sha256);
CREATE INDEX findings_party ON findings (party, first_seen, id, state);
-- None holds last_seen or places: a daily look at everything that is known
-- would write each index anew.

CREATE TABLE places (
    id         TEXT PRIMARY KEY,
    finding    TEXT NOT NULL REFERENCES findings (id),
    asset      TEXT NOT NULL,
    path       TEXT NOT NULL,
    state      TEXT NOT NULL,
    scan       TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL
);
CREATE UNIQUE INDEX places_same ON places (finding, path);
CREATE INDEX places_asset ON places (asset, scan) WHERE state = 'open';

CREATE TABLE events (
    id      TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    public  BOOLEAN NOT NULL,
    text    TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX events_case ON events (case_id, at, id);

CREATE TABLE tasks (
    id      TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    key     TEXT NOT NULL,
    text    TEXT NOT NULL,
    place   BIGINT NOT NULL,
    due     BIGINT NOT NULL,
    done    BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX tasks_case ON tasks (case_id, place, id);

CREATE TABLE deadlines (
    id      TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    rule    TEXT NOT NULL,
    state   TEXT NOT NULL,
    started BIGINT NOT NULL,
    warn    BIGINT NOT NULL,
    due     BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    warned  BOOLEAN NOT NULL,
    told    BOOLEAN NOT NULL
);
CREATE INDEX deadlines_case ON deadlines (case_id, due);
CREATE INDEX deadlines_running ON deadlines (due) WHERE state = 'running';
CREATE INDEX deadlines_warn ON deadlines (warn) WHERE state = 'running';

CREATE TABLE links (
    case_id TEXT NOT NULL REFERENCES cases (id),
    other   TEXT NOT NULL REFERENCES cases (id),
    at      BIGINT NOT NULL,
    PRIMARY KEY (case_id, other)
);

CREATE TABLE responses (
    id       TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    asset    TEXT NOT NULL,
    party    TEXT NOT NULL,
    method   TEXT NOT NULL,
    state    TEXT NOT NULL,
    basis    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    plan     TEXT NOT NULL,
    result   TEXT NOT NULL,
    error    TEXT NOT NULL,
    by       TEXT NOT NULL,
    approved TEXT NOT NULL,
    created  BIGINT NOT NULL,
    updated  BIGINT NOT NULL,
    applied  BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX responses_case ON responses (case_id, id);
CREATE INDEX responses_state ON responses (state, created, id, method);
CREATE INDEX responses_created ON responses (created, id);
CREATE INDEX responses_method ON responses (method, created, id);
CREATE INDEX responses_party ON responses (party, created, id);
CREATE INDEX responses_expires ON responses (expires) WHERE expires > 0;

CREATE TABLE messages (
    id         TEXT PRIMARY KEY,
    response   TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    party      TEXT NOT NULL,
    recipient  TEXT NOT NULL,
    language   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    text       TEXT NOT NULL,
    html       TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL,
    attempts   BIGINT NOT NULL,
    error      TEXT NOT NULL,
    created    BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    bounced    BIGINT NOT NULL
);
CREATE INDEX messages_response ON messages (response);
CREATE INDEX messages_case ON messages (case_id, id);
CREATE INDEX messages_state ON messages (state, created);

CREATE TABLE scans (
    id          TEXT PRIMARY KEY,
    asset       TEXT NOT NULL REFERENCES assets (id),
    party       TEXT NOT NULL,
    state       TEXT NOT NULL,
    cause       TEXT NOT NULL,
    by          TEXT NOT NULL,
    generation  TEXT NOT NULL,
    files       BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    total_bytes BIGINT NOT NULL,
    findings    BIGINT NOT NULL,
    errors      BIGINT NOT NULL,
    error       TEXT NOT NULL,
    queued      BIGINT NOT NULL,
    started     BIGINT NOT NULL,
    ended       BIGINT NOT NULL
);
CREATE INDEX scans_asset ON scans (asset, queued, id);
CREATE INDEX scans_queued ON scans (queued, id);
CREATE INDEX scans_party ON scans (party, queued, id);
CREATE INDEX scans_state ON scans (state, queued, id);
CREATE UNIQUE INDEX scans_waiting ON scans (asset) WHERE state = 'queued';

CREATE TABLE generations (
    id       TEXT PRIMARY KEY,
    state    TEXT NOT NULL,
    rules    BIGINT NOT NULL,
    problems BIGINT NOT NULL,
    sources  TEXT NOT NULL,
    error    TEXT NOT NULL,
    made     BIGINT NOT NULL,
    used     BIGINT NOT NULL
);
CREATE INDEX generations_made ON generations (made, id);

-- What the evidence log holds or will hold: log_index is -1 until the log has
-- taken the record.
CREATE TABLE records (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    at        BIGINT NOT NULL,
    subject   TEXT NOT NULL,
    case_id   TEXT NOT NULL,
    actor     TEXT NOT NULL,
    body      TEXT NOT NULL,
    blobs     TEXT NOT NULL,
    concealed TEXT NOT NULL, -- digests of what is personal, by name
    log_index BIGINT NOT NULL
);
CREATE INDEX records_pending ON records (id) WHERE log_index < 0;
CREATE INDEX records_index ON records (log_index) WHERE log_index >= 0;
CREATE INDEX records_case ON records (case_id, at, id) WHERE case_id <> '';
CREATE INDEX records_at ON records (at, id);
CREATE INDEX records_kind ON records (kind, at, id);
CREATE INDEX records_subject ON records (subject);

-- What is personal of a record, and the salt of its digest. Erasing a person
-- removes rows here, and the log still verifies.
CREATE TABLE personal (
    record TEXT NOT NULL REFERENCES records (id),
    name   TEXT NOT NULL,
    party  TEXT NOT NULL,
    value  TEXT NOT NULL,
    salt   TEXT NOT NULL,
    PRIMARY KEY (record, name)
);
CREATE INDEX personal_party ON personal (party) WHERE party <> '';

CREATE TABLE settings (
    key     TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    updated BIGINT NOT NULL,
    by      TEXT NOT NULL
);

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE views (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    page    TEXT NOT NULL,
    name    TEXT NOT NULL,
    query   TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX views_name ON views (owner, page, name);

CREATE TABLE webhooks (
    id      TEXT PRIMARY KEY,
    url     TEXT NOT NULL,
    secret  TEXT NOT NULL,
    kinds   TEXT NOT NULL,
    owner   TEXT NOT NULL, -- a party, or empty for the provider itself
    active  BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE deliveries (
    id       TEXT PRIMARY KEY,
    webhook  TEXT NOT NULL REFERENCES webhooks (id),
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    state    TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    status   BIGINT NOT NULL,
    error    TEXT NOT NULL,
    created  BIGINT NOT NULL,
    ended    BIGINT NOT NULL
);
CREATE INDEX deliveries_webhook ON deliveries (webhook, id);

-- Answers to requests that carried an idempotency key.
CREATE TABLE answers (
    owner   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request TEXT NOT NULL,
    status  BIGINT NOT NULL,
    body    TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX answers_created ON answers (created);

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    mail       TEXT NOT NULL UNIQUE, -- in lower case
    role       TEXT NOT NULL,
    party      TEXT NOT NULL,
    language   TEXT NOT NULL,
    time_zone  TEXT NOT NULL,
    disabled   BOOLEAN NOT NULL,
    created    BIGINT NOT NULL,
    signed_in  BIGINT NOT NULL
);
CREATE INDEX users_party ON users (party) WHERE party <> '';

CREATE INDEX users_name ON users (name, id);

CREATE TABLE passwords (
    owner   TEXT PRIMARY KEY REFERENCES users (id),
    hash    TEXT NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE passkeys (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL REFERENCES users (id),
    credential TEXT NOT NULL UNIQUE, -- base64
    name       TEXT NOT NULL,
    body       TEXT NOT NULL,
    cloned     BOOLEAN NOT NULL,
    created    BIGINT NOT NULL,
    last_used  BIGINT NOT NULL
);
CREATE INDEX passkeys_owner ON passkeys (owner, id);

CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    owner      TEXT NOT NULL REFERENCES users (id),
    created    BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject_id)
);
CREATE INDEX identities_owner ON identities (owner, created);

CREATE TABLE tokens (
    id        TEXT PRIMARY KEY,
    owner     TEXT NOT NULL REFERENCES users (id),
    name      TEXT NOT NULL,
    hash      TEXT NOT NULL, -- base64, as all hashes here
    scopes    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    revoked   BIGINT NOT NULL
);
CREATE INDEX tokens_owner ON tokens (owner, id);

CREATE TABLE sessions (
    id      TEXT PRIMARY KEY,
    hash    TEXT NOT NULL UNIQUE,
    owner   TEXT NOT NULL REFERENCES users (id),
    method  TEXT NOT NULL,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_owner ON sessions (owner, id);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE secrets (
    hash    TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    owner   TEXT NOT NULL,
    data    TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX secrets_owner ON secrets (purpose, owner);
CREATE INDEX secrets_expires ON secrets (expires);

-- +goose Down
DROP TABLE secrets;
DROP TABLE sessions;
DROP TABLE tokens;
DROP TABLE identities;
DROP TABLE passkeys;
DROP TABLE passwords;
DROP TABLE users;
DROP TABLE answers;
DROP TABLE deliveries;
DROP TABLE webhooks;
DROP TABLE views;
DROP TABLE counters;
DROP TABLE settings;
DROP TABLE personal;
DROP TABLE records;
DROP TABLE generations;
DROP TABLE scans;
DROP TABLE messages;
DROP TABLE responses;
DROP TABLE links;
DROP TABLE deadlines;
DROP TABLE tasks;
DROP TABLE events;
DROP TABLE places;
DROP TABLE findings;
DROP TABLE cases;
DROP TABLE agreements;
DROP TABLE assets;
DROP TABLE parties;
