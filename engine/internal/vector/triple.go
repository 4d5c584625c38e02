package vector

// Triples finds places where one of several sequences of three bytes may stand.
// It knows them by the halves of their bytes, in eight heaps, so that it also
// tells of some places where none does.
type Triples struct {
	halves [6][Width]byte // lower and upper half of each byte: a bit for each heap
	fold   uint32         // what is set in each byte of content before
}

// Heaps is the number of sequences that Triples tells apart.
const Heaps = 8

// Add adds to a heap the sequences of a byte of each set.
func (t *Triples) Add(heap int, sets [3]func(byte) bool) {
	for i, has := range sets {
		for c := range 256 {
			if !has(byte(c)) {
				continue
			}
			for _, at := range []int{0, 16} {
				t.halves[2*i][at+c&15] |= 1 << heap
				t.halves[2*i+1][at+c>>4] |= 1 << heap
			}
		}
	}
}

// Fold has bits set in each byte of content before it is looked at.
func (t *Triples) Fold(set byte) { t.fold = uint32(set) }

// least is how many bytes Next wants to look at.
const least = Width + 2

// Next gives the first offset from i on where one of the sequences may stand,
// or the first one that has too little content behind it to tell.
func (t *Triples) Next(data []byte, i int) int {
	if len(data)-i < least {
		return i
	}
	if fast {
		return i + triplesAVX2(&data[i], len(data)-i, t)
	}
	set := byte(t.fold)
	for ; len(data)-i >= least; i++ {
		if t.at(data[i]|set, data[i+1]|set, data[i+2]|set) != 0 {
			return i
		}
	}
	return i
}

// Ends tells whether Next has said of an offset that too little stands behind it.
func Ends(data []byte, i int) bool { return len(data)-i < least }

func (t *Triples) at(a, b, c byte) byte {
	h := &t.halves
	return h[0][a&15] & h[1][a>>4] & h[2][b&15] & h[3][b>>4] & h[4][c&15] & h[5][c>>4]
}
