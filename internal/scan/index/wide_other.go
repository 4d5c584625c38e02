//go:build !amd64

package index

const wide = false

func tagMasksAVX2(*uint32, *byte, int) { panic("no AVX2") }
func highBitsAVX2(_, _ *byte, _ int)   { panic("no AVX2") }

func (m marks) noteFourSteps([]byte) (noted int) { return 0 }
