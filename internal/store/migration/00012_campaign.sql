-- Campaigns, which ask parties again when terms change materially.

-- +goose Up
CREATE TABLE campaigns (
    id        TEXT PRIMARY KEY,
    terms     TEXT NOT NULL REFERENCES terms (id),
    document  TEXT NOT NULL,
    state     TEXT NOT NULL,
    silence   TEXT NOT NULL,
    policy    TEXT NOT NULL, -- by language
    reminders TEXT NOT NULL,
    by        TEXT NOT NULL,
    created   BIGINT NOT NULL,
    starts    BIGINT NOT NULL,
    deadline  BIGINT NOT NULL,
    planned   BIGINT NOT NULL,
    asked     BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    stopped   TEXT NOT NULL,
    ends      TEXT NOT NULL -- versions whose end it set
);
CREATE INDEX campaigns_document ON campaigns (document, state);

-- Without references to what it is filled from in one statement: a million
-- look-ups are saved.
CREATE TABLE asked (
    campaign    TEXT NOT NULL,
    party       TEXT NOT NULL,
    state       TEXT NOT NULL,
    sent        BIGINT NOT NULL,
    unreachable BOOLEAN NOT NULL,
    next        BIGINT NOT NULL, -- 0 where nothing is to be done any more
    last        BIGINT NOT NULL,
    answered    BIGINT NOT NULL,
    PRIMARY KEY (campaign, party)
);
CREATE INDEX asked_next ON asked (campaign, next, party);
CREATE INDEX asked_state ON asked (campaign, state, party);

-- +goose Down
DROP TABLE asked;
DROP TABLE campaigns;
