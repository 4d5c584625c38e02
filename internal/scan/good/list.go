package good

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"candor"
)

// The form of a list, all numbers little-endian:
//
//	"CANDGOOD", version (4 bytes), length of the origins (4), entries (8), length of the strings (8)
//	entries, sorted: SHA-256 (32), number of the origin (4), place of the path in the strings (4)
//	strings: each its length as an unsigned varint, and its bytes; the first is empty
//	origins: JSON
//	SHA-256 of all of that
const (
	magic     = "CANDGOOD"
	version   = 1
	headBytes = 32
	rowBytes  = sha256.Size + 8
	sumBytes  = sha256.Size
)

// errForm says that a file is no list, or a damaged one.
var errForm = fmt.Errorf("not a list of known-good files, or a damaged one: %w", candor.ErrInvalid)

func damaged(why string) error { return fmt.Errorf("%s: %w", why, errForm) }

// List is a list that is open. It is safe for concurrent use.
type List struct {
	at      io.ReaderAt
	close   func() error
	origins []Origin
	entries int64
	strings int64 // bytes
	sum     Digest
	isText  bool
}

// head is what stands before the entries.
type head struct {
	Magic   [8]byte
	Version uint32
	Origins uint32
	Entries uint64
	Strings uint64
}

// size is the length of a list with this head; negative if no file is as long.
func (h head) size() int64 {
	const most = 1 << 50
	if h.Entries > most/rowBytes || h.Strings > mostStrings {
		return -1
	}
	return headBytes + int64(h.Entries)*rowBytes + int64(h.Strings) + int64(h.Origins) + sumBytes
}

// Open opens a list that Builder wrote, or a text that ParseSums reads. What it
// gives does not depend on the file any longer, which somebody may write over:
// it is a copy, in memory if it is small, which was held against its checksum.
func Open(ctx context.Context, name string) (*List, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := open(ctx, f, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

func open(ctx context.Context, f *os.File, name string) (*List, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, damaged("it is no regular file")
	}
	var begin [len(magic)]byte
	if n, err := f.ReadAt(begin[:], 0); err != nil && err != io.EOF {
		return nil, err
	} else if string(begin[:n]) != magic {
		return openText(ctx, f, info, name)
	}
	if _, err := readHead(f, info.Size()); err != nil {
		return nil, err // before anything is copied
	}
	at, closing, err := copied(bounded{ctx, f}, info.Size())
	if err != nil {
		return nil, err
	}
	l, err := read(ctx, at, info.Size(), closing)
	if err != nil {
		return nil, errors.Join(err, closing())
	}
	return l, nil
}

// smallBytes is up to where a list is kept in memory.
const smallBytes = 8 << 20

// copied copies a content of a size: into memory, or into a file that has no
// name and goes with the program.
func copied(in io.Reader, size int64) (_ io.ReaderAt, closing func() error, err error) {
	if size <= smallBytes {
		content := make([]byte, size)
		_, err := io.ReadFull(in, content)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = damaged("it was cut short meanwhile")
		}
		if err != nil {
			return nil, nil, err
		}
		return bytes.NewReader(content), func() error { return nil }, nil
	}
	f, err := os.CreateTemp("", "candor-good-*")
	if err != nil {
		return nil, nil, err
	}
	if err = os.Remove(f.Name()); err == nil {
		_, err = io.CopyN(f, in, size)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, f.Close, nil
}

// readHead reads the head of a list that has a size.
func readHead(at io.ReaderAt, size int64) (h head, err error) {
	if err := binary.Read(io.NewSectionReader(at, 0, size), binary.LittleEndian, &h); err != nil || string(h.Magic[:]) != magic {
		return h, damaged("it does not begin like one")
	}
	if h.Version != version {
		return h, candor.WithHint(fmt.Errorf("it has version %d, and this program knows %d: %w", h.Version, version, candor.ErrInvalid), "Make the list anew with candor good add.")
	}
	if h.size() != size {
		return h, damaged("it has not the length that it says")
	}
	return h, nil
}

// read checks what lies in at, and leaves it there.
func read(ctx context.Context, at io.ReaderAt, size int64, closing func() error) (*List, error) {
	h, err := readHead(at, size)
	if err != nil {
		return nil, err
	}
	l := &List{at: at, close: closing, entries: int64(h.Entries), strings: int64(h.Strings)}
	if err := l.check(ctx, size); err != nil {
		return nil, err
	}
	text := make([]byte, h.Origins)
	if _, err := at.ReadAt(text, size-sumBytes-int64(h.Origins)); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &l.origins); err != nil || len(l.origins) > mostOrigins {
		return nil, damaged("its origins cannot be read")
	}
	return l, nil
}

