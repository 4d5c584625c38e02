package unpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// cabinet is a Microsoft cabinet ([MS-CAB]).
type cabinet struct {
	content []byte
	folders []cabFolder
	reserve int  // bytes reserved in each block of data
	lzx     *lzx // of the folder that is being read
}

// cabFolder is a stream that holds members one after another.
type cabFolder struct {
	start  int // of its first block
	blocks int
	method uint16
	files  []cabFile
}

// known tells whether the method is. Quantum is not.
func (f *cabFolder) known() bool {
	switch f.method & 0xf {
	case cabNone, cabMSZIP:
		return true
	case cabLZX:
		return f.window() >= 15 && f.window() <= 21
	}
	return false
}

// window is the size of the window of LZX, as a power of two.
func (f *cabFolder) window() int { return int(f.method >> 8 & 0x1f) }

type cabFile struct {
	name       string
	size, from int64 // in the unpacked folder
}

const (
	cabPrevious = 1 // flags of the header
	cabNext     = 2
	cabReserve  = 4

	cabNone  = 0 // methods, in the lowest four bits; 2 is Quantum
	cabMSZIP = 1
	cabLZX   = 3

	cabMostFolders = 1 << 12
)

// openCab hands over the members of a cabinet. Members that begin in another
// cabinet of a set are unpacked as far as they lie in this one.
func openCab(w *walk, at place, content []byte) error {
	c, files, err := readCabinet(content)
	if err != nil {
		return err
	}
	for range files - c.count() { // of folders that are not there
		if err := w.pass(at); err != nil {
			return err
		}
	}
	for i := range c.folders {
		if err := w.cabFolder(at, c, &c.folders[i]); err != nil {
			return err
		}
	}
	if c.count() < files {
		return damaged("members that lie in no folder")
	}
	return nil
}

func (c *cabinet) count() int {
	n := 0
	for i := range c.folders {
		n += len(c.folders[i].files)
	}
	return n
}

// readCabinet reads the tables of folders and files (2.1 to 2.3), and tells
// how many files the header names.
func readCabinet(content []byte) (*cabinet, int, error) {
	h := cursor{b: content}
	h.take(16)
	first := int64(h.uint32())
	h.take(6)
	folders, files, flags := int(h.uint16()), int(h.uint16()), h.uint16()
	h.take(4)
	c := &cabinet{content: content}
	folderReserve := 0
	if flags&cabReserve != 0 {
		n := h.uint16()
		b := h.take(2)
		if h.short {
			return nil, 0, damaged("the header ends early")
		}
		folderReserve, c.reserve = int(b[0]), int(b[1])
		h.take(uint32(n))
	}
	for _, flag := range []uint16{cabPrevious, cabNext} {
		if flags&flag != 0 { // the names of another cabinet and its disk
			h.text()
			h.text()
		}
	}
	for range min(folders, cabMostFolders) {
		f := cabFolder{start: int(h.uint32()), blocks: int(h.uint16()), method: h.uint16()}
		h.take(uint32(folderReserve))
		if h.short {
			return nil, 0, damaged("the folders end early")
		}
		c.folders = append(c.folders, f)
	}
	if first > int64(len(content)) {
		return nil, 0, damaged("the files are not there")
	}
	c.files(content[first:], files)
	return c, files, nil
}

// files reads the table of files as far as it is good.
func (c *cabinet) files(b []byte, count int) {
	h := cursor{b: b}
	for range count {
		f := cabFile{size: int64(h.uint32()), from: int64(h.uint32())}
		folder := int(h.uint16())
		h.take(6)
		f.name = h.text()
		if h.short {
			return
		}
		switch folder {
		case 0xfffd, 0xffff: // goes on from the cabinet before
			folder = 0
		case 0xfffe: // goes on in the next one
			folder = len(c.folders) - 1
		}
		if folder >= 0 && folder < len(c.folders) {
			c.folders[folder].files = append(c.folders[folder].files, f)
		}
	}
}

