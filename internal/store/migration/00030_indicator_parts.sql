-- Which parts of a feed, such as events of MISP, gave what: so that what one of them
-- gives no more is gone, unless another does.

-- +goose Up
CREATE TABLE indicator_parts (
    feed      TEXT NOT NULL,
    part      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    value     TEXT NOT NULL,
    reference TEXT NOT NULL, -- by which this part knows it
    kept      BIGINT NOT NULL, -- by the turn of this time
    PRIMARY KEY (feed, part, kind, value)
);
CREATE INDEX indicator_parts_value ON indicator_parts (feed, kind, value);

-- +goose Down
DROP TABLE indicator_parts;
