package dotnet

import (
	"bytes"
	"fmt"

	"candor/engine/module/pe/image"
)

const (
	cliHeaderSize    = 72
	metadataMagic    = 'B' | 'S'<<8 | 'J'<<16 | 'B'<<24
	metadataHeader   = 16 // up to the version
	maxVersionLength = 255
	streamNameSize   = 32
	streamHeaderSize = 8
	maxGUIDs         = 16
	guidSize         = 16
	maxNameLength    = 1024
	// maxUserStrings bounds user_strings. libyara has no bound.
	maxUserStrings = 1 << 20
)

// assembly is the metadata of one file and what has been read of it so far.
type assembly struct {
	*image.Image
	root      int64 // of the metadata
	resources int64 // offset of the embedded resources, -1 if it is nowhere
	version   []byte
	counted   bool // whether the number of streams is there
	streams   []stream
	guid      *stream
	us        *stream
	tilde     *stream
	strings   heap
	blobs     heap

	tables  lazy[*tables]
	user    lazy[userStrings]
	refs    lazy[[]assemblyRef]
	res     lazy[[]resource]
	typelib lazy[[]byte]
	classes lazy[[]*class]
}

// stream is a part of the metadata. size is what it claims.
type stream struct {
	name   []byte
	offset int64 // in the file
	size   uint32
}

// heap is a stream that tables point into.
type heap struct {
	offset int64
	size   uint32
	found  bool
}

// open finds the root of the metadata. It is not ok for files that are no
// assemblies.
func open(m *image.Image) (*assembly, bool) {
	address, _ := m.Directory(image.DirectoryCLR)
	cli := m.Offset(uint64(address))
	if !m.Fits(cli, cliHeaderSize) || m.U32(cli) != cliHeaderSize {
		return nil, false
	}
	a := &assembly{Image: m, root: m.Offset(uint64(m.U32(cli + 8)))}
	if !m.Fits(a.root, metadataHeader) || m.U32(a.root) != metadataMagic {
		return nil, false
	}
	length := int64(m.U32(a.root + 12))
	if length == 0 || length > maxVersionLength || length%4 != 0 || !m.Fits(a.root+metadataHeader, length) {
		return nil, false
	}
	if m.Wide && m.DeclaredDirectories() < image.DirectoryCLR {
		return nil, false
	}
	if version, ok := m.CString(a.root+metadataHeader, length); ok {
		a.version = version
	}
	a.resources = m.Offset(uint64(m.U32(cli + 24)))
	a.readStreams(a.root + metadataHeader + length + 2)
	return a, true
}

// readStreams reads the stream headers, of which the number stands at an
// offset. Only its low byte counts: so libyara has it.
func (a *assembly) readStreams(at int64) {
	if !a.Fits(at, 2) {
		return
	}
	a.counted = true
	n := a.U8(at)
	at += 2
	for range n {
		name, ok := a.CString(at+streamHeaderSize, streamNameSize)
		if !ok || !a.Fits(at+streamHeaderSize, streamNameSize) {
			return
		}
		s := stream{name, a.root + int64(a.U32(at)), a.U32(at + 4)}
		a.streams = append(a.streams, s)
		a.assign(&s)
		at += streamHeaderSize + int64(len(name)) + 4 - int64(len(name))%4
	}
}

// assign takes note of the streams that are read further: the first of each
// name, but the last of GUIDs.
func (a *assembly) assign(s *stream) {
	is := func(prefix string) bool { return bytes.HasPrefix(s.name, []byte(prefix)) }
	switch {
	case (is("#~") || is("#-")) && a.tilde == nil:
		a.tilde = s
	case is("#GUID"):
		a.guid = s
	case is("#Strings") && !a.strings.found:
		a.strings = heap{s.offset, s.size, true}
	case is("#Blob") && !a.blobs.found:
		a.blobs = heap{s.offset, s.size, true}
	case is("#US") && a.us == nil:
		a.us = s
	}
}

// guids gives the GUIDs in their usual form.
func (a *assembly) guids() (all [][]byte) {
	if a.guid == nil {
		return nil
	}
	for i := range min(int64(a.guid.size)/guidSize, maxGUIDs) {
		at := a.guid.offset + i*guidSize
		b := a.Bytes(at, guidSize)
		if b == nil {
			break
		}
		all = append(all, fmt.Appendf(nil, "%08x-%04x-%04x-%x-%x", a.U32(at), a.U16(at+4), a.U16(at+6), b[8:10], b[10:]))
	}
	return all
}

// name gives the string at an index of the heap of strings, nil if there is
// none or it is too long.
func (a *assembly) name(index uint32) []byte {
	if index >= a.strings.size {
		return nil
	}
	s, ok := a.CString(a.strings.offset+int64(index), maxNameLength+1)
	if !ok {
		return nil
	}
	return s
}

// blobAt gives the blob at an offset in the file, and where it begins (ECMA-335,
// II.24.2.4). It is not ok if it does not fit in the file.
func (a *assembly) blobAt(at int64) (blob []byte, start int64, ok bool) {
	first := a.U8(at)
	var size, length int64
	switch {
	case !a.Fits(at, 1):
		return nil, 0, false
	case first&0x80 == 0:
		size, length = 1, int64(first)
	case first&0xc0 == 0x80 && a.Fits(at, 2):
		size, length = 2, int64(first&0x3f)<<8|int64(a.U8(at+1))
	case first&0xe0 == 0xc0 && a.Fits(at, 5):
		size = 4
		length = int64(first&0x1f)<<24 | int64(a.U8(at+1))<<16 | int64(a.U8(at+2))<<8 | int64(a.U8(at+3))
	default:
		return nil, 0, false
	}
	blob = a.Bytes(at+size, length)
	return blob, at + size, blob != nil
}

// blob gives the blob at an index of the heap of blobs.
func (a *assembly) blob(index uint32) (blob []byte, ok bool) {
	blob, _, ok = a.blobAt(a.blobs.offset + int64(index))
	return blob, ok
}

// insideFile tells whether a blob ends before the last byte of the file, which
// libyara wants of some.
func (a *assembly) insideFile(index uint32) bool {
	blob, start, ok := a.blobAt(a.blobs.offset + int64(index))
	return ok && start+int64(len(blob)) < a.Size()
}

// userStrings are the literals of the program's code, as UTF-16LE. present
// tells whether there is a place for them.
type userStrings struct {
	present bool
	list    [][]byte
}

func (a *assembly) userStrings() userStrings {
	return a.user.get(func() (u userStrings) {
		if a.us == nil || a.us.size == 0 || !a.Fits(a.us.offset, int64(a.us.size)) || a.U8(a.us.offset) != 0 {
			return u
		}
		u.present = true
		end := a.us.offset + int64(a.us.size)
		for at := a.us.offset + 1; at < end && len(u.list) < maxUserStrings; {
			s, start, ok := a.blobAt(at)
			if !ok {
				break
			}
			at = start
			// The last byte only tells whether a string has special characters.
			// libyara does not skip it where there is nothing before it.
			if len(s) > 1 {
				s = s[: len(s)-1 : len(s)-1]
				u.list = append(u.list, s)
				at += int64(len(s))
			}
		}
		return u
	})
}
