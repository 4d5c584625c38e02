package unpack

import "encoding/binary"

// nrv decodes the three dialects of NRV, of the UCL library: literal bytes, and
// matches that copy from what was decoded. Bits come from words of one, two or
// four bytes, highest first, between which whole bytes lie.
type nrv struct {
	dialect byte // 'b', 'd' or 'e'
	src     []byte
	word    int // bytes
	bits    uint32
	left    int // bits in bits
	short   bool
	out     []byte
	last    uint32 // distance of the match before
}

// nrvMethods are the numbers that UPX has for dialects and words.
var nrvMethods = map[byte]struct {
	dialect byte
	word    int
}{2: {'b', 4}, 3: {'b', 1}, 4: {'b', 2}, 5: {'d', 4}, 6: {'d', 1}, 7: {'d', 2}, 8: {'e', 4}, 9: {'e', 1}, 10: {'e', 2}}

// decode gives at most size bytes. It looks at the clock by check now and then.
// With an error it gives what came before.
func (n *nrv) decode(size int, check func() error) ([]byte, error) {
	n.last = 1
	looked := 0
	for len(n.out) < size {
		if len(n.out)-looked >= block {
			looked = len(n.out)
			if err := check(); err != nil {
				return n.out, err
			}
		}
		switch {
		case n.short:
			return n.out, damaged("compressed data ends early")
		case n.bit() == 1:
			n.out = append(n.out, n.byte())
			continue
		}
		away, length, end := n.match()
		if end {
			break
		}
		if n.short || int64(away) > int64(len(n.out)) {
			return n.out, damaged("a match of compressed data is wrong")
		}
		n.copy(int(away), min(int(length), size-len(n.out)))
	}
	if len(n.out) < size {
		return n.out, damaged("compressed data ends early")
	}
	return n.out, nil
}

func (n *nrv) copy(away, length int) {
	for from := len(n.out) - away; length > 0; {
		k := min(length, away)
		n.out = append(n.out, n.out[from:from+k]...)
		from, length = from+k, length-k
	}
}

// bit gives the next one; behind the end it is 1, which ends every number.
func (n *nrv) bit() uint32 {
	if n.left == 0 {
		if len(n.src) < n.word {
			n.short = true
			return 1
		}
		switch n.word {
		case 1:
			n.bits = uint32(n.src[0]) << 24
		case 2:
			n.bits = uint32(binary.LittleEndian.Uint16(n.src)) << 16
		default:
			n.bits = binary.LittleEndian.Uint32(n.src)
		}
		n.src, n.left = n.src[n.word:], 8*n.word
	}
	b := n.bits >> 31
	n.bits <<= 1
	n.left--
	return b
}

func (n *nrv) byte() byte {
	if len(n.src) == 0 {
		n.short = true
		return 0
	}
	c := n.src[0]
	n.src = n.src[1:]
	return c
}

// match reads the distance and the length of a match, or the mark of the end.
func (n *nrv) match() (away, length uint32, end bool) {
	far := n.prefix()
	low := uint32(2) // a bit of the length, not known yet
	switch {
	case far == 2:
		away = n.last
		if n.dialect != 'b' {
			low = n.bit()
		}
	default:
		away = (far-3)<<8 | uint32(n.byte())
		if away == 1<<32-1 {
			return 0, 0, true
		}
		if n.dialect != 'b' {
			low, away = ^away&1, away>>1
		}
		away++
		n.last = away
	}
	return away, n.length(away, low), false
}

// prefix reads the high part of a distance, from which 3 was not taken yet.
func (n *nrv) prefix() uint32 {
	v := uint32(1)
	for {
		v = v<<1 | n.bit()
		if n.bit() == 1 {
			return v
		}
		if n.dialect != 'b' {
			v = (v-1)<<1 | n.bit()
		}
	}
}

// length reads how much a match copies. Far ones copy more.
func (n *nrv) length(away, low uint32) uint32 {
	if n.dialect == 'b' {
		low = n.bit()
	}
	far := uint32(0)
	if n.dialect == 'b' && away > 0xd00 || n.dialect != 'b' && away > 0x500 {
		far = 1
	}
	if n.dialect == 'e' {
		switch {
		case low == 1:
			return 2 + n.bit() + far
		case n.bit() == 1:
			return 4 + n.bit() + far
		}
		return n.number() + 4 + far
	}
	if v := low<<1 | n.bit(); v > 0 {
		return v + 1 + far
	}
	return n.number() + 3 + far
}

// number reads one of at least 2, each bit but the last with one behind it that
// says whether it goes on.
func (n *nrv) number() uint32 {
	v := uint32(1)
	for {
		v = v<<1 | n.bit()
		if n.bit() == 1 {
			return v
		}
	}
}
