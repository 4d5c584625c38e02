//go:build cgo && duckdb

package duckdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/batch"
	"candor/internal/flow/archive/statement"
)

// How files are written. Sorted by line and port, what a line did lies together: it
// takes less room, and is found and added up in less time. Groups of rows are so
// small that a slice of the lines is in few of them.
const (
	form  = "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880)"
	order = " ORDER BY line, port"
)

// run writes what waits, and keeps the folder in order, until it is stopped.
func (a *Archive) run() {
	defer close(a.done)
	tick := time.NewTicker(a.o.Every)
	defer tick.Stop()
	var room []batch.Row
	for {
		select {
		case <-a.stop:
			a.write(room)
			return
		case <-tick.C:
		case <-a.queue.Ready():
		}
		room = a.write(room)
		if err := a.tidy(a.stop); err != nil {
			a.o.Log.Error("the flow archive is not kept in order; it is tried again", "error", err)
		}
	}
}

// write writes what waits, and gives its room back.
func (a *Archive) write(room []batch.Row) []batch.Row {
	rows := a.queue.Take(room)
	lost := 0
	if len(rows) > 0 {
		if err := a.flush(rows); err != nil {
			lost = len(rows)
			a.o.Log.Error("flows are not written to the archive, and lost", "flows", lost, "error", err)
		}
	}
	a.queue.Done(len(rows), lost)
	return rows
}

// flush writes rows as one batch: once its file has its name it is there, and
// stays whatever happens.
func (a *Archive) flush(rows []batch.Row) error {
	var missing []candor.ID
	f := file{tier: archive.Raw, hour: a.o.Clock().UTC().Truncate(time.Hour), first: a.next, last: a.next, from: rows[0].Ended, until: rows[0].Ended}
	seen := map[candor.ID]bool{}
	for i := range rows {
		f.from, f.until = min(f.from, rows[i].Ended), max(f.until, rows[i].Ended)
		for _, id := range []candor.ID{rows[i].Line, rows[i].Other} {
			if _, ok := a.lines.number(id); !ok && !seen[id] {
				seen[id] = true
				missing = append(missing, id)
			}
		}
	}
	if len(missing) > 0 {
		if err := a.lines.add(missing); err != nil {
			return err
		}
	}
	if err := a.written.clear(); err != nil {
		return err
	}
	if err := a.written.take(rows, a.lines); err != nil {
		return err
	}
	f, err := a.store(f, "SELECT * FROM incoming"+order)
	if err != nil {
		return err
	}
	a.next++
	if err := a.written.clear(); err != nil {
		a.o.Log.Error("rows that were written stay in memory for now", "error", err)
	}
	if err := a.minute(f); err != nil {
		a.o.Log.Error("minutes of flows are not added up; it is tried again", "error", err)
	}
	return nil
}

// minute adds up the rows of a raw file by minute.
func (a *Archive) minute(raw file) error {
	f := raw
	f.tier, f.from, f.until = archive.Minute, floor(raw.from, archive.Minute), floor(raw.until, archive.Minute)
	_, err := a.store(f, sums(archive.Minute, paths(a.o.Dir, []file{raw}), "count(*)"))
	return err
}

// floor is the beginning of the sum that a time belongs to.
func floor(at int64, t archive.Tier) int64 { return at - at%length(t).Microseconds() }

// sums words how rows become sums. Flows say what is counted.
func sums(t archive.Tier, files []string, flows string) string {
	return fmt.Sprintf(`SELECT ended - ended %% %d AS ended, %s, least(sum(bytes), %[3]d)::BIGINT AS bytes, least(sum(packets), %[3]d)::BIGINT AS packets, (%[4]s)::BIGINT AS flows
		FROM %[5]s GROUP BY ALL`+order, length(t).Microseconds(), statement.Kept, int64(1<<62), flows, readParquet(files))
}

// store has DuckDB write a file, and gives it its name when it is whole and on
// disk.
func (a *Archive) store(f file, query string) (file, error) {
	part := filepath.Join(a.o.Dir, unfinished, string(f.tier)+ending)
	rows, err := a.written.exec(fmt.Sprintf("COPY (%s) TO %s %s", query, quote(part), form))
	if err != nil {
		return f, errors.Join(err, os.RemoveAll(part))
	}
	f.rows = rows
	if err := settle(part); err != nil {
		return f, err
	}
	folder := filepath.Join(a.o.Dir, f.folder())
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return f, err
	}
	if err := os.Rename(part, filepath.Join(a.o.Dir, f.name())); err != nil {
		return f, err
	}
	return f, errors.Join(settle(folder), settle(filepath.Dir(folder)))
}

// settle has a file or a folder on disk.
func settle(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
