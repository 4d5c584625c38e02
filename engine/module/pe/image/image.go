// Package image reads the headers of Windows executables (PE/COFF, as in
// Microsoft's "PE Format") that may be truncated or hostile. Every read is
// checked against the end of the data; none panics.
package image

import "math"

// Indexes of data directories.
const (
	DirectoryExport = iota
	DirectoryImport
	DirectoryResource
	DirectoryException
	DirectorySecurity
	DirectoryBaseReloc
	DirectoryDebug
	DirectoryArchitecture
	DirectoryGlobalPointer
	DirectoryTLS
	DirectoryLoadConfig
	DirectoryBoundImport
	DirectoryIAT
	DirectoryDelayImport
	DirectoryCLR
)

// NumDirectories is how many data directories an optional header has room for.
const NumDirectories = 16

// MaxSections bounds how many sections are looked at.
const MaxSections = 96

const (
	dosHeaderSize     = 64
	fileHeaderEnd     = 24 // from "PE\0\0" to the optional header
	optionalSize32    = 224
	optionalSize64    = 240
	magic64           = 0x20b
	sectionHeaderSize = 40
	pageSize          = 0x1000
	sectorSize        = 0x200
)

// Image is an executable whose headers are complete. It keeps the data that it
// was opened on, and is safe for concurrent use.
type Image struct {
	Reader
	// Header is the offset of the signature "PE\0\0".
	Header int64
	// Wide tells whether the optional header is that of 64-bit images.
	Wide bool
	// Sections are the section headers that are in the data, at most MaxSections.
	Sections []Section
	// truncated tells that the section table does not fit in the data: no
	// address can be mapped then.
	truncated bool
}

// Section is an entry of the section table.
type Section struct {
	Name                     []byte // 8 bytes, padded
	VirtualSize              uint32
	VirtualAddress           uint32
	RawSize                  uint32
	RawOffset                uint32
	Relocations, LineNumbers uint32
	NumRelocations           uint16
	NumLineNumbers           uint16
	Characteristics          uint32
}

// Open reads the headers. It is not ok for data that is no PE file or that
// ends before its optional header does.
func Open(data []byte) (*Image, bool) {
	m := &Image{Reader: Reader{data}}
	if len(data) < dosHeaderSize || data[0] != 'M' || data[1] != 'Z' {
		return nil, false
	}
	m.Header = int64(m.U32(60))
	if m.Header > math.MaxInt32 || m.U32(m.Header) != 'P'|'E'<<8 {
		return nil, false
	}
	size := int64(optionalSize32)
	if m.U16(m.Header+fileHeaderEnd) == magic64 {
		m.Wide, size = true, optionalSize64
	}
	if !m.Fits(m.Header, fileHeaderEnd+size) {
		return nil, false
	}
	m.readSections()
	return m, true
}

func (m *Image) readSections() {
	n := min(int(m.U16(m.Header+6)), MaxSections)
	at := m.Header + fileHeaderEnd + int64(m.U16(m.Header+20))
	for range n {
		if !m.Fits(at, sectionHeaderSize) {
			m.truncated = true
			return
		}
		m.Sections = append(m.Sections, Section{
			Name:            m.Bytes(at, 8),
			VirtualSize:     m.U32(at + 8),
			VirtualAddress:  m.U32(at + 12),
			RawSize:         m.U32(at + 16),
			RawOffset:       m.U32(at + 20),
			Relocations:     m.U32(at + 24),
			LineNumbers:     m.U32(at + 28),
			NumRelocations:  m.U16(at + 32),
			NumLineNumbers:  m.U16(at + 34),
			Characteristics: m.U32(at + 36),
		})
		at += sectionHeaderSize
	}
}

// Optional gives the offset of a field of the optional header, which stands at
// different places in 32-bit and 64-bit images.
func (m *Image) Optional(at32, at64 int64) int64 {
	if m.Wide {
		return m.Header + fileHeaderEnd + at64
	}
	return m.Header + fileHeaderEnd + at32
}

// OptionalWord reads a field of the optional header that is as wide as an
// address of the image.
func (m *Image) OptionalWord(at32, at64 int64) uint64 {
	if m.Wide {
		return m.U64(m.Optional(at32, at64))
	}
	return uint64(m.U32(m.Optional(at32, at64)))
}

// DeclaredDirectories gives how many data directories the image says it has.
func (m *Image) DeclaredDirectories() uint32 { return m.U32(m.Optional(92, 108)) }

// Directory gives the address and size of a data directory. The declared
// number of directories is not looked at: many files understate it.
func (m *Image) Directory(i int) (address, size uint32) {
	if i < 0 || i >= NumDirectories {
		return 0, 0
	}
	at := m.Optional(96, 112) + int64(i)*8
	return m.U32(at), m.U32(at + 4)
}

// Offset maps a relative virtual address to the offset in the file, -1 if it
// has none. Where the specification and loaders part (raw data larger than
// virtual, unaligned raw offsets) it follows libyara.
func (m *Image) Offset(rva uint64) int64 {
	if m.truncated {
		return -1
	}
	lowest := uint32(math.MaxUint32)
	var base, start, size uint32
	for i := range m.Sections {
		s := &m.Sections[i]
		lowest = min(lowest, s.VirtualAddress)
		address := uint64(s.VirtualAddress)
		if rva >= address && rva-address < uint64(max(s.VirtualSize, s.RawSize)) && base <= s.VirtualAddress {
			base, start, size = s.VirtualAddress, m.alignDown(s.RawOffset), s.RawSize
		}
	}
	if rva < uint64(lowest) { // the headers are mapped as they stand
		base, start, size = 0, 0, uint32(len(m.data))
	}
	in := rva - uint64(base)
	if in >= uint64(size) {
		return -1
	}
	if off := uint64(start) + in; off < uint64(len(m.data)) {
		return int64(off)
	}
	return -1
}

// alignDown gives where loaders read a section that claims to start at off.
func (m *Image) alignDown(off uint32) uint32 {
	if a := min(m.U32(m.Optional(36, 36)), sectorSize); a != 0 {
		off -= off % a
	}
	if m.U32(m.Optional(32, 32)) >= pageSize {
		off &^= sectorSize - 1
	}
	return off
}
