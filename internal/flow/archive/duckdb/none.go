//go:build !cgo || !duckdb

package duckdb

import (
	"errors"

	"candor"
	"candor/internal/flow/archive"
)

// Built tells whether the program has DuckDB.
const Built = false

// Archive is none.
type Archive struct {
	archive.Writer
	archive.Reader
}

// Open fails.
func Open(Options) (*Archive, error) {
	return nil, candor.WithHint(errors.New("this program was built without DuckDB"), "Build it with g++ (make build), or set traffic.archive.kind to none or clickhouse.")
}
