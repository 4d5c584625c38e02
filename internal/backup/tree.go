package backup

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/transparency-dev/tessera/api/layout"

	"candor"
)

const (
	treeFolder = "tlog"
	treeState  = treeFolder + "/.state/treeState" // Tessera's: size and root of all that is in the tree
	publicKey  = "log.pub"
)

// dumpLog writes the evidence log as a tree of one size, while others append.
//
// The checkpoint is read first and the state next, so that the checkpoint
// covers no more than the state. All tiles of a tree of that size are there by
// then; what is appended meanwhile is left out, so that whoever goes on from
// the copy finds nothing that it did not write. Where a partial tile has been
// replaced by a greater one, its beginning is what the partial one was.
func dumpLog(ctx context.Context, w *writer, dir string) (size uint64, err error) {
	t := &tree{w: w, dir: dir}
	checkpoint, err := os.ReadFile(t.path(treeFolder, layout.CheckpointPath))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	state, err := os.ReadFile(t.path(treeState))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // nothing was ever appended
	}
	if err != nil {
		return 0, err
	}
	var s struct{ Size uint64 }
	if err := json.Unmarshal(state, &s); err != nil {
		return 0, fmt.Errorf("state of the tree: %w: %w", candor.ErrInvalid, err)
	}
	if n, err := checkpointSize(checkpoint); err != nil || n > s.Size {
		return 0, fmt.Errorf("the checkpoint covers more than the tree has, or cannot be read: %w", candor.ErrInvalid)
	}
	if err := t.tiles(ctx, s.Size); err != nil {
		return 0, err
	}
	for _, name := range []string{publicKey, treeFolder + "/.state/version"} {
		content, err := os.ReadFile(t.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if err := w.bytes(logPrefix+name, content); err != nil {
			return 0, err
		}
	}
	if err := w.bytes(logPrefix+treeState, state); err != nil {
		return 0, err
	}
	if len(checkpoint) == 0 {
		return s.Size, nil
	}
	return s.Size, w.bytes(logPrefix+treeFolder+"/"+layout.CheckpointPath, checkpoint)
}

// checkpointSize reads the size from the second line: C2SP tlog-checkpoint.
func checkpointSize(text []byte) (uint64, error) {
	if len(text) == 0 {
		return 0, nil
	}
	parts := bytes.SplitN(text, []byte("\n"), 3)
	if len(parts) < 3 {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(string(parts[1]), 10, 64)
}

// tree is an evidence log that is being copied.
type tree struct {
	w   *writer
	dir string
}

func (t *tree) path(elements ...string) string {
	return filepath.Join(append([]string{t.dir}, elements...)...)
}

// tiles writes all tiles of a tree of that size, and the bundles of entries.
func (t *tree) tiles(ctx context.Context, size uint64) error {
	for index := range tileCount(size) {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := layout.PartialTileSize(0, index, size)
		if err := t.tile(layout.EntriesPath(index, p), layout.EntriesPath(index, 0), p, cutBundle); err != nil {
			return err
		}
	}
	for level, n := uint64(0), size; n > 0; level, n = level+1, n/layout.TileWidth {
		for index := range tileCount(n) {
			if err := ctx.Err(); err != nil {
				return err
			}
			p := layout.PartialTileSize(level, index, size)
			if err := t.tile(layout.TilePath(level, index, p), layout.TilePath(level, index, 0), p, cutTile); err != nil {
				return err
			}
		}
	}
	return nil
}

// tileCount gives how many tiles n nodes of a level need.
func tileCount(n uint64) uint64 { return (n + layout.TileWidth - 1) / layout.TileWidth }

// tile writes one tile. If a partial one is gone, a full one has its content.
func (t *tree) tile(name, full string, partial uint8, cut func([]byte, int) ([]byte, error)) error {
	content, err := os.ReadFile(t.path(treeFolder, name))
	if partial > 0 && errors.Is(err, fs.ErrNotExist) {
		if content, err = os.ReadFile(t.path(treeFolder, full)); err == nil {
			content, err = cut(content, int(partial))
		}
	}
	if err != nil {
		return fmt.Errorf("evidence log: %w", err)
	}
	return t.w.bytes(logPrefix+treeFolder+"/"+name, content)
}

var errShort = fmt.Errorf("it is shorter than it should be: %w", candor.ErrInvalid)

// cutTile gives the first hashes of a tile.
func cutTile(b []byte, n int) ([]byte, error) {
	if len(b) < n*32 {
		return nil, errShort
	}
	return b[:n*32], nil
}

// cutBundle gives the first entries of a bundle: each has its length before
// it, two bytes (C2SP tlog-tiles).
func cutBundle(b []byte, n int) ([]byte, error) {
	at := 0
	for range n {
		if len(b) < at+2 {
			return nil, errShort
		}
		if at += 2 + int(binary.BigEndian.Uint16(b[at:])); len(b) < at {
			return nil, errShort
		}
	}
	return b[:at], nil
}
