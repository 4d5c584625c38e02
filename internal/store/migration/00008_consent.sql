-- Terms with versions, and what parties said of them.

-- +goose Up
CREATE TABLE terms (
    id        TEXT PRIMARY KEY,
    document  TEXT NOT NULL,
    label     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    state     TEXT NOT NULL,
    digest    TEXT NOT NULL,
    clauses   TEXT NOT NULL,
    titles    TEXT NOT NULL, -- by language
    material  BOOLEAN NOT NULL,
    effective BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    published BIGINT NOT NULL,
    mark      BIGINT NOT NULL -- of the transaction that wrote it; see Changes
);
CREATE INDEX terms_document ON terms (document, label);
CREATE INDEX terms_mark ON terms (mark);

CREATE TABLE terms_texts (
    id   TEXT PRIMARY KEY REFERENCES terms (id),
    text TEXT NOT NULL
);

-- Lines are only ever added, but that a note which names people is erased.
CREATE TABLE consents (
    id       TEXT PRIMARY KEY,
    party    TEXT NOT NULL REFERENCES parties (id),
    terms    TEXT NOT NULL REFERENCES terms (id),
    act      TEXT NOT NULL,
    clauses  TEXT NOT NULL,
    at       BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    language TEXT NOT NULL,
    how      TEXT NOT NULL,
    behalf   TEXT NOT NULL,
    note     TEXT NOT NULL,
    record   TEXT NOT NULL,
    mark     BIGINT NOT NULL
);
CREATE INDEX consents_party ON consents (party, at);
CREATE INDEX consents_mark ON consents (mark);
CREATE INDEX consents_at ON consents (at, act, terms);

-- What a party said last of each document.
CREATE TABLE standings (
    party    TEXT NOT NULL REFERENCES parties (id),
    document TEXT NOT NULL,
    terms    TEXT NOT NULL,
    act      TEXT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (party, document)
);
CREATE INDEX standings_document ON standings (document, terms, act, party);

-- What parties were given of what they said, and the salts under which they
-- stand there.
CREATE TABLE receipts (
    id       TEXT PRIMARY KEY REFERENCES consents (id),
    party    TEXT NOT NULL,
    document TEXT NOT NULL,
    digest   TEXT NOT NULL,
    text     TEXT NOT NULL,
    made     BIGINT NOT NULL
);
CREATE INDEX receipts_party ON receipts (party, document, made);

CREATE TABLE principals (
    party TEXT PRIMARY KEY,
    salt  TEXT NOT NULL
);

-- What parties ask or complain of terms.
CREATE TABLE questions (
    id       TEXT PRIMARY KEY,
    party    TEXT NOT NULL REFERENCES parties (id),
    document TEXT NOT NULL,
    clause   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    state    TEXT NOT NULL,
    text     TEXT NOT NULL,
    answer   TEXT NOT NULL,
    by       TEXT NOT NULL,
    created  BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    done     BIGINT NOT NULL
);
CREATE INDEX questions_party ON questions (party, id);
CREATE INDEX questions_state ON questions (state, due);

INSERT INTO terms
SELECT id, terms, version, '', 'recorded', digest, '[{"id":"all","allows":' || allows || '}]', 'null', FALSE, accepted, 0, accepted, accepted, accepted, 1 FROM agreements;
INSERT INTO consents
SELECT id, party, id, 'agreed', 'null', accepted, accepted, '', CASE WHEN how IN ('', 'portal', 'paper', 'mail', 'contract', 'import') THEN how ELSE 'other' END,
    'self', CASE WHEN how IN ('portal', 'paper', 'mail', 'contract', 'import') THEN '' ELSE how END, '', 1
FROM agreements;
INSERT INTO consents
SELECT substr(id, 1, 35) || CASE substr(id, 36, 1) WHEN '0' THEN '1' ELSE '0' END, party, id, 'withdrawn', 'null', withdrawn, withdrawn, '', '', 'self', '', '', 1
FROM agreements WHERE withdrawn > 0;
INSERT INTO standings
SELECT c.party, t.document, c.terms, c.act, c.at FROM consents c JOIN terms t ON t.id = c.terms
WHERE c.id = (SELECT last.id FROM consents last JOIN terms of ON of.id = last.terms
    WHERE last.party = c.party AND of.document = t.document ORDER BY last.at DESC, last.id DESC LIMIT 1);
DROP TABLE agreements;

-- +goose Down
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
DROP TABLE questions;
DROP TABLE principals;
DROP TABLE receipts;
DROP TABLE standings;
DROP TABLE consents;
DROP TABLE terms_texts;
DROP TABLE terms;
