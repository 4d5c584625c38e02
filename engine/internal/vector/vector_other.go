//go:build !amd64

package vector

const fast = false

func plainAVX2(*byte, int) int                           { panic("no AVX2") }
func unplainAVX2(*byte, int) (high, control uint32)      { panic("no AVX2") }
func runAVX2(_, _, _ *byte, _ int, _ *Run) (n, stop int) { panic("no AVX2") }
func triplesAVX2(*byte, int, *Triples) int               { panic("no AVX2") }

const wide = false

func gramsAVX512(*byte, int, *Bitmap, *uint32, int) (next, count int) { panic("no AVX-512") }
func pairsAVX512(*byte, int, *Pairs, *uint16, int) (next, count int)  { panic("no AVX-512") }
