-- What parties ask about terms, or complain of, is a case of the desk, which has
-- no asset. The questions that were kept become such cases under their own
-- identifiers: an open one is new, one that was answered is closed.

-- +goose Up
DROP INDEX cases_joined;
DROP INDEX cases_asset;
DROP INDEX cases_window;
-- SQLite can take a reference from a column in no other way.
ALTER TABLE cases RENAME COLUMN asset TO asset_before;
ALTER TABLE cases ADD COLUMN asset TEXT NOT NULL DEFAULT ''; -- empty for what is about terms
UPDATE cases SET asset = asset_before;
ALTER TABLE cases DROP COLUMN asset_before;
CREATE UNIQUE INDEX cases_joined ON cases (asset, class, good) WHERE is_open AND asset <> '';
CREATE INDEX cases_asset ON cases (asset, updated, id);
CREATE INDEX cases_window ON cases (opened, party, class, asset, state, closed, good);
CREATE INDEX cases_asked ON cases (due, id, is_open, party) WHERE asset = '';
CREATE INDEX deadlines_answered ON deadlines (ended, started) WHERE rule = 'terms-answer';

INSERT INTO cases (id, number, asset, party, class, nature, severity, confidence, state, is_open, title, assignee, open_findings, findings, due, opened, updated, closed, version, good)
SELECT id, (SELECT COALESCE(MAX(number), 0) FROM cases) + ROW_NUMBER() OVER (ORDER BY id), '', party, CASE kind WHEN 'complaint' THEN 'terms/complaint' ELSE 'terms/question' END, '',
    CASE kind WHEN 'complaint' THEN 1 ELSE 0 END, 100, CASE state WHEN 'answered' THEN 'closed' ELSE 'new' END, state <> 'answered',
    CASE kind WHEN 'complaint' THEN 'Complaint about terms' ELSE 'Question about terms' END || CASE document WHEN '' THEN '' ELSE ': ' || document END,
    '', 0, 0, CASE state WHEN 'answered' THEN 0 ELSE due END, created, CASE WHEN done > 0 THEN done ELSE created END, done, 1, FALSE
FROM questions;
INSERT INTO search (kind, id, party, title, words)
SELECT 'case', id, party, 'C-' || number || ' ' || title, lower('c ' || number || ' ' || number || ' ' || replace(replace(title, ':', ''), '-', ' ') || ' ' || replace(class, '/', ' '))
FROM cases WHERE asset = '';
INSERT INTO events (id, case_id, at, kind, actor, public, text, details)
SELECT id, id, created, 'question', 'customer:' || party, TRUE, text, '{"document":"' || replace(replace(document, '\', ''), '"', '') || '","clause":"' || replace(replace(clause, '\', ''), '"', '') || '"}' FROM questions;
INSERT INTO events (id, case_id, at, kind, actor, public, text, details)
SELECT substr(id, 1, 35) || CASE substr(id, 36, 1) WHEN '0' THEN '1' ELSE '0' END, id, done, 'answer',
    'user:' || COALESCE((SELECT MIN(u.id) FROM users u WHERE u.name = questions.by AND u.party = ''), questions.by), TRUE, answer, '' FROM questions WHERE state = 'answered';
INSERT INTO deadlines (id, case_id, rule, state, started, warn, due, ended, warned, told)
SELECT id, id, 'terms-answer', CASE WHEN state <> 'answered' THEN 'running' WHEN done <= due THEN 'met' ELSE 'missed' END, created, due - 172800000000, due, done,
    state = 'answered', state = 'answered' FROM questions;
DROP TABLE questions;

-- +goose Down
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
