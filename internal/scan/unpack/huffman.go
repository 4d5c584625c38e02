package unpack

// huffman is a canonical prefix code of at most 16 bits: shorter codes come
// first, those of one length in the order of their symbols.
type huffman struct {
	fast    [1 << huffmanFast]uint16 // by the next bits: symbol<<4 | length, 0 if the code is longer
	count   [17]uint16               // codes of each length
	symbols []uint16                 // in the order of their codes
	low     bool                     // the first bit of a code is the lowest of the bits that index fast
}

// huffmanFast is how many bits are decoded at once, at most.
const huffmanFast = 9

// set makes the code of the lengths of all symbols, at most 2048 of at most 16.
// It tells whether the lengths are those of a code; ones that leave bits
// without a meaning are.
func (h *huffman) set(lengths []byte) bool {
	clear(h.fast[:])
	clear(h.count[:])
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var next, place [18]int
	for n := 1; n <= 16; n++ {
		next[n+1] = (next[n] + int(h.count[n])) << 1
		place[n+1] = place[n] + int(h.count[n])
		if next[n]+int(h.count[n]) > 1<<n {
			return false
		}
	}
	if cap(h.symbols) < place[17] {
		h.symbols = make([]uint16, len(lengths))
	}
	h.symbols = h.symbols[:place[17]]
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[place[n]] = uint16(symbol)
		place[n]++
		if n <= huffmanFast {
			h.fill(next[n], int(n), uint16(symbol))
		}
		next[n]++
	}
	return true
}

// fill puts a short code wherever the next bits begin with it.
func (h *huffman) fill(code, n int, symbol uint16) {
	entry := symbol<<4 | uint16(n)
	if !h.low {
		for i := code << (huffmanFast - n); i < (code+1)<<(huffmanFast-n); i++ {
			h.fast[i] = entry
		}
		return
	}
	reversed := 0
	for range n {
		reversed = reversed<<1 | code&1
		code >>= 1
	}
	for i := reversed; i < len(h.fast); i += 1 << n {
		h.fast[i] = entry
	}
}

// long finds a code bit by bit, by at most 16 bits of which the first is the
// highest. It gives 0 as the length if there is none.
func (h *huffman) long(bits uint32) (symbol, length int) {
	code, first, index := 0, 0, 0
	for n := 1; n <= 16; n++ {
		code |= int(bits>>15) & 1
		bits <<= 1
		count := int(h.count[n])
		if code-first < count {
			return int(h.symbols[index+code-first]), n
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, 0
}
