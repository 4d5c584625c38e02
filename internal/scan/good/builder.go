package good

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
)

// Builder makes a list, or changes one. One goroutine at a time may use it.
type Builder struct {
	origins []Origin
	rows    []row
	strings []byte
	places  map[string]uint32
	from    fs.FileInfo // of the list that is changed; nil if there was none
}

// NewBuilder makes a Builder of an empty list.
func NewBuilder() *Builder {
	return &Builder{strings: []byte{0}, places: map[string]uint32{"": 0}}
}

// Change makes a Builder of the list in a file; of an empty one if there is no
// such file.
func Change(ctx context.Context, name string) (*Builder, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return NewBuilder(), nil
	}
	if err != nil {
		return nil, err
	}
	l, err := Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if l.isText {
		return nil, candor.WithHint(fmt.Errorf("%s is a text, and is left as it is: %w", name, candor.ErrInvalid), "Edit it, or name another list and add it there with --sums.")
	}
	b := NewBuilder()
	b.from = info
	if err := b.take(l); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// take adds all of a list.
func (b *Builder) take(l *List) error {
	b.origins = slices.Clone(l.origins)
	b.rows = make([]row, 0, l.entries)
	for i := range l.entries {
		r, err := l.row(i)
		if err != nil {
			return err
		}
		if int64(r.origin) >= int64(len(b.origins)) {
			return damaged("an entry has no origin")
		}
		name, err := l.text(r.path)
		if err != nil {
			return err
		}
		if r.path, err = b.place(name); err != nil {
			return err
		}
		b.rows = append(b.rows, r)
	}
	return nil
}

// place gives the place of a string, and adds it if it is new.
func (b *Builder) place(s string) (uint32, error) {
	if at, ok := b.places[s]; ok {
		return at, nil
	}
	at := len(b.strings)
	if at+len(s)+binary.MaxVarintLen32 > mostStrings {
		return 0, candor.WithHint(fmt.Errorf("the paths have more than 4 GB: %w", candor.ErrInvalid), "Spread them over several lists.")
	}
	b.strings = binary.AppendUvarint(b.strings, uint64(len(s)))
	b.strings = append(b.strings, s...)
	b.places[s] = uint32(at)
	return uint32(at), nil
}

// Origin gives the number of the origin with a name, and adds it if it is new.
func (b *Builder) Origin(name string, now time.Time) (uint32, error) {
	if at := slices.IndexFunc(b.origins, func(o Origin) bool { return o.Name == name }); at >= 0 {
		return uint32(at), nil
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > mostName || len(b.origins) == mostOrigins {
		return 0, candor.WithHint(fmt.Errorf("%.40q cannot be the name of an origin: %w", name, candor.ErrInvalid),
			fmt.Sprintf("Give a name of at most %d bytes, such as \"wordpress 6.4.2\".", mostName))
	}
	b.origins = append(b.origins, Origin{Name: candor.TextPath(name), Added: now.UTC().Truncate(time.Second)})
	return uint32(len(b.origins) - 1), nil
}

// Add adds a content of an origin, and where it lies in there.
func (b *Builder) Add(origin uint32, d Digest, name string) error {
	if d == empty {
		return nil // says nothing
	}
	name = candor.TextPath(name)
	if len(name) > mostPath {
		name = strings.ToValidUTF8(name[len(name)-mostPath:], "")
	}
	at, err := b.place(name)
	if err != nil {
		return err
	}
	b.rows = append(b.rows, row{d, origin, at})
	return nil
}

// empty is the content of no bytes.
var empty = Digest(sha256.Sum256(nil))

// Remove takes the origins out whose names match a glob, and tells how many.
func (b *Builder) Remove(glob string) (int, error) {
	moved, kept := make([]int64, len(b.origins)), b.origins[:0:0]
	for i, o := range b.origins {
		gone, err := path.Match(glob, o.Name)
		if err != nil {
			return 0, fmt.Errorf("%q: %w: %w", glob, candor.ErrInvalid, err)
		}
		if moved[i] = int64(len(kept)); gone || o.Name == glob {
			moved[i] = -1
			continue
		}
		kept = append(kept, o)
	}
	b.rows = slices.DeleteFunc(b.rows, func(r row) bool { return moved[r.origin] < 0 })
	for i, r := range b.rows {
		b.rows[i].origin = uint32(moved[r.origin])
	}
	gone := len(b.origins) - len(kept)
	b.origins = kept
	return gone, nil
}

// finish sorts the entries, leaves one of each content and origin, and counts.
func (b *Builder) finish() {
	slices.SortStableFunc(b.rows, row.compare)
	b.rows = slices.CompactFunc(b.rows, func(x, y row) bool { return x.digest == y.digest && x.origin == y.origin })
	counts := make([]int, len(b.origins))
	for _, r := range b.rows {
		counts[r.origin]++
	}
	for i := range b.origins {
		b.origins[i].Contents = counts[i]
	}
}

// Origins are the origins with what they hold, as they are written.
func (b *Builder) Origins() []Origin {
	b.finish()
	return slices.Clone(b.origins)
}

// WriteTo writes the list.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	b.finish()
	origins, err := json.Marshal(b.origins)
	if err != nil {
		return 0, err
	}
	h := head{Version: version, Origins: uint32(len(origins)), Entries: uint64(len(b.rows)), Strings: uint64(len(b.strings))}
	copy(h.Magic[:], magic)
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 256<<10)
	err = binary.Write(out, binary.LittleEndian, h)
	var line [rowBytes]byte
	for _, r := range b.rows {
		if err == nil {
			_, err = out.Write(r.append(line[:0]))
		}
	}
	for _, rest := range [][]byte{b.strings, origins} {
		if err == nil {
			_, err = out.Write(rest)
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return 0, err
	}
	return h.size(), nil
}

// Save writes the list to a file, whole or not at all. It is candor.ErrChanged
// if the file is another than the one that Change read.
func (b *Builder) Save(name string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".good-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if _, err = b.WriteTo(f); err != nil {
		return err
	}
	mode := fs.FileMode(0o644) // it holds nothing secret, and the desk has to read it
	if b.from != nil {
		mode = b.from.Mode().Perm()
	}
	if err = errors.Join(f.Chmod(mode), f.Sync()); err != nil {
		return err
	}
	if err = b.unchanged(name); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return f.Close()
}

// unchanged tells whether the file is still the one that was read.
func (b *Builder) unchanged(name string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && b.from == nil:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && b.from != nil && os.SameFile(info, b.from) && info.ModTime().Equal(b.from.ModTime()) && info.Size() == b.from.Size():
		return nil
	}
	return candor.WithHint(fmt.Errorf("the list %s: %w", name, candor.ErrChanged), "Somebody else changed it. Do the same once more.")
}
