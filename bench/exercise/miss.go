package exercise

import (
	"bytes"
	"math/rand/v2"
)

// miss is a content that was changed a little.
type miss struct {
	kind string
	data []byte
}

// maxMisses is the number of near misses of one content.
const maxMisses = 4

// misses are near misses of a content, of kinds that the random source picks.
func misses(rng *rand.Rand, p placed) []miss {
	var strings []piece
	for _, q := range p.pieces {
		if q.str != nil && len(q.data) > 0 {
			strings = append(strings, q)
		}
	}
	kinds := []struct {
		name string
		make func(*rand.Rand, placed, []piece) []byte
	}{
		{"byte-off", byteOff}, {"case", otherCase}, {"without", without}, {"word", joined},
		{"shifted", shifted}, {"cut", cut}, {"oversize", oversize},
	}
	var out []miss
	for _, i := range rng.Perm(len(kinds)) {
		if data := kinds[i].make(rng, p, strings); data != nil {
			out = append(out, miss{kinds[i].name, data})
		}
		if len(out) == maxMisses {
			break
		}
	}
	return out
}

func pick(rng *rand.Rand, strings []piece) (piece, bool) {
	if len(strings) == 0 {
		return piece{}, false
	}
	return strings[rng.IntN(len(strings))], true
}

// byteOff changes one byte of a string.
func byteOff(rng *rand.Rand, p placed, strings []piece) []byte {
	q, ok := pick(rng, strings)
	if !ok {
		return nil
	}
	data := bytes.Clone(p.data)
	data[q.off+rng.Int64N(int64(len(q.data)))] ^= byte(1 + rng.IntN(255))
	return data
}

// otherCase swaps the case of one letter of a string.
func otherCase(rng *rand.Rand, p placed, strings []piece) []byte {
	q, ok := pick(rng, strings)
	if !ok {
		return nil
	}
	for _, i := range rng.Perm(len(q.data)) {
		if letter(q.data[i]) {
			data := bytes.Clone(p.data)
			data[q.off+int64(i)] ^= 0x20
			return data
		}
	}
	return nil
}

// without wipes one occurrence of a string.
func without(rng *rand.Rand, p placed, strings []piece) []byte {
	q, ok := pick(rng, strings)
	if !ok {
		return nil
	}
	data := bytes.Clone(p.data)
	clear(data[q.off : q.off+int64(len(q.data))])
	return data
}

// joined puts a letter before or behind a string, where a whole word ends.
func joined(rng *rand.Rand, p placed, strings []piece) []byte {
	q, ok := pick(rng, strings)
	if !ok {
		return nil
	}
	at := q.off - 1
	if at < 0 || rng.IntN(2) == 0 {
		at = q.off + int64(len(q.data))
	}
	if at >= int64(len(p.data)) {
		return append(bytes.Clone(p.data), 'x')
	}
	data := bytes.Clone(p.data)
	data[at] = 'x'
	return data
}

// shifted moves everything by one byte.
func shifted(_ *rand.Rand, p placed, _ []piece) []byte {
	return append([]byte{0}, p.data...)
}

// cut leaves out the last bytes, into the last string.
func cut(_ *rand.Rand, p placed, strings []piece) []byte {
	end := int64(0)
	for _, q := range strings {
		end = max(end, q.off+int64(len(q.data)))
	}
	if end < 2 {
		return nil
	}
	return bytes.Clone(p.data[:end-1])
}

// oversize makes the file one byte larger than the condition allows.
func oversize(rng *rand.Rand, p placed, _ []piece) []byte {
	if p.max >= 1<<20 || p.max > 64<<10 && rng.IntN(8) > 0 {
		return nil // large files are rare, as they cost every scanner time
	}
	return append(bytes.Clone(p.data), make([]byte, p.max+1-int64(len(p.data)))...)
}
