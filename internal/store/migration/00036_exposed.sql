-- Vulnerabilities of what is here are listed in their order, a page at a time;
-- programs are held against what feeds tell name by name.

-- +goose Up
CREATE INDEX exposed_order ON exposed (exploited, mended, cve);
DROP INDEX programs_judged;
CREATE INDEX programs_judged ON programs (judged, name, id);
DROP INDEX vulnerabilities_product;
CREATE INDEX vulnerabilities_product ON vulnerabilities (product, ecosystem) WHERE product <> '';

-- +goose Down
DROP INDEX vulnerabilities_product;
CREATE INDEX vulnerabilities_product ON vulnerabilities (product) WHERE product <> '';
DROP INDEX programs_judged;
CREATE INDEX programs_judged ON programs (judged, id);
DROP INDEX exposed_order;
