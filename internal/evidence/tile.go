package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"

	"candor"
)

// maxTiles is the size of the largest bundle of entries, in bytes.
const maxTiles = layout.EntryBundleWidth * (MaxEntry + 2)

// files reads the files of a tree: C2SP tlog-tiles.
type files struct{ root string }

func (f files) checkpoint() ([]byte, error) {
	return readFile(filepath.Join(f.root, layout.CheckpointPath), maxCheckpoint)
}

// ReadTile reads a tile. It is a client.TileFetcherFunc.
func (f files) ReadTile(_ context.Context, level, index uint64, partial uint8) ([]byte, error) {
	return f.read(partial, layout.TileWidth*len(Digest{}), func(p uint8) string { return layout.TilePath(level, index, p) })
}

// entries reads the entries of one bundle that a tree of that size has.
func (f files) entries(_ context.Context, bundle, size uint64) ([][]byte, error) {
	partial := layout.PartialTileSize(0, bundle, size)
	data, err := f.read(partial, maxTiles, func(p uint8) string { return layout.EntriesPath(bundle, p) })
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	var b api.EntryBundle
	if err := b.UnmarshalText(data); err != nil {
		return nil, fmt.Errorf("entries of bundle %d: %w: %w", bundle, candor.ErrInvalid, err)
	}
	want := int(partial)
	if want == 0 {
		want = layout.EntryBundleWidth
	}
	if len(b.Entries) < want {
		return b.Entries, fmt.Errorf("bundle %d has %d entries, not %d: %w", bundle, len(b.Entries), want, candor.ErrInvalid)
	}
	return b.Entries[:want], nil
}

// read reads a partial file or, if that is gone, the full one that has taken
// its place.
func (f files) read(partial uint8, limit int, name func(partial uint8) string) ([]byte, error) {
	data, err := readFile(filepath.Join(f.root, name(partial)), int64(limit))
	if partial > 0 && errors.Is(err, fs.ErrNotExist) {
		return readFile(filepath.Join(f.root, name(0)), int64(limit))
	}
	return data, err
}
