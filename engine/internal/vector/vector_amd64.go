package vector

// fast tells whether the processor has AVX2, and the system keeps its registers.
var fast = hasAVX2()

func hasAVX2() bool

// plainAVX2 gives the number of plain bytes at p, looking at whole Widths of n
// bytes.
//
//go:noescape
func plainAVX2(p *byte, n int) int

// unplainAVX2 tells, by values that are not zero, of high bytes and of control
// characters among n bytes at p, which are a multiple of Width.
//
//go:noescape
func unplainAVX2(p *byte, n int) (high, control uint32)

// runAVX2 takes what of n bytes at src belongs to a run. stop is not zero if it
// met the end of the run. What it takes it writes to two places.
//
//go:noescape
func runAVX2(dst, too, src *byte, n int, r *Run) (taken, stop int)

// triplesAVX2 gives the first offset in n bytes at p where a sequence may stand,
// or the first one with too few bytes behind it.
//
//go:noescape
func triplesAVX2(p *byte, n int, t *Triples) int

// wide tells whether the processor has what of AVX-512 is used here, and the
// system keeps its registers.
var wide = fast && hasAVX512()

// hasAVX512 is asked only where there is AVX.
func hasAVX512() bool

// gramsAVX512 writes to out, which has room for most offsets, where b lets the
// gram at p through, and gives how far it looked and how many there are.
//
//go:noescape
func gramsAVX512(p *byte, n int, b *Bitmap, out *uint32, most int) (next, count int)

// pairsAVX512 writes to out, which has room for most offsets, where t has the pair.
//
//go:noescape
func pairsAVX512(p *byte, n int, t *Pairs, out *uint16, most int) (next, count int)
