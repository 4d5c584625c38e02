//go:build cgo && duckdb

package duckdb

import (
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// engine is a DuckDB in memory that writes. It is used by its C interface,
// since database/sql and the Appender above it take a call for each value; one
// goroutine at a time uses it.
type engine struct {
	db   mapping.Database
	conn mapping.Connection
	room mapping.DataChunk
}

func openEngine(settings ...string) (*engine, error) {
	e := &engine{}
	var why string
	if mapping.OpenExt("", &e.db, mapping.Config{}, &why) == mapping.StateError {
		return nil, fmt.Errorf("open DuckDB: %s", why)
	}
	if mapping.Connect(e.db, &e.conn) == mapping.StateError {
		mapping.Close(&e.db)
		return nil, errors.New("connect to DuckDB")
	}
	var types []mapping.LogicalType
	table := "CREATE TABLE incoming ("
	for i, c := range columns {
		if i > 0 {
			table += ", "
		}
		table += c.name + " " + c.word
		types = append(types, mapping.CreateLogicalType(c.kind))
	}
	e.room = mapping.CreateDataChunk(types)
	for i := range types {
		mapping.DestroyLogicalType(&types[i])
	}
	for _, s := range append(settings, table+")") {
		if _, err := e.exec(s); err != nil {
			e.close()
			return nil, err
		}
	}
	return e, nil
}

// exec has a statement done, and tells how many rows it wrote.
func (e *engine) exec(statement string) (uint64, error) {
	var r mapping.Result
	state := mapping.Query(e.conn, statement, &r)
	defer mapping.DestroyResult(&r)
	if state == mapping.StateError {
		return 0, errors.New(mapping.ResultError(&r))
	}
	return uint64(mapping.RowsChanged(&r)), nil
}

// clear forgets the rows that were taken.
func (e *engine) clear() error {
	_, err := e.exec("TRUNCATE incoming")
	return err
}

func (e *engine) close() {
	mapping.DestroyDataChunk(&e.room)
	mapping.Disconnect(&e.conn)
	mapping.Close(&e.db)
}
