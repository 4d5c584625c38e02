package vector

// Run says where a run of bytes ends and how its bytes are written: capitals of
// ASCII in small letters, and one byte as another.
type Run struct {
	low, high  [Width]byte // by half of a byte, twice: a byte with a bit in both ends the run
	from, flip [Width]byte // a byte that is written as another, and what the two differ by, often
	beyond     uint32      // all ones: bytes beyond ASCII end it, too
	blanks     uint32      // all ones: single spaces are part of it
}

// NewRun gives the run that ends at control characters and white space, at the
// bytes of stops and, with beyond, at bytes beyond ASCII. With blanks it goes
// on behind a space that a byte of the run stands behind. The byte from is
// written as to; a zero byte, which ends all runs, stands for none.
func NewRun(stops string, beyond, blanks bool, from, to byte) *Run {
	r := &Run{}
	for i := range Width {
		r.from[i], r.flip[i] = from, from^to
	}
	if beyond {
		r.beyond = 1<<32 - 1
	}
	if blanks {
		r.blanks = 1<<32 - 1
	}
	stop := func(c byte) bool {
		if c == ' ' {
			return !blanks
		}
		if c < ' ' {
			return true
		}
		for i := range len(stops) {
			if stops[i] == c {
				return true
			}
		}
		return false
	}
	for row := range byte(8) { // a bit for each upper half of a byte
		for l := range byte(16) {
			if stop(row<<4 | l) {
				r.low[l] |= 1 << row
				r.high[row] |= 1 << row
			}
		}
	}
	copy(r.low[16:], r.low[:16])
	copy(r.high[16:], r.high[:16])
	return r
}

// Take writes what src begins with to dst as far as the run goes, and gives how
// many bytes that is. It may stop before it has to, and then ended is false, but
// not at a space that it took. It looks at whole Widths of src only, and writes
// as many to dst, which has to be as long as src; what it writes behind the end
// does not count.
func (r *Run) Take(dst, src []byte) (n int, ended bool) { return r.TakeTwice(dst, dst, src) }

// TakeTwice is Take with two places to write to.
func (r *Run) TakeTwice(dst, too, src []byte) (n int, ended bool) {
	if !fast || len(src) < Width {
		return 0, false
	}
	n, stop := runAVX2(&dst[:len(src)][0], &too[:len(src)][0], &src[0], len(src), r)
	return n, stop != 0
}
