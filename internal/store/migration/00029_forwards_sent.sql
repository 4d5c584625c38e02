-- How much was passed on lately is counted along the time, not along the holders.

-- +goose Up
DROP INDEX forwards_holder;
CREATE INDEX forwards_sent ON forwards (sent, holder) WHERE sent > 0;

-- +goose Down
DROP INDEX forwards_sent;
CREATE INDEX forwards_holder ON forwards (holder, sent) WHERE sent > 0;
