//go:build !amd64

package vector

const fast = false

func plainAVX2(*byte, int) int                           { panic("no AVX2") }
func unplainAVX2(*byte, int) (high, control uint32)      { panic("no AVX2") }
func runAVX2(_, _, _ *byte, _ int, _ *Run) (n, stop int) { panic("no AVX2") }
func triplesAVX2(*byte, int, *Triples) int               { panic("no AVX2") }
