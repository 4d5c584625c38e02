-- What assets had when: host names, addresses, owners. until is 0 while it lasts.

-- +goose Up
CREATE TABLE hosts_history (
    asset TEXT NOT NULL REFERENCES assets (id),
    host  TEXT NOT NULL, -- in lower case
    since BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX hosts_history_host ON hosts_history (host, since);
CREATE INDEX hosts_history_asset ON hosts_history (asset, until);

CREATE TABLE addresses_history (
    asset  TEXT NOT NULL REFERENCES assets (id),
    prefix TEXT NOT NULL, -- as 192.0.2.1/32
    since  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);
CREATE INDEX addresses_history_prefix ON addresses_history (prefix, since);
CREATE INDEX addresses_history_asset ON addresses_history (asset, until);

CREATE TABLE owners_history (
    asset TEXT NOT NULL REFERENCES assets (id),
    owner TEXT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX owners_history_asset ON owners_history (asset, until);

INSERT INTO owners_history (asset, owner, since, until) SELECT id, owner, created, 0 FROM assets;
INSERT INTO hosts_history (asset, host, since, until)
    SELECT h.asset, h.host, a.created, CASE WHEN a.retired THEN a.updated ELSE 0 END FROM hosts h JOIN assets a ON a.id = h.asset;

-- Who has a mail address is asked by it.
CREATE TABLE mails (
    party TEXT NOT NULL REFERENCES parties (id),
    mail  TEXT NOT NULL, -- in lower case
    PRIMARY KEY (mail, party)
);
CREATE INDEX mails_party ON mails (party);

-- +goose Down
DROP TABLE mails;
DROP TABLE owners_history;
DROP TABLE addresses_history;
DROP TABLE hosts_history;
