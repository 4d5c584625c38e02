package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// sevenStart is the size of the signature header, from the end of which
// positions count.
const sevenStart = 32

// sevenLongestHeader is how much of a header is unpacked, in bytes.
const sevenLongestHeader = 16 << 20

// sevenWalk is the way through one 7z archive.
type sevenWalk struct {
	w       *walk
	at      place
	content []byte
	keys    map[string][]byte // of passwords, since deriving one takes long
	locked  bool              // some folder has no password that fits
}

// openSevenzip reads archives of 7-Zip (7zFormat.txt of the LZMA SDK): a
// header behind the data, often packed itself, tells the folders, each a chain
// of coders, and the members in them. What the header says is held against the
// sizes of what is there before memory is taken.
func openSevenzip(w *walk, at place, content []byte) error {
	if len(content) < sevenStart {
		return damaged("shorter than a header")
	}
	offset, size := binary.LittleEndian.Uint64(content[12:]), binary.LittleEndian.Uint64(content[20:])
	rest := uint64(len(content) - sevenStart)
	if size == 0 {
		return nil // an empty archive
	}
	if offset > rest || size > rest-offset {
		return damaged("the header is not there")
	}
	s := &sevenWalk{w: w, at: at, content: content, keys: map[string][]byte{}}
	header, err := s.plainHeader(content[sevenStart+offset:][:size])
	if err != nil {
		return err
	}
	a, err := readSevenHeader(header)
	if err != nil {
		return err
	}
	return s.members(a)
}

// plainHeader unpacks a header until it is plain. 7-Zip packs it once.
func (s *sevenWalk) plainHeader(header []byte) ([]byte, error) {
	for range 4 {
		c := newSevenCursor(header)
		switch c.byte() {
		case sevenHeader:
			return header, nil
		case sevenEncodedHeader:
		default:
			return nil, damaged("no header")
		}
		folders, err := c.streams()
		if err != nil {
			return nil, err
		}
		if len(folders) != 1 {
			return nil, damaged("a header in several folders")
		}
		if header, err = s.unpackHeader(folders[0]); err != nil {
			return nil, err
		}
	}
	return nil, damaged("a header in a header")
}

