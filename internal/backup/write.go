package backup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
)

const (
	blobsFolder = "blobs"
	mostKey     = 64 << 10 // of a key file
)

// Write writes an archive of all that s has, while others change it, and says
// what is in it. What was written of a backup that failed is not whole, and
// Restore refuses it. Keys without recipients are candor.ErrDenied.
func Write(ctx context.Context, w io.Writer, s Source) (Report, error) {
	if len(s.Keys) > 0 && len(s.Recipients) == 0 {
		return Report{}, candor.WithHint(fmt.Errorf("a backup with keys that is not encrypted: %w", candor.ErrDenied),
			"Name recipients (age), or leave the keys out and keep them elsewhere.")
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	report := Report{Head: Head{Format: Format, Made: s.Clock().UTC().Truncate(time.Second), Program: s.Program, Database: s.Database.Kind()}, Rows: map[string]int64{}}
	out, err := newWriter(w, s.Recipients, &report)
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	for _, part := range []func(context.Context, *writer, Source) error{writeDatabase, writeLog, writeVault, writeKeys} {
		if err := part(ctx, out, s); err != nil {
			return Report{}, fmt.Errorf("backup: %w", err)
		}
	}
	if err := out.close(); err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	return report, nil
}

func writeDatabase(ctx context.Context, w *writer, s Source) error {
	d, err := dialectOf(s.Database)
	if err != nil {
		return err
	}
	return s.Database.Snapshot(ctx, func(tx *sql.Tx) error {
		if w.report.Entries > 0 {
			return errors.New("the database asked for a second attempt")
		}
		var err error
		if w.report.Head.Schema, err = schema(ctx, tx); err != nil {
			return err
		}
		head, err := json.Marshal(w.report.Head)
		if err != nil {
			return err
		}
		if err := w.bytes(headName, head); err != nil {
			return err
		}
		tables, err := d.tablesOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if w.report.Rows[t], err = d.dump(ctx, tx, w, t); err != nil {
				return fmt.Errorf("table %s: %w", t, err)
			}
		}
		if w.report.Jobs, err = d.dumpJobs(ctx, tx, w); err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		return nil
	})
}

func writeLog(ctx context.Context, w *writer, s Source) (err error) {
	if s.Log == "" {
		return nil
	}
	w.report.LogSize, err = dumpLog(ctx, w, s.Log)
	return err
}

// writeVault writes the blobs as they are: encrypted. One that is erased
// meanwhile is left out.
func writeVault(ctx context.Context, w *writer, s Source) error {
	root := filepath.Join(s.Vault, blobsFolder)
	if _, err := os.Stat(root); s.Vault == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !e.Type().IsRegular() || !strings.HasSuffix(name, ".age") {
			return err
		}
		rel, err := filepath.Rel(s.Vault, name)
		if err != nil {
			return err
		}
		return w.blob(vaultPrefix+filepath.ToSlash(rel), name)
	})
}

func (w *writer) blob(entry, name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w.report.Blobs++
	return w.add(entry, info.Size(), f)
}

func writeKeys(_ context.Context, w *writer, s Source) error {
	for _, name := range slices.Sorted(maps.Keys(s.Keys)) {
		content, err := os.ReadFile(s.Keys[name])
		if err != nil {
			return fmt.Errorf("key %s: %w", name, err)
		}
		if len(content) > mostKey || !fs.ValidPath(name) {
			return fmt.Errorf("key %s: too large, or its name is no path: %w", name, candor.ErrInvalid)
		}
		if err := w.bytes(keysPrefix+name, content); err != nil {
			return err
		}
		w.report.Keys = append(w.report.Keys, name)
	}
	return nil
}
