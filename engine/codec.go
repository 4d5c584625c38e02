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
// the rules, their fingerprints, external variables, the set. Any change of what it holds or of
// how it is computed raises formatVersion.
const (
	formatMagic   = "CANDORDB"
	formatVersion = 7
)

// ErrFormat says that data is no compiled form of this version of the engine.
var ErrFormat = errors.New("not compiled definitions of this version")

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the compiled form of r, for a cache file.
func (r *Rules) AppendBinary(dst []byte) ([]byte, error) {
	at := len(dst)
	dst = slices.Grow(dst, r.set.Size()+len(r.infos.data)+4*r.infos.len())
	dst = append(dst, formatMagic...)
	dst = binary.LittleEndian.AppendUint32(dst, formatVersion)
	dst = binary.LittleEndian.AppendUint64(dst, 0)
	dst = r.infos.append(dst)
	for i := range r.prints {
		dst = append(dst, r.prints[i][:]...)
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(r.externs)))
	for _, x := range r.externs {
		dst = appendExternal(dst, x)
	}
	dst = r.set.Append(dst)
	seal(dst[at:])
	return dst, nil
}

// Load reads what AppendBinary wrote. The Rules keep nothing of data itself.
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
	r := &Rules{}
	var err error
	if r.infos, body, err = decodeInfos(body); err != nil {
		return nil, err
	}
	if len(body) < r.infos.len()*len(Fingerprint{}) {
		return nil, gram.ErrCorrupt
	}
	r.prints = make([]Fingerprint, r.infos.len())
	for i := range r.prints {
		body = body[copy(r.prints[i][:], body):]
	}
	d := ir.Reader{B: body}
	r.externs = make([]external, d.Length())
	for i := range r.externs {
		r.externs[i] = decodeExternal(&d)
	}
	if d.Bad {
		return nil, gram.ErrCorrupt
	}
	set, rest, err := match.Decode(d.B)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 || set.Rules() != r.infos.len() || len(set.Externals) != len(r.externs) {
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

func decodeExternal(d *ir.Reader) external {
	x := external{name: string(d.Bytes())}
	switch k := module.Kind(d.Byte()); k {
	case module.String:
		x.value = module.StringValue(string(d.Bytes()))
	case module.Float:
		x.value = module.FloatValue(math.Float64frombits(d.Uint64()))
	case module.Int, module.Bool:
		x.value = module.Value{Kind: k, Int: d.Varint()}
	default:
		d.Fail()
	}
	return x
}

// seal writes the checksum of a compiled form into its head.
func seal(data []byte) {
	const head = len(formatMagic) + 12
	binary.LittleEndian.PutUint64(data[len(formatMagic)+4:], uint64(crc32.Checksum(data[head:], crcTable)))
}
