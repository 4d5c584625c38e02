package exercise

import (
	"encoding/base64"
	"math/rand/v2"

	"candor/engine/pattern"
	"candor/engine/yara"
)

// sampler writes byte sequences that belong to a pattern.
type sampler struct {
	rng        *rand.Rand
	out        []byte
	begin, end bool // the pattern is bound to the begin or the end of the data
}

// maxSample bounds a sample: beyond it repetitions are kept to their minimum.
const maxSample = 1 << 16

// node appends a sample of n.
func (s *sampler) node(n *pattern.Node) {
	if n == nil {
		return
	}
	switch n.Op {
	case pattern.Bytes:
		s.out = append(s.out, n.Lit...)
	case pattern.Class:
		s.out = append(s.out, s.member(n.Set))
	case pattern.Concat:
		for _, sub := range n.Sub {
			s.node(sub)
		}
	case pattern.Alternate:
		s.node(n.Sub[s.rng.IntN(len(n.Sub))])
	case pattern.Repeat:
		for range s.times(n) {
			s.node(n.Sub[0])
		}
	case pattern.Begin:
		s.begin = s.begin || len(s.out) == 0
	case pattern.End:
		s.end = true
	}
}

func (s *sampler) times(n *pattern.Node) int {
	if len(s.out) > maxSample {
		return n.Min
	}
	most := n.Min + 6
	if n.Max != pattern.Unbounded {
		most = min(most, n.Max)
	}
	switch s.rng.IntN(4) {
	case 0:
		return n.Min
	case 1:
		if n.Max != pattern.Unbounded && n.Max <= 2000 {
			return n.Max
		}
	}
	return n.Min + s.rng.IntN(most-n.Min+1)
}

// member picks a byte of the set, a printable one most of the time.
func (s *sampler) member(set *pattern.Set) byte {
	var all, printable []byte
	for c := range 256 {
		if !set.Has(byte(c)) {
			continue
		}
		all = append(all, byte(c))
		if c > ' ' && c < 127 {
			printable = append(printable, byte(c))
		}
	}
	if len(printable) > 0 && s.rng.IntN(8) > 0 {
		all = printable
	}
	if len(all) == 0 {
		return 0
	}
	return all[s.rng.IntN(len(all))]
}

// occurrence writes bytes in which str occurs, in one of the variants that
// its modifiers allow.
func occurrence(rng *rand.Rand, str *yara.String) piece {
	p := piece{str: str, off: unplaced, hi: maxSize}
	s := &sampler{rng: rng}
	if str.Kind == yara.Text {
		s.out = append(s.out, str.Text...)
	} else {
		s.node(str.Node)
	}
	b := s.out
	if str.Mods&yara.Nocase != 0 {
		b = anyCase(rng, b)
	}
	wide := str.Mods&yara.Wide != 0 && (str.Mods&yara.ASCII == 0 || rng.IntN(2) == 0)
	if wide {
		b = widen(b)
	}
	if str.Mods&yara.Xor != 0 {
		key := str.XorMin + byte(rng.IntN(int(str.XorMax)-int(str.XorMin)+1))
		b = append([]byte(nil), b...)
		for i := range b {
			b[i] ^= key
		}
	}
	if str.Mods&(yara.Base64|yara.Base64Wide) != 0 {
		b = encode(rng, str, b)
	}
	p.data = b
	if s.begin {
		p.off = 0
	}
	p.end = s.end
	return p
}

// encode is b in base64, behind zero to two other bytes and before three
// more, so that b meets each of the three alignments.
func encode(rng *rand.Rand, str *yara.String, b []byte) []byte {
	plain := []byte("qwZ"[:rng.IntN(3)])
	plain = append(append(plain, b...), "end"...)
	encoding := base64.RawStdEncoding
	if str.Alphabet != nil {
		if !distinct(str.Alphabet) {
			return nil
		}
		encoding = base64.NewEncoding(string(str.Alphabet)).WithPadding(base64.NoPadding)
	}
	out := []byte(encoding.EncodeToString(plain))
	if str.Mods&yara.Base64Wide != 0 && (str.Mods&yara.Base64 == 0 || rng.IntN(2) == 0) {
		out = widen(out)
	}
	return out
}

// distinct tells whether no byte comes twice, as encoding/base64 demands.
func distinct(alphabet []byte) bool {
	var seen pattern.Set
	for _, c := range alphabet {
		if seen.Has(c) || c == '\n' || c == '\r' {
			return false
		}
		seen.Add(c)
	}
	return len(alphabet) == 64
}

func widen(b []byte) []byte {
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, c, 0)
	}
	return out
}

// anyCase swaps the case of letters by chance.
func anyCase(rng *rand.Rand, b []byte) []byte {
	out := append([]byte(nil), b...)
	mode := rng.IntN(3)
	for i, c := range out {
		if letter(c) && (mode == 0 || mode == 1 && rng.IntN(2) == 0) {
			out[i] = c ^ 0x20
		}
	}
	return out
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
