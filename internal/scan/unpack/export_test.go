package unpack

import (
	"context"
	"io"
	"time"
)

// As looks into a content as one kind, whatever its bytes say.
func (u *Unpacker) As(kind string, content []byte, visit func(Part) error) ([]Gap, error) {
	w := &walk{
		Unpacker: u, ctx: context.Background(), visit: visit, deadline: u.now().Add(time.Minute),
		bytes: u.limits.Bytes, entries: u.limits.Entries, window: u.limits.Window,
	}
	w.openAs(kind, place{}, content)
	return w.gaps, w.err
}

// The readers that a part is decoded by.
var (
	NewBCJ2 = func(in []io.Reader) io.Reader { return newBCJ2(in) }
	NewBCJ  = func(r io.Reader) io.Reader { return &bcj{r: r} }
	NewRTF  = newRTFReader

	NewDeflate64 = func(r io.ByteReader) io.Reader { return newDeflate64(r) }
	NewBranches  = func(arch string, r io.Reader) io.Reader {
		return newBranches(map[string]uint64{"arm": sevenARM, "thumb": sevenARMT, "arm64": sevenARM64}[arch], r)
	}

	UPXUnfilter = upxUnfilter
	RARPower    = rarPower
)
