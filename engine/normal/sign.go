package normal

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"

	"candor/engine/internal/vector"
)

// sign is a pattern that shows what a file is, wherever between two offsets it
// begins.
type sign struct {
	min, max int // max 0 with min anywhere for no bound
	pattern  string
	as       FileType
}

const anywhere = -1

// signs are asked after the magics, of texts and of binary data. In a pattern
// 'text' stands for itself, [Aa] for one of the characters, two digits for a
// byte in hexadecimal, a question mark for any digit; * and {n-m} are gaps.
var signs = []sign{
	{anywhere, 0, "'<A '*[Hh][Rr]'EF'", TypeHTML},
	{anywhere, 0, "'<A '*[Hh][Rr]'ef'", TypeHTML},
	{anywhere, 0, "'<a '*[Hh][Rr]'EF'", TypeHTML},
	{anywhere, 0, "'<a '*[Hh][Rr]'ef'", TypeHTML},
	{anywhere, 0, "'<HEAD>'", TypeHTML},
	{anywhere, 0, "'<HTML>'", TypeHTML},
	{anywhere, 0, "'<Head>'", TypeHTML},
	{anywhere, 0, "'<Html>'", TypeHTML},
	{anywhere, 0, "'<head>'", TypeHTML},
	{anywhere, 0, "'<html>'", TypeHTML},
	{anywhere, 0, "'<IFRAME'", TypeHTML},
	{anywhere, 0, "'<iframe'", TypeHTML},
	{anywhere, 0, "'<IMG'", TypeHTML},
	{anywhere, 0, "'<Img'", TypeHTML},
	{anywhere, 0, "'<img'", TypeHTML},
	{anywhere, 0, "'<OBJECT'", TypeHTML},
	{anywhere, 0, "'<Object'", TypeHTML},
	{anywhere, 0, "'<object'", TypeHTML},
	{anywhere, 0, "'<SCRIPT'", TypeHTML},
	{anywhere, 0, "'<Script'", TypeHTML},
	{anywhere, 0, "'<script'", TypeHTML},
	{anywhere, 0, "'<TABLE'", TypeHTML},
	{anywhere, 0, "'<table'", TypeHTML},
	{0, 0, "'<%@ LANGUAGE ='", TypeHTML},

	{0, 1024, "'\n'[Ff]'rom: '{-1024}'\n'[Mm][Ii][Mm][Ee]'-'[Vv]'ersion: '", TypeMail},
	{0, 1024, "'\n'[Ff]'rom: '{-2048}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMail},
	{0, 1024, "'\n'[Mm][Ii][Mm][Ee]'-'[Vv]'ersion: '{-2048}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMail},
	{0, 1024, "'\n'[Mm]'essage-'[Ii]'d: '{-1024}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMail},
	{0, 2048, "'\n'[Rr]'eceived: '{-2048}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMail},
	{0, 1024, "'Delivered-To:'{-256}'Received:'", TypeMail},
	{0, 0, "[Mm][Ii][Mm][Ee]'-'[Vv]'ersion: '{-1024}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMHTML},
	{anywhere, 0, "'\n'[Mm][Ii][Mm][Ee]'-'[Vv]'ersion: '{-1024}'\n'[Cc]'ontent-'[Tt]'ype: '", TypeMHTML},

	{anywhere, 0, "'MZ'{60-300}'PE'0000", TypePE},
	{0, 0, "cafebabe0000000?", TypeMachOUniversal},
	{0, 0, "cafebabe0000001?", TypeMachOUniversal},
	{0, 0, "cafebabe0000002?", TypeJava},
	{0, 0, "cafebabe0000003?", TypeJava},
	{0, 0, "??0d0d0a", TypePythonCompiled},

	{anywhere, 0, "'%PDF-'??'.'", TypePDF},
	{anywhere, 0, "'%pdf-'??'.'", TypePDF},
	{anywhere, 0, "'<xdp:xdp'", TypeXDP},
	{0, 0, "'<?xml version=\"1.0\"'{0-1024}'<Workbook'", TypeXMLExcel},
	{0, 0, "'<?xml version=\"1.0\"'{0-1024}'<'??':Workbook'", TypeXMLExcel},
	{0, 0, "'<?xml version=\"1.0\"'{0-1024}'<wordDocument'", TypeXMLWord},
	{0, 0, "'<?xml version=\"1.0\"'{0-1024}'<'??':wordDocument'", TypeXMLWord},
	{0, 0, "'<?xml version=\"1.0\"'{0-1024}'progid=\"Word.Document\"?>'", TypeXMLWord},
	{0, 0, "efbbbf'<?xml version=\"1.0\"'*'<HWPML'", TypeXMLHWP},

	{anywhere, 0, "'PK'0304", TypeZIPSFX},
	{anywhere, 0, "'Rar!'1a0700", TypeRARSFX},
	{anywhere, 0, "377abcaf271c", TypeSevenZipSFX},
	{anywhere, 0, "'MSCF'00000000", TypeCABSFX},
	{anywhere, 0, "60ea??????????????0002", TypeARJSFX},
	{anywhere, 0, "60ea??????????????0102", TypeARJSFX},
	{anywhere, 0, "60ea??????????????0202", TypeARJSFX},
	{anywhere, 0, "a3484bbe986c4aa9994c530a86d6487d'AU3!EA0'[56]", TypeAutoIt},
	{anywhere, 0, "efbeadde'NullsoftInst'", TypeNSIS},
	{anywhere, 0, "'InstallShield'00{292-292}0600000000000000????????????????0000000001", TypeInstallShield},
	{2, 2, "'-lh'[01234567dx]'-'", TypeLHA},
	{2, 2, "'-lz'[s45]'-'", TypeLHA},
	{2, 2, "'-pm0-'", TypeLHA},
	{8, 20, "19040010", TypeSIS},

	{anywhere, 0, "01'CD001'{2043-2443}'CD001'", TypeISO9660},
	{0, 32768, "00'BEA01'", TypeUDF},
	{0, 0, "'ER'{510-510}'PM'0000", TypeAPM},
	{510, 510, "55aa", TypeMBR},
	{0, 128, "'/RGB\nID'0affffffffffffffffffffffffffffffffffffffffffffffff", TypeIgnored},
}

// probe is a sign made ready.
type probe struct {
	sign
	number   int
	parts    [2][][4]uint64 // the second one is empty if there is no gap
	low, up  int            // the gap; up -1 for no bound
	hasGap   bool
	unending bool
}

// probes has the signs by the bytes that their first parts begin with, and
// those whose gap has no bound also by the bytes of their second parts. They are
// made when they are first asked for.
var probes = sync.OnceValue(makeProbes)

type probeTable struct {
	first, second [256][]*probe
	pairs         [1 << 16]uint8    // whether two bytes begin a first part, or a second one
	triples       []*vector.Triples // of first parts, and of both; nil if pairs are as good
}

// Bits of pairs.
const (
	beginsFirst  = 1
	beginsSecond = 2
)

// maxSigns bounds the signs, so that what is known of each needs no memory of
// its own.
const maxSigns = 96

func makeProbes() *probeTable {
	t := &probeTable{}
	if vector.Fast() {
		t.triples = []*vector.Triples{{}, {}}
	}
	for i, s := range signs {
		p := &probe{sign: s, number: i}
		p.parse(s.pattern)
		for c := range 256 {
			if has(p.parts[0][0], byte(c)) {
				t.first[c] = append(t.first[c], p)
				if p.min != 0 || p.max != 0 { // the begin of a file is looked at in any case
					t.pair(c, p.parts[0], beginsFirst)
				}
			}
			if p.unending && has(p.parts[1][0], byte(c)) {
				t.second[c] = append(t.second[c], p)
				t.pair(c, p.parts[1], beginsSecond)
			}
		}
	}
	return t
}

// pair notes that a part begins with a byte.
func (t *probeTable) pair(first int, part [][4]uint64, bit uint8) {
	for c := range 256 {
		if has(part[1], byte(c)) {
			t.pairs[first|c<<8] |= bit
		}
	}
	heap := first >> 4 % vector.Heaps
	third := func(c byte) bool { return has(part[2], c) }
	switch {
	case len(part) < 3: // apart, for it says little
		heap, third = vector.Heaps-1, func(byte) bool { return true }
	case bit == beginsSecond:
		heap = 1
	}
	for i, x := range t.triples {
		if i > 0 || bit == beginsFirst {
			x.Add(heap, [3]func(byte) bool{
				func(c byte) bool { return int(c) == first },
				func(c byte) bool { return has(part[1], c) },
				third,
			})
		}
	}
}

// next gives an offset from i on such that no part with one of the bits stands
// before it, the last offset, or one beyond.
func (t *probeTable) next(data []byte, i int, wanted uint8) int {
	if t.triples != nil {
		if i = t.triples[wanted>>1].Next(data, i); !vector.Ends(data, i) {
			return i
		}
	}
	for ; i <= len(data)-8; i += 7 {
		v := binary.LittleEndian.Uint64(data[i : i+8])
		if (t.pairs[uint16(v)]|t.pairs[uint16(v>>8)]|t.pairs[uint16(v>>16)]|t.pairs[uint16(v>>24)]|
			t.pairs[uint16(v>>32)]|t.pairs[uint16(v>>40)]|t.pairs[uint16(v>>48)])&wanted != 0 {
			break
		}
	}
	for i+1 < len(data) && t.pairs[int(data[i])|int(data[i+1])<<8]&wanted == 0 {
		i++
	}
	return i
}

// parse reads the notation of signs. It only ever sees the table above.
func (p *probe) parse(s string) {
	part := 0
	add := func(set [4]uint64) { p.parts[part] = append(p.parts[part], set) }
	for s != "" {
		switch s[0] {
		case '\'', '[':
			end := 1 + strings.IndexByte(s[1:], "']"[boolIndex(s[0] == '[')])
			var all [4]uint64
			for _, c := range []byte(s[1:end]) {
				set := [4]uint64{}
				set[c>>6] = 1 << (c & 63)
				all[c>>6] |= set[c>>6]
				if s[0] == '\'' {
					add(set)
				}
			}
			if s[0] == '[' {
				add(all)
			}
			s = s[end+1:]
		case '*':
			part, p.hasGap, p.unending, p.up = 1, true, true, -1
			s = s[1:]
		case '{':
			low, up, _ := strings.Cut(s[1:strings.IndexByte(s, '}')], "-")
			p.low, _ = strconv.Atoi(low)
			p.up, _ = strconv.Atoi(up)
			part, p.hasGap = 1, true
			s = s[strings.IndexByte(s, '}')+1:]
		default:
			var set [4]uint64
			for c := range 256 {
				if digitFits(s[0], c>>4) && digitFits(s[1], c&15) {
					set[c>>6] |= 1 << (c & 63)
				}
			}
			add(set)
			s = s[2:]
		}
	}
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

func digitFits(d byte, v int) bool { return d == '?' || hexValue(d) == v }

func has(set [4]uint64, c byte) bool { return set[c>>6]>>(c&63)&1 != 0 }

// fits tells whether a part stands at the begin of data.
func fits(part [][4]uint64, data []byte) bool {
	if len(data) < len(part) {
		return false
	}
	for i := range part {
		if c := data[i]; part[i][c>>6]>>(c&63)&1 == 0 {
			return false
		}
	}
	return true
}

// at tells whether the sign may begin at an offset.
func (p *probe) at(offset int) bool {
	return p.min == anywhere || offset >= p.min && offset <= max(p.max, p.min)
}

// recognise finds the sign in data, which begins at offset base of a file, that
// counts.
func recognise(data []byte, base int) FileType {
	probes, found := probes(), TypeAny
	var open [maxSigns]bool // the first part has been seen
	var ends [maxSigns]int
	wanted := uint8(beginsFirst) // second parts only after a first one
	i := 0
	if base > 0 {
		i = probes.next(data, 0, wanted)
	}
	// Every part has at least two bytes.
	for ; i+1 < len(data); i = probes.next(data, i+1, wanted) {
		c := data[i]
		for _, p := range probes.second[c] {
			if open[p.number] && i >= ends[p.number] && fits(p.parts[1], data[i:]) {
				found = greater(found, p.as)
			}
		}
		for _, p := range probes.first[c] {
			if !p.at(base+i) || p.unending && open[p.number] || !fits(p.parts[0], data[i:]) {
				continue
			}
			end := i + len(p.parts[0])
			switch {
			case p.unending:
				open[p.number], ends[p.number], wanted = true, end, beginsFirst|beginsSecond
			case !p.hasGap || p.follows(data, end):
				if p.as == TypeIgnored {
					return TypeIgnored
				}
				found = greater(found, p.as)
			}
		}
	}
	return found
}

// follows tells whether the second part stands after the gap.
func (p *probe) follows(data []byte, end int) bool {
	from, to := end+p.low, min(end+p.up, len(data)-len(p.parts[1]))
	for i := from; i <= to; i++ {
		if fits(p.parts[1], data[i:]) {
			return true
		}
	}
	return false
}

// greater gives the type that counts: libclamav lets any type from SFX on, and
// PE, take the place of the one found before.
func greater(found, t FileType) FileType {
	if t > found || t >= TypeSFX || t == TypePE {
		return t
	}
	return found
}

// archives are the types of self-extracting archives, which say nothing of the
// file as a whole.
var archives = []FileType{TypeZIPSFX, TypeARJSFX, TypeRARSFX, TypeEGGSFX, TypeCABSFX, TypeSevenZipSFX}

func isArchive(t FileType) bool { return slices.Contains(archives, t) }

// htmlSigns are the words after the "<" of the signs of HTML, in small letters;
// that of a link is its blank.
var htmlSigns = []string{"a ", "head>", "html>", "iframe", "img", "object", "script", "table", "%@ language ="}

// htmlSignBegin has the bytes that those begin with.
var htmlSignBegin = func() (t [256]bool) {
	for _, s := range htmlSigns {
		t[s[0]] = true
		if letter(s[0]) {
			t[s[0]&^0x20] = true
		}
	}
	return t
}()

// HTMLSign tells whether src may hold a sign of HTML: Anywhere and Type tell
// TypeHTML for no text without one.
func HTMLSign(src []byte) bool {
	if t := htmlTriples; t != nil {
		i := t.Next(src, 0)
		for ; !vector.Ends(src, i); i = t.Next(src, i+1) {
			if src[i] == '<' && htmlSignAt(src[i+1:]) {
				return true
			}
		}
		src = src[i:]
	}
	for {
		i := bytes.IndexByte(src, '<')
		if i < 0 {
			return false
		}
		if src = src[i+1:]; htmlSignAt(src) {
			return true
		}
	}
}

// htmlSignAt tells whether what stands behind a "<" may be the rest of a sign.
func htmlSignAt(src []byte) bool {
	if len(src) == 0 || !htmlSignBegin[src[0]] {
		return false
	}
	for _, s := range htmlSigns {
		if len(src) >= len(s) && src[0]|0x20 == s[0]|0x20 && bytes.EqualFold(src[:len(s)], []byte(s)) {
			return true
		}
	}
	return false
}

// htmlTriples finds what the signs begin with, where the processor looks at many
// offsets at once.
var htmlTriples = func() *vector.Triples {
	if !vector.Fast() {
		return nil
	}
	t := &vector.Triples{}
	for i, s := range htmlSigns {
		is := func(k int) func(byte) bool { return func(c byte) bool { return lower(c) == s[k] } }
		t.Add(i%vector.Heaps, [3]func(byte) bool{func(c byte) bool { return c == '<' }, is(0), is(1)})
	}
	return t
}()
