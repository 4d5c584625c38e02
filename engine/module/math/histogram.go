package math

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// histogram tells how often each byte value occurs.
type histogram [256]uint32

// maxKept bounds the histograms that are kept for one file (1 KB each), and
// minKept is the shortest range for which keeping one saves time.
const (
	maxKept = 256
	minKept = 1 << 10
)

// span is a part of the file.
type span struct {
	offset int64
	size   int
}

// counted gives the histogram of b, the bytes of the file at offset. It is
// kept for the scan: rules ask for the same range again and again.
func counted(in *module.Input, offset int64, b []byte) *histogram {
	if len(b) < minKept {
		return countBytes(b)
	}
	kept, ok := in.Cache["math"].(map[span]*histogram)
	if !ok {
		kept = make(map[span]*histogram)
		in.Cache["math"] = kept
	}
	k := span{offset, len(b)}
	h, ok := kept[k]
	if !ok {
		h = countBytes(b)
		if len(kept) < maxKept {
			kept[k] = h
		}
	}
	return h
}

// countBytes counts with four tables, so that runs of one value do not wait
// for each other's increments.
func countBytes(b []byte) *histogram {
	var h, h1, h2, h3 histogram
	for ; len(b) >= 4; b = b[4:] {
		h[b[0]]++
		h1[b[1]]++
		h2[b[2]]++
		h3[b[3]]++
	}
	for _, c := range b {
		h[c]++
	}
	for i := range h {
		h[i] += h1[i] + h2[i] + h3[i]
	}
	return &h
}

// histogramOf gives the histogram of the range that the arguments name, or of
// the whole file where they name none. There is none of an empty file.
func histogramOf(in *module.Input, args []module.Value) (*histogram, bool) {
	offset, size := int64(0), int64(len(in.Data))
	if len(args) == 2 {
		offset, size = args[0].Int, args[1].Int
	}
	b, ok := builtin.Range(in.Data, offset, size)
	if !ok {
		return nil, false
	}
	return counted(in, offset, b), true
}

func (h *histogram) total() (n uint64) {
	for _, c := range h {
		n += uint64(c)
	}
	return n
}

func count(in *module.Input, _ module.Object, args []module.Value) module.Value {
	h, ok := histogramOf(in, args[1:])
	if b := args[0].Int; ok && 0 <= b && b <= 255 {
		return module.IntValue(int64(h[b]))
	}
	return module.Value{}
}

// percentage gives a fraction from 0 to 1, in single precision as in libyara.
func percentage(in *module.Input, _ module.Object, args []module.Value) module.Value {
	h, ok := histogramOf(in, args[1:])
	if b := args[0].Int; ok && 0 <= b && b <= 255 {
		return builtin.Float(float64(float32(h[b]) / float32(int64(h.total()))))
	}
	return module.Value{}
}

// mode gives the most frequent byte value, the lowest of several.
func mode(in *module.Input, _ module.Object, args []module.Value) module.Value {
	h, ok := histogramOf(in, args)
	if !ok {
		return module.Value{}
	}
	most := 0
	for i, n := range h {
		if n > h[most] {
			most = i
		}
	}
	return module.IntValue(int64(most))
}
