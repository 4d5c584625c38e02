package engine

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/internal/match"
)

// infos are the descriptions of rules. They stay encoded until somebody asks
// for them: there are many thousands, with a dozen texts each, and a scan
// tells of few.
type infos struct {
	data  []byte                 // encoded, one behind the other
	off   []uint32               // by rule, in data; len = rules+1
	known []atomic.Pointer[Rule] // by rule
}

// add adds one, before any is asked for.
func (x *infos) add(r *Rule) {
	if x.off == nil {
		x.off = []uint32{0}
	}
	x.data = appendInfo(x.data, r)
	x.off = append(x.off, uint32(len(x.data)))
}

// ready ends the adding.
func (x *infos) ready() { x.known = make([]atomic.Pointer[Rule], x.len()) }

func (x *infos) len() int { return max(len(x.off), 1) - 1 }

// of gives the description of rule i, the same pointer each time.
func (x *infos) of(i uint32) *Rule {
	if r := x.known[i].Load(); r != nil {
		return r
	}
	r := decodeInfo(x.data[x.off[i]:x.off[i+1]])
	if x.known[i].CompareAndSwap(nil, r) {
		return r
	}
	return x.known[i].Load()
}

// decode gives the description of rule i, not to be kept.
func (x *infos) decode(i uint32) *Rule { return decodeInfo(x.data[x.off[i]:x.off[i+1]]) }

func (x *infos) all() []*Rule {
	out := make([]*Rule, x.len())
	for i := range out {
		out[i] = x.of(uint32(i))
	}
	return out
}

// append appends the encoded form.
func (x *infos) append(dst []byte) []byte {
	off := x.off
	if off == nil {
		off = []uint32{0}
	}
	return gram.AppendSlice(gram.AppendSlice(dst, x.data), off)
}

// decodeInfos reads what append wrote, and gives the rest.
func decodeInfos(b []byte) (x infos, rest []byte, err error) {
	if b, err = gram.DecodeSlice(b, &x.data); err != nil {
		return x, nil, err
	}
	if b, err = gram.DecodeSlice(b, &x.off); err != nil {
		return x, nil, err
	}
	if len(x.off) == 0 || x.off[0] != 0 || int(x.off[len(x.off)-1]) != len(x.data) {
		return x, nil, gram.ErrCorrupt
	}
	for i := 1; i < len(x.off); i++ {
		if x.off[i] < x.off[i-1] {
			return x, nil, gram.ErrCorrupt
		}
	}
	x.ready()
	return x, b, nil
}

func appendInfo(dst []byte, r *Rule) []byte {
	for _, s := range []string{r.Name, r.Namespace, r.Language, r.File} {
		dst = appendText(dst, s)
	}
	dst = binary.AppendUvarint(dst, uint64(r.Line))
	dst = append(dst, flags(r))
	dst = binary.AppendUvarint(dst, uint64(len(r.Tags)))
	for _, t := range r.Tags {
		dst = appendText(dst, t)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Meta)))
	for _, m := range r.Meta {
		dst = appendMeta(dst, m)
	}
	return dst
}

// Kinds of values of metadata.
const (
	metaText byte = iota
	metaInt
	metaBool
)

func appendMeta(dst []byte, m Meta) []byte {
	dst = appendText(dst, m.Name)
	switch v := m.Value.(type) {
	case int64:
		return binary.AppendVarint(append(dst, metaInt), v)
	case bool:
		if v {
			return append(dst, metaBool, 1)
		}
		return append(dst, metaBool, 0)
	case string:
		return appendText(append(dst, metaText), v)
	}
	return appendText(append(dst, metaText), fmt.Sprint(m.Value))
}

// decodeInfo reads what appendInfo wrote. Of damaged data it gives what it can
// read.
func decodeInfo(b []byte) *Rule {
	d := infoDecoder{Reader: ir.Reader{B: b}, whole: string(b)}
	r := &Rule{Name: d.text(), Namespace: d.text(), Language: d.text(), File: d.text()}
	r.Line = int(d.Uvarint())
	f := d.Byte()
	r.Global, r.Private = f&match.Global != 0, f&match.Private != 0
	if n := d.Count(); n > 0 {
		r.Tags = make([]string, n)
		for i := range r.Tags {
			r.Tags[i] = d.text()
		}
	}
	if n := d.Count(); n > 0 {
		r.Meta = make([]Meta, n)
		for i := range r.Meta {
			r.Meta[i] = d.meta()
		}
	}
	return r
}

// infoDecoder reads the description of a rule, whose texts share its memory.
type infoDecoder struct {
	ir.Reader
	whole string
}

func (d *infoDecoder) text() string {
	n := d.Count()
	from := len(d.whole) - len(d.B)
	d.B = d.B[n:]
	return d.whole[from : from+n]
}

func (d *infoDecoder) meta() Meta {
	m := Meta{Name: d.text()}
	switch d.Byte() {
	case metaInt:
		m.Value = d.Varint()
	case metaBool:
		m.Value = d.Byte() != 0
	default:
		m.Value = d.text()
	}
	return m
}
