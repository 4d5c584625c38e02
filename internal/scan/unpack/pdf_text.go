package unpack

import "io"

// byteReader reads bytes one by one through a small buffer.
type byteReader struct {
	r    io.Reader
	buf  [512]byte
	rest []byte
}

func (b *byteReader) ReadByte() (byte, error) {
	for idle := 0; len(b.rest) == 0; idle++ {
		n, err := b.r.Read(b.buf[:])
		b.rest = b.buf[:n]
		if n == 0 && err != nil {
			return 0, err
		}
		if idle > 100 {
			return 0, io.ErrNoProgress
		}
	}
	c := b.rest[0]
	b.rest = b.rest[1:]
	return c, nil
}

// Read gives at least one byte, and no more than are at hand.
func (b *byteReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := b.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	n := copy(p[1:], b.rest)
	b.rest = b.rest[n:]
	return n + 1, nil
}

// hexLetters decodes hex digits up to '>' (ISO 32000-1, 7.4.2).
type hexLetters struct {
	r    byteReader
	done bool
}

func (h *hexLetters) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !h.done {
		high, err := h.digit()
		if err != nil {
			return n, err
		}
		if h.done {
			break
		}
		low, err := h.digit()
		if err != nil && err != io.EOF {
			return n, err
		}
		p[n] = high<<4 | low
		n++
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (h *hexLetters) digit() (byte, error) {
	for {
		c, err := h.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c == '>' {
			h.done = true
			return 0, nil
		}
		if v, ok := digits([]byte{c}, 1, 16); ok {
			return v, nil
		}
	}
}

// until reads to the mark that ends base 85, "~>".
type until struct {
	r    byteReader
	done bool
}

func (u *until) Read(p []byte) (int, error) {
	if u.done {
		return 0, io.EOF
	}
	n, err := u.r.Read(p[:min(len(p), len(u.r.buf))])
	for i, c := range p[:n] {
		if c == '~' {
			u.done = true
			if i == 0 {
				return 0, io.EOF
			}
			return i, nil
		}
	}
	return n, err
}

// runLength decodes runs (7.4.5).
type runLength struct {
	r     byteReader
	copy  int // bytes to take as they are
	again int // times that value is to be repeated
	value byte
}

func (l *runLength) Read(p []byte) (int, error) {
	for n := range p {
		c, err := l.next()
		if err != nil {
			return n, err
		}
		p[n] = c
	}
	return len(p), nil
}

func (l *runLength) next() (byte, error) {
	for l.copy == 0 && l.again == 0 {
		c, err := l.r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case c == 128:
			return 0, io.EOF
		case c < 128:
			l.copy = int(c) + 1
		default:
			l.again = 257 - int(c)
			if l.value, err = l.r.ReadByte(); err != nil {
				return 0, err
			}
		}
	}
	if l.copy > 0 {
		l.copy--
		return l.r.ReadByte()
	}
	l.again--
	return l.value, nil
}

// pdfLZW decodes LZW as PDF and TIFF have it (7.4.4): codes of 9 to 12 bits,
// 256 clears the table, 257 ends. By default codes grow one earlier than in
// the decoder of the standard library.
type pdfLZW struct {
	src   *byteReader
	early bool
	bits  uint32
	have  uint
	width uint
	size  int // of the table
	last  int // -1 after a clear
	table [4096]lzwEntry
	rest  []byte
	room  [4097]byte
	done  bool
}

type lzwEntry struct {
	prefix      int16
	first, tail byte
}

func (l *pdfLZW) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.done {
			return 0, io.EOF
		}
		if err := l.code(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *pdfLZW) clear() { l.width, l.size, l.last = 9, 258, -1 }

func (l *pdfLZW) code() error {
	if l.width == 0 {
		l.clear()
	}
	for l.have < l.width {
		c, err := l.src.ReadByte()
		if err != nil {
			return err
		}
		l.bits, l.have = l.bits<<8|uint32(c), l.have+8
	}
	l.have -= l.width
	code := int(l.bits >> l.have & (1<<l.width - 1))
	switch {
	case code == 256:
		l.clear()
		return nil
	case code == 257:
		l.done = true
		return nil
	case code > l.size || code == l.size && l.last < 0 || code > 257 && l.last < 0:
		return damaged("a code of LZW that is not in the table")
	}
	l.emit(code)
	if l.last >= 0 && l.size < len(l.table) {
		l.table[l.size] = lzwEntry{int16(l.last), l.first(l.last), l.rest[0]}
		l.size++
	}
	l.last = code
	grow := l.size
	if l.early {
		grow++
	}
	for l.width < 12 && grow >= 1<<l.width {
		l.width++
	}
	return nil
}

func (l *pdfLZW) first(code int) byte {
	if code < 256 {
		return byte(code)
	}
	return l.table[code].first
}

// emit writes out what a code stands for, from its end.
func (l *pdfLZW) emit(code int) {
	p := len(l.room)
	if code == l.size { // not there yet: the last one and its first byte
		p--
		l.room[p] = l.first(l.last)
		code = l.last
	}
	for code >= 258 && p > 1 {
		p--
		l.room[p] = l.table[code].tail
		code = int(l.table[code].prefix)
	}
	p--
	l.room[p] = byte(code)
	l.rest = l.room[p:]
}