// cabFolder hands over the files of a folder. A file that lies before where
// the one before it ended has the folder unpacked again.
func (w *walk) cabFolder(at place, c *cabinet, f *cabFolder) error {
	if method := f.method & 0xf; !f.known() && len(f.files) > 0 {
		w.gap(at, "cab", unsupported(fmt.Sprintf("method %d of cabinets", method)))
		for range f.files {
			if err := w.pass(at); err != nil {
				return err
			}
		}
		return nil
	}
	var r *cabReader
	for _, file := range f.files {
		if r == nil || file.from < r.given {
			r = newCabReader(c, f)
		}
		inner, err := w.enter(at, "cab", file.name)
		if err != nil {
			return err
		}
		if f.method&0xf == cabNone && f.blocks == 1 {
			inner = inner.lies(at)
		}
		if err := w.drain(inner, io.LimitReader(r, file.from-r.given)); err != nil {
			if stopped(err) != nil {
				return errStop
			}
			w.gap(inner, "cab", err)
			continue
		}
		data, err := w.read(inner, io.LimitReader(r, file.size))
		if err == nil && int64(len(data)) < file.size && !w.halted {
			err = damaged("the member ends early")
		}
		w.gap(inner, "cab", err)
		if err := w.show(inner, data); err != nil {
			return err
		}
	}
	return nil
}

// cabBlock is how much a block unpacks to at most.
const cabBlock = 32 << 10

// cabReader unpacks the blocks of a folder (2.4). What a block of MSZIP copies
// from may lie in the one before.
type cabReader struct {
	c     *cabinet
	next  int // place of the next block
	left  int // blocks
	zip   bool
	flate io.Reader
	lzx   *lzx // if that is the method
	room  [2][cabBlock]byte
	used  int // which room the last block is in
	last  []byte
	rest  []byte
	given int64
}

func newCabReader(c *cabinet, f *cabFolder) *cabReader {
	r := &cabReader{c: c, next: f.start, left: f.blocks, zip: f.method&0xf == cabMSZIP}
	if f.method&0xf == cabLZX {
		c.lzx = newLZX(f.window(), c.lzx)
		r.lzx = c.lzx
	}
	return r
}

func (r *cabReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		if err := r.block(); err != nil {
			r.left = 0
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.given += int64(n)
	return n, nil
}

func (r *cabReader) block() error {
	if r.next > len(r.c.content) {
		return damaged("a block is not there")
	}
	h := cursor{b: r.c.content[r.next:]}
	h.uint32() // checksum
	packed, size := h.uint16(), h.uint16()
	h.take(uint32(r.c.reserve))
	if h.short {
		return damaged("a block is not there")
	}
	data := h.b[:min(int(packed), len(h.b))]
	r.next += 8 + r.c.reserve + int(packed)
	if r.lzx != nil {
		if size > cabBlock {
			return errLZX
		}
		var err error
		r.rest, err = r.lzx.decode(data, int(size))
		return err
	}
	if !r.zip {
		r.rest = data
		return nil
	}
	if !bytes.HasPrefix(data, []byte("CK")) {
		return damaged("a block that is none of MSZIP")
	}
	return r.inflate(data[2:])
}

// inflate unpacks a block of MSZIP as far as it is good.
func (r *cabReader) inflate(data []byte) error {
	src := bytes.NewReader(data)
	if r.flate == nil {
		r.flate = flate.NewReaderDict(src, nil)
	} else {
		r.flate.(flate.Resetter).Reset(src, r.last) //nolint:errcheck // it has no error
	}
	r.used = 1 - r.used
	n, err := io.ReadFull(r.flate, r.room[r.used][:])
	r.last = r.room[r.used][:n]
	r.rest = r.last
	if n == 0 && err != nil && err != io.EOF {
		return damaged(err.Error())
	}
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		r.left = 0
	}
	return nil
}
