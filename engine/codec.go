package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/internal/match"
	"candor/engine/module"
	"candor/engine/module/all"
)

// The compiled form: magic, version, checksum of the rest, descriptions of
// the rules, external variables, the set. Any change of what it holds or of
// how it is computed raises formatVersion.
const (
	formatMagic   = "CANDORDB"
	formatVersion = 3
)

// ErrFormat says that data is no compiled form of this version of the engine.
var ErrFormat = errors.New("not compiled definitions of this version")

// infoSize is about what the description of a rule takes.
const infoSize = 400

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the compiled form of r, for a cache file.
func (r *Rules) AppendBinary(dst []byte) ([]byte, error) {
	at := len(dst)
	dst = slices.Grow(dst, r.set.Size()+infoSize*len(r.infos))
	dst = append(dst, formatMagic...)
	dst = binary.LittleEndian.AppendUint32(dst, formatVersion)
	dst = binary.LittleEndian.AppendUint64(dst, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(r.infos)))
	for _, info := range r.infos {
		dst = appendInfo(dst, info)
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(r.externs)))
	for _, x := range r.externs {
		dst = appendExternal(dst, x)
	}
	dst = r.set.Append(dst)
	seal(dst[at:])
	return dst, nil
}

// Load reads what AppendBinary wrote. The Rules share the memory of data.
// Data that is corrupt, foreign or of another version is an ErrFormat.
func Load(data []byte) (*Rules, error) {
	const head = len(formatMagic) + 12
	if len(data) < head || string(data[:len(formatMagic)]) != formatMagic {
		return nil, ErrFormat
	}
	if v := binary.LittleEndian.Uint32(data[len(formatMagic):]); v != formatVersion {
		return nil, fmt.Errorf("%w: it is version %d, not %d", ErrFormat, v, formatVersion)
	}
	body := data[head:]
	if uint64(crc32.Checksum(body, crcTable)) != binary.LittleEndian.Uint64(data[len(formatMagic)+4:]) {
		return nil, fmt.Errorf("%w: the checksum does not match", ErrFormat)
	}
	r, err := decodeRules(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return r, nil
}

func decodeRules(body []byte) (*Rules, error) {
	d := newInfoDecoder(body)
	r := &Rules{infos: make([]*Rule, d.Length())}
	infos := make([]Rule, len(r.infos))
	for i := range infos {
		d.info(&infos[i])
		r.infos[i] = &infos[i]
	}
	r.externs = make([]external, d.Length())
	for i := range r.externs {
		d.external(&r.externs[i])
	}
	if d.Bad {
		return nil, gram.ErrCorrupt
	}
	set, rest, err := match.Decode(d.B)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 || set.Rules() != len(r.infos) || len(set.Externals) != len(r.externs) {
		return nil, gram.ErrCorrupt
	}
	set.Modules = map[string]module.Module{}
	for _, m := range all.Modules() {
		set.Modules[m.Name()] = m
	}
	r.set = set
	return r, nil
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
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
		dst = appendText(dst, m.Name)
		switch v := m.Value.(type) {
		case int64:
			dst = binary.AppendVarint(append(dst, 1), v)
		case bool:
			b := byte(0)
			if v {
				b = 1
			}
			dst = append(dst, 2, b)
		case string:
			dst = appendText(append(dst, 0), v)
		default:
			dst = appendText(append(dst, 0), fmt.Sprint(v))
		}
	}
	return dst
}

func appendExternal(dst []byte, x external) []byte {
	dst = appendText(dst, x.name)
	dst = append(dst, byte(x.value.Kind))
	if x.value.Kind == module.String {
		return appendText(dst, string(x.value.Str))
	}
	if x.value.Kind == module.Float {
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x.value.Float))
	}
	return binary.AppendVarint(dst, x.value.Int)
}

// infoDecoder reads descriptions of rules. There are many thousands of them,
// with a dozen texts each, so that memory is taken for many at a time: that is
// what the time to load goes to, and the garbage collector looks at each piece
// as long as the program runs.
type infoDecoder struct {
	ir.Reader
	chunk string // of the data, texts are parts of it
	left  int    // what was left where it begins
	meta  []Meta // to be given away
}

// infoChunk and metaChunk are how much memory is taken at a time.
const (
	infoChunk = 64 << 10 // bytes
	metaChunk = 1 << 10
)

func newInfoDecoder(b []byte) *infoDecoder {
	return &infoDecoder{Reader: ir.Reader{B: b}, left: len(b)}
}

func (d *infoDecoder) text() string {
	n := d.Count()
	from := d.left - len(d.B)
	if from+n > len(d.chunk) {
		d.chunk = string(d.B[:min(len(d.B), max(n, infoChunk))])
		d.left, from = len(d.B), 0
	}
	d.B = d.B[n:]
	return d.chunk[from : from+n]
}

func (d *infoDecoder) metas(n int) []Meta {
	if n > len(d.meta) {
		d.meta = make([]Meta, max(n, metaChunk))
	}
	out := d.meta[:n:n]
	d.meta = d.meta[n:]
	return out
}

func (d *infoDecoder) info(r *Rule) {
	r.Name, r.Namespace, r.Language, r.File = d.text(), d.text(), d.text(), d.text()
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
		r.Meta = d.metas(n)
		for i := range r.Meta {
			r.Meta[i].Name = d.text()
			switch d.Byte() {
			case 1:
				r.Meta[i].Value = d.Varint()
			case 2:
				r.Meta[i].Value = d.Byte() != 0
			default:
				r.Meta[i].Value = d.text()
			}
		}
	}
}

func (d *infoDecoder) external(x *external) {
	x.name = d.text()
	switch k := module.Kind(d.Byte()); k {
	case module.String:
		x.value = module.StringValue(d.text())
	case module.Float:
		x.value = module.FloatValue(math.Float64frombits(d.Uint64()))
	case module.Int, module.Bool:
		x.value = module.Value{Kind: k, Int: d.Varint()}
	default:
		d.Fail()
	}
}

// seal writes the checksum of a compiled form into its head.
func seal(data []byte) {
	const head = len(formatMagic) + 12
	binary.LittleEndian.PutUint64(data[len(formatMagic)+4:], uint64(crc32.Checksum(data[head:], crcTable)))
}