// unpackHeader unpacks a header, with the passwords if it is encrypted.
func (s *sevenWalk) unpackHeader(f *sevenFolder) ([]byte, error) {
	for _, password := range s.passwords(f) {
		window := s.w.window
		r, err := s.folder(f, password)
		if f.garbled(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		header, err := io.ReadAll(meter{s.w, s.at, io.LimitReader(r, sevenLongestHeader)})
		s.w.window = window
		if s.w.halted || s.w.err != nil {
			return nil, errStop
		}
		if !f.encrypted() {
			return header, err
		}
		if err == nil && len(header) > 0 && (!f.summed || crc(header) == f.sum) && (header[0] == sevenHeader || header[0] == sevenEncodedHeader) {
			return header, nil
		}
	}
	return nil, encrypted("the names of the members are encrypted")
}

// passwords gives what to try on a folder.
func (s *sevenWalk) passwords(f *sevenFolder) []string {
	if f.encrypted() {
		return s.w.passwords
	}
	return []string{""}
}

// members hands over the members of all folders.
func (s *sevenWalk) members(a *sevenArchive) error {
	for range a.empty {
		if err := s.w.pass(s.at); err != nil {
			return err
		}
	}
	for _, f := range a.folders {
		if err := s.open(f); err != nil {
			return err
		}
	}
	if s.locked {
		return encrypted("no password fits")
	}
	return nil
}

// open hands over the members of one folder. A fault in its coders is a gap of
// its first member.
func (s *sevenWalk) open(f *sevenFolder) error {
	if len(f.members) == 0 {
		return nil
	}
	m := f.members[0]
	at, err := s.w.enter(s.at, "7z", m.name)
	if err != nil {
		return err
	}
	window := s.w.window
	defer func() { s.w.window = window }()
	for _, password := range s.passwords(f) {
		s.w.window = window
		if err := s.w.check(at); err != nil {
			return err
		}
		r, err := s.folder(f, password)
		if f.garbled(err) {
			continue
		}
		if err != nil {
			s.w.gap(at, "7z", err)
			return stopped(err)
		}
		data, err := s.w.read(at, io.LimitReader(r, m.size))
		if s.w.err != nil {
			return errStop
		}
		if f.encrypted() && !s.w.halted && !m.fits(data, err) {
			continue
		}
		return s.show(f, at, r, data, err)
	}
	s.locked = true
	return nil
}

// garbled tells whether an error may come from a wrong password.
func (f *sevenFolder) garbled(err error) bool {
	d := (*fault)(nil)
	return f.encrypted() && errors.As(err, &d) && d.reason == Damaged
}

// stopped gives errStop if that is what an error is.
func stopped(err error) error {
	if errors.Is(err, errStop) {
		return errStop
	}
	return nil
}

// fits tells whether what a password opened is the member.
func (m *sevenMember) fits(data []byte, err error) bool {
	if f := (*fault)(nil); errors.As(err, &f) && f.reason == Large {
		return true
	}
	return err == nil && int64(len(data)) == m.size && (!m.summed || crc(data) == m.sum)
}

// show hands over the first member of a folder, which is decoded, and those
// that follow it.
func (s *sevenWalk) show(f *sevenFolder, at place, r io.Reader, data []byte, err error) error {
	for i, m := range f.members {
		if i > 0 {
			if at, err = s.w.enter(s.at, "7z", m.name); err != nil {
				return err
			}
			data, err = s.w.read(at, io.LimitReader(r, m.size))
		}
		broken := err != nil
		if err == nil && int64(len(data)) < m.size && !s.w.halted {
			broken, err = true, damaged("the member ends early")
		}
		s.w.gap(at, "7z", err)
		if err := s.w.show(at, data); err != nil {
			return err
		}
		if !broken {
			continue
		}
		if f := (*fault)(nil); !errors.As(err, &f) || f.reason != Large {
			return nil // nothing after damage can be read
		}
		if err := s.w.drain(at, io.LimitReader(r, m.size-int64(len(data))-1)); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// folder gives a reader of what a folder unpacks to.
func (s *sevenWalk) folder(f *sevenFolder, password string) (io.Reader, error) {
	bound := make([]bool, len(f.coders))
	for _, p := range f.pairs {
		if p.out >= len(f.coders) || bound[p.out] {
			return nil, damaged("coders that are not a tree")
		}
		bound[p.out] = true
	}
	for out := range f.coders {
		if !bound[out] {
			return s.output(f, out, password, len(f.coders))
		}
	}
	return nil, damaged("coders that go in a circle")
}

// output gives a reader of what one coder gives. Deeper than there are coders
// is a circle.
func (s *sevenWalk) output(f *sevenFolder, out int, password string, depth int) (io.Reader, error) {
	if depth == 0 {
		return nil, damaged("coders that go in a circle")
	}
	c := &f.coders[out]
	var inputs []io.Reader
	for in := c.first; in < c.first+c.inputs; in++ {
		r, err := s.input(f, in, password, depth-1)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, r)
	}
	r, err := s.coder(c, inputs, password)
	if err != nil {
		return nil, err
	}
	if depth < len(f.coders) {
		r = meter{s.w, s.at, r} // what is decoded on the way counts too
	}
	return io.LimitReader(r, c.size), nil
}

// input gives a reader of what goes into a coder: another coder, or a stream
// of the archive.
func (s *sevenWalk) input(f *sevenFolder, in int, password string, depth int) (io.Reader, error) {
	for _, p := range f.pairs {
		if p.in == in {
			return s.output(f, p.out, password, depth)
		}
	}
	for i, p := range f.packed {
		if p == in && i < len(f.packs) {
			start := min(f.packs[i].start, int64(len(s.content)))
			end := min(start+f.packs[i].size, int64(len(s.content)))
			return bytes.NewReader(s.content[start:end]), nil
		}
	}
	return nil, damaged("a coder without input")
}
