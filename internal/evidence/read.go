package evidence

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"

	"candor"
)

// maxCheckpoint is the size of the largest checkpoint, with very many
// cosignatures, in bytes.
const maxCheckpoint = 64 << 10

// Reader reads a log, also while another program appends to it. It is safe for
// concurrent use.
type Reader struct {
	files    files
	verifier note.Verifier
	public   string // the verifier's key as text
	size     func(context.Context) (uint64, error)
}

// Logged is an entry and where it stands in the log.
type Logged struct {
	Index uint64 `json:"index"`
	Entry Entry  `json:"entry"`
}

// OpenReader opens the log in dir to read what its last checkpoint covers.
func OpenReader(dir string) (*Reader, error) {
	public, err := readFile(filepath.Join(dir, publicKeyFile), maxKey)
	if err != nil {
		return nil, fmt.Errorf("evidence log: %w", err)
	}
	key := strings.TrimSpace(string(public))
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("evidence log: public key: %w: %w", candor.ErrInvalid, err)
	}
	r := &Reader{files: files{filepath.Join(dir, treeDir)}, verifier: v, public: key}
	r.size = func(context.Context) (uint64, error) {
		c, err := r.published()
		return c.Size, err
	}
	return r, nil
}

// Key gives the key that checkpoints are verified with, in note format.
func (r *Reader) Key() string { return r.public }

// Origin gives the log's name.
func (r *Reader) Origin() string { return r.verifier.Name() }

// Size gives the number of entries.
func (r *Reader) Size(ctx context.Context) (uint64, error) {
	n, err := r.size(ctx)
	if err != nil {
		return 0, fmt.Errorf("size of the evidence log: %w: %w", candor.ErrUnavailable, err)
	}
	return n, nil
}

// Checkpoint gives the last published checkpoint: a signed note, with the
// cosignatures of witnesses. It may be a moment behind Size.
func (r *Reader) Checkpoint() ([]byte, error) {
	data, err := r.files.checkpoint()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return data, nil
}

func (r *Reader) published() (log.Checkpoint, error) {
	data, err := r.Checkpoint()
	if err != nil {
		return log.Checkpoint{}, err
	}
	return parseCheckpoint(data, r.verifier)
}

// parseCheckpoint reads a checkpoint that v has signed.
func parseCheckpoint(data []byte, v note.Verifier) (log.Checkpoint, error) {
	c, _, _, err := log.ParseCheckpoint(data, v.Name(), v)
	if err != nil {
		return log.Checkpoint{}, fmt.Errorf("checkpoint: %w: %w", candor.ErrInvalid, err)
	}
	return *c, nil
}

// Await waits until the published checkpoint covers size entries.
func (r *Reader) Await(ctx context.Context, size uint64) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if c, err := r.published(); err == nil && c.Size >= size {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no checkpoint covers entry %d yet: %w: %w", size-1, candor.ErrUnavailable, ctx.Err())
		case <-ticker.C:
		}
	}
}

// Since gives the entries from an index on, in order, up to the size that the
// log has when it begins. It ends with the first error.
func (r *Reader) Since(ctx context.Context, index uint64) iter.Seq2[Logged, error] {
	return func(yield func(Logged, error) bool) {
		size, err := r.Size(ctx)
		for index < size && err == nil {
			var raw [][]byte
			if raw, err = r.files.entries(ctx, index/layout.EntryBundleWidth, size); err != nil {
				break
			}
			for _, data := range raw[index%layout.EntryBundleWidth:] {
				e, err := ParseEntry(data)
				if err != nil {
					yield(Logged{}, fmt.Errorf("entry %d: %w", index, err))
					return
				}
				if !yield(Logged{Index: index, Entry: e}, nil) {
					return
				}
				index++
			}
			err = ctx.Err()
		}
		if err != nil {
			yield(Logged{}, err)
		}
	}
}

// Entry gives the entry at an index; candor.ErrNotFound beyond the last.
func (r *Reader) Entry(ctx context.Context, index uint64) (Entry, error) {
	data, err := r.raw(ctx, index)
	if err != nil {
		return Entry{}, err
	}
	return ParseEntry(data)
}

// raw gives an entry's bytes.
func (r *Reader) raw(ctx context.Context, index uint64) ([]byte, error) {
	size, err := r.Size(ctx)
	if err != nil {
		return nil, err
	}
	if index >= size {
		return nil, fmt.Errorf("entry %d of %d: %w", index, size, candor.ErrNotFound)
	}
	raw, err := r.files.entries(ctx, index/layout.EntryBundleWidth, size)
	if err != nil {
		return nil, err
	}
	return raw[index%layout.EntryBundleWidth], nil
}