// check holds the list against its checksum.
func (l *List) check(ctx context.Context, size int64) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, bounded{ctx, io.NewSectionReader(l.at, 0, size-sumBytes)}); err != nil {
		return err
	}
	var want Digest
	if _, err := l.at.ReadAt(want[:], size-sumBytes); err != nil && err != io.EOF {
		return err
	}
	if sum.Sum(l.sum[:0]); l.sum != want {
		return damaged("its checksum is wrong")
	}
	return nil
}

// bounded reads until its context ends.
type bounded struct {
	ctx context.Context
	r   io.Reader
}

func (b bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

// Close closes the list.
func (l *List) Close() error { return l.close() }

// Origins are where its contents come from, by name.
func (l *List) Origins() []Origin { return l.origins }

// Entries is how many pairs of content and origin there are.
func (l *List) Entries() int64 { return l.entries }

// row is one entry.
type row struct {
	digest Digest
	origin uint32
	path   uint32
}

func (r row) append(b []byte) []byte {
	b = append(b, r.digest[:]...)
	b = binary.LittleEndian.AppendUint32(b, r.origin)
	return binary.LittleEndian.AppendUint32(b, r.path)
}

func (r row) compare(o row) int {
	if c := bytes.Compare(r.digest[:], o.digest[:]); c != 0 {
		return c
	}
	return int(int64(r.origin) - int64(o.origin))
}

func parseRow(b []byte) (r row) {
	copy(r.digest[:], b)
	r.origin = binary.LittleEndian.Uint32(b[sha256.Size:])
	r.path = binary.LittleEndian.Uint32(b[sha256.Size+4:])
	return r
}

func (l *List) row(i int64) (row, error) {
	var b [rowBytes]byte
	if _, err := l.at.ReadAt(b[:], headBytes+i*rowBytes); err != nil {
		return row{}, fmt.Errorf("read a list of known-good files: %w", err)
	}
	return parseRow(b[:]), nil
}

// mostOthers bounds how many further origins of a content are counted.
const mostOthers = 1000

// Look tells what a content is known as. Of several origins it gives the one
// that was added first.
func (l *List) Look(d Digest) (m Match, known bool, err error) {
	at := sort.Search(int(l.entries), func(i int) bool {
		r, e := l.row(int64(i))
		if e != nil {
			err = e
		}
		return e != nil || bytes.Compare(r.digest[:], d[:]) >= 0
	})
	for i := int64(at); err == nil && i < l.entries && m.Others < mostOthers; i++ {
		var r row
		if r, err = l.row(i); err != nil || r.digest != d {
			break
		}
		if known {
			m.Others++
			continue
		}
		known = true
		if int64(r.origin) >= int64(len(l.origins)) {
			return m, false, damaged("an entry has no origin")
		}
		m.Origin = l.origins[r.origin].Name
		m.Path, err = l.text(r.path)
	}
	return m, known && err == nil, err
}

// text reads one of the strings.
func (l *List) text(place uint32) (string, error) {
	if int64(place) >= l.strings {
		return "", damaged("a path lies outside of it")
	}
	b := make([]byte, min(binary.MaxVarintLen32+mostPath, l.strings-int64(place)))
	if _, err := l.at.ReadAt(b, headBytes+l.entries*rowBytes+int64(place)); err != nil {
		return "", fmt.Errorf("read a list of known-good files: %w", err)
	}
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return "", damaged("a path lies outside of it")
	}
	return string(b[n : n+int(length)]), nil
}
