package pe

import (
	"bytes"
	"encoding/binary"

	"candor/engine/module"
	"candor/engine/module/builtin"
	"candor/engine/module/pe/record"
)

// The words that delimit the Rich header.
const (
	richMark = 'R' | 'i'<<8 | 'c'<<16 | 'h'<<24
	dansMark = 'D' | 'a'<<8 | 'n'<<16 | 'S'<<24
)

// richHeaderSize is the size of "DanS" and its padding, before the entries.
const richHeaderSize = 16

// rich is what Microsoft's linker leaves between the DOS stub and the header:
// the tools that made the file. raw is nil if there is none.
type rich struct {
	offset     int64
	key        uint32
	raw, clear []byte
}

func richSchema() record.Schema[rich] {
	ifPresent := func(get func(rich) int64) record.Member[rich] {
		return record.MaybeInt(func(r rich) (int64, bool) { return get(r), r.raw != nil })
	}
	return record.Schema[rich]{
		"offset":       ifPresent(func(r rich) int64 { return r.offset }),
		"length":       ifPresent(func(r rich) int64 { return int64(len(r.raw)) }),
		"key":          ifPresent(func(r rich) int64 { return int64(r.key) }),
		"raw_data":     record.Text(func(r rich) []byte { return r.raw }),
		"clear_data":   record.Text(func(r rich) []byte { return r.clear }),
		"version_data": record.Text(rich.versionData),
		"version": record.Func[rich](
			richOverload(func(e richEntry, arg []int64) bool { return e.version == arg[0] }, module.Int),
			richOverload(func(e richEntry, arg []int64) bool { return e.version == arg[0] && e.tool == arg[1] }, module.Int, module.Int),
		),
		"toolid": record.Func[rich](
			richOverload(func(e richEntry, arg []int64) bool { return e.tool == arg[0] }, module.Int),
			richOverload(func(e richEntry, arg []int64) bool { return e.tool == arg[0] && e.version == arg[1] }, module.Int, module.Int),
		),
	}
}

// richOverload is a function that adds up how often tools were used.
func richOverload(wanted func(e richEntry, arg []int64) bool, kinds ...module.Kind) *module.Function {
	return builtin.Overload(module.Int, func(in *module.Input, _ module.Object, args []module.Value) module.Value {
		f, ok := open(in)
		if !ok {
			return module.Value{}
		}
		r := f.richSignature()
		if len(r.clear) < richHeaderSize {
			return module.Value{}
		}
		arg := make([]int64, len(args))
		for i := range args {
			arg[i] = args[i].Int
		}
		var sum int64
		for e := range r.entries {
			if wanted(e, arg) {
				sum += e.times
			}
		}
		return module.IntValue(sum)
	}, kinds...)
}

// richEntry is one tool and how often it was used.
type richEntry struct{ version, tool, times int64 }

// entries yields the tools.
func (r rich) entries(yield func(richEntry) bool) {
	for b := r.clear[richHeaderSize:]; len(b) >= 8; b = b[8:] {
		id := binary.LittleEndian.Uint32(b)
		if !yield(richEntry{int64(id & 0xffff), int64(id >> 16), int64(binary.LittleEndian.Uint32(b[4:]))}) {
			return
		}
	}
}

// versionData gives the tools without how often they were used.
func (r rich) versionData() []byte {
	if len(r.clear) < richHeaderSize {
		return nil
	}
	v := []byte{}
	for b := r.clear[richHeaderSize:]; len(b) >= 8; b = b[8:] {
		v = append(v, b[:4]...)
	}
	return v
}

func (f *file) richSignature() rich { return f.rich.get(f.readRich) }

// readRich searches backwards from the header, as the place varies.
func (f *file) readRich() (r rich) {
	at := f.Header - 4
	for at >= dosHeaderSize && f.U32(at) != richMark {
		at -= 4
	}
	if at < dosHeaderSize {
		return r
	}
	end := at
	key := f.U32(end + 4)
	if key == 0 {
		return r
	}
	for at -= 4; at >= dosHeaderSize; at -= 4 {
		if f.U32(at)^key == dansMark {
			break
		}
	}
	if at < dosHeaderSize {
		return r
	}
	r = rich{offset: at, key: key, raw: f.Bytes(at, end-at)}
	r.clear = bytes.Clone(r.raw)
	for i := 0; i+4 <= len(r.clear); i += 4 {
		binary.LittleEndian.PutUint32(r.clear[i:], binary.LittleEndian.Uint32(r.clear[i:])^key)
	}
	return r
}
