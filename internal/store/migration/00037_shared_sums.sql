-- How many objects each member has in a collection of TAXII: they were counted each
-- time that one was added.

-- +goose Up
CREATE TABLE taxii_sums (
    collection TEXT NOT NULL, -- with its root
    author     TEXT NOT NULL,
    objects    BIGINT NOT NULL,
    PRIMARY KEY (collection, author)
);
INSERT INTO taxii_sums (collection, author, objects) SELECT collection, author, COUNT(*) FROM taxii_objects GROUP BY collection, author;

-- +goose Down
DROP TABLE taxii_sums;
