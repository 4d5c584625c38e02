package scan

import (
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// directory is an open directory, shared by the walker and by the workers
// that open files in it. The last one to release it closes it.
type directory struct {
	fd   int    // unix.AT_FDCWD for the one that targets are relative to
	path string // as it is shown; empty for the same
	dev  uint64
	ino  uint64
	refs atomic.Int32
	memo *memo // what is known of its files; nil if nothing is remembered
}

func (d *directory) hold() { d.refs.Add(1) }

func (d *directory) release() {
	if d.refs.Add(-1) > 0 {
		return
	}
	if d.memo != nil {
		d.memo.keep(d)
	}
	if d.fd >= 0 {
		unix.Close(d.fd)
	}
}

// entry is a regular file that was seen in a directory.
type entry struct {
	name   string
	ino    uint64 // as seen
	follow bool   // the name may be a link
}

// batch is a run of files of one directory.
type batch struct {
	dir     *directory
	entries []entry
}

const batchSize = 64

var batches = sync.Pool{New: func() any { return &batch{entries: make([]entry, 0, batchSize)} }}

func newBatch(d *directory) *batch {
	b := batches.Get().(*batch)
	d.hold()
	b.dir = d
	return b
}

func (b *batch) free() {
	b.dir.release()
	clear(b.entries)
	b.dir, b.entries = nil, b.entries[:0]
	batches.Put(b)
}

// dirent is one directory entry as getdents64(2) gives it.
type dirent struct {
	name string
	ino  uint64
	kind uint8 // DT_REG and so on
}

// readBlock reads the next entries of an open directory; none at its end.
// "." and ".." are left out, so a block may be empty before the end: more
// tells. All names of a block share one allocation.
func readBlock(fd int, buf []byte, entries []dirent) (_ []dirent, more bool, err error) {
	n, err := unix.Getdents(fd, buf)
	for err == unix.EINTR {
		n, err = unix.Getdents(fd, buf)
	}
	if err != nil || n == 0 {
		return entries, false, err
	}
	block := string(buf[:n])
	const nameAt = 19 // after ino (8), off (8), reclen (2), type (1)
	for at := 0; at+nameAt <= n; {
		length := int(binary.NativeEndian.Uint16(buf[at+16:]))
		if length < nameAt || at+length > n {
			return entries, false, unix.EIO
		}
		name := block[at+nameAt : at+length]
		if end := strings.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		if ino := binary.NativeEndian.Uint64(buf[at:]); name != "." && name != ".." {
			entries = append(entries, dirent{name: name, ino: ino, kind: buf[at+18]})
		}
		at += length
	}
	return entries, true, nil
}
