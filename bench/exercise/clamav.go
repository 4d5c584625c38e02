package exercise

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"candor/bench/ruleset"
	"candor/engine/yara"
)

// WriteClamAV makes content for the body signatures (.ndb, .ldb) of a set
// below dir. Hash signatures are met by no content that could be made.
func WriteClamAV(s ruleset.Set, seed uint64, dir string) (*Exercise, error) {
	sources, err := s.Sources()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	e := &Exercise{meant: map[string][]string{}}
	for _, src := range sources {
		for line := range strings.Lines(string(src.Data)) {
			sig, ok := readSignature(filepath.Ext(src.Name), strings.TrimSpace(line))
			if !ok {
				continue
			}
			e.rules = append(e.rules, sig.name)
			for i, c := range sig.cases(seed) {
				path := filepath.Join(dir, fmt.Sprintf("%d-%d-%s", len(e.rules), i, c.kind))
				if err := os.WriteFile(path, c.data, 0o644); err != nil {
					return nil, err
				}
				e.files = append(e.files, path)
				e.meant[sig.name] = append(e.meant[sig.name], path)
			}
		}
	}
	return e, nil
}

// signature is what the exerciser knows of a body signature: its bodies with
// their offsets, each to be there once or as often as the expression counts.
type signature struct {
	name   string
	target string
	bodies []body
}

type body struct {
	offset, hex string
	times       int
}

func readSignature(ext, line string) (signature, bool) {
	if line == "" || line[0] == '#' {
		return signature{}, false
	}
	switch ext {
	case ".ndb", ".ndu":
		f := strings.Split(line, ":")
		if len(f) < 4 {
			return signature{}, false
		}
		return signature{f[0], f[1], []body{{f[2], f[3], 1}}}, true
	case ".ldb", ".ldu":
		return readLogical(line)
	}
	return signature{}, false
}

// readLogical takes all subsignatures, those with a count in the expression
// ("0>2", "1=3") as often as it says and one more.
func readLogical(line string) (signature, bool) {
	f := strings.Split(line, ";")
	if len(f) < 4 {
		return signature{}, false
	}
	s := signature{name: f[0], target: "0"}
	for attribute := range strings.SplitSeq(f[1], ",") {
		if t, ok := strings.CutPrefix(attribute, "Target:"); ok {
			s.target = t
		}
	}
	for i, sub := range f[3:] {
		text, _, _ := strings.Cut(sub, "::")
		if strings.ContainsAny(text, "/#$") {
			continue // PCRE, byte compare, macro: met by chance or by hand
		}
		offset, pattern, ok := strings.Cut(text, ":")
		if !ok {
			offset, pattern = "*", text
		}
		s.bodies = append(s.bodies, body{offset, pattern, times(f[2], i)})
	}
	return s, true
}

// times is how often subsignature i is to occur.
func times(expression string, i int) int {
	for _, op := range []string{">", "="} {
		_, after, ok := strings.Cut(expression, strconv.Itoa(i)+op)
		if !ok {
			continue
		}
		digits := strings.TrimLeft(after, "0123456789")
		n, err := strconv.Atoi(after[:len(after)-len(digits)])
		if err != nil || n > 100 {
			continue
		}
		if op == ">" {
			n++
		}
		return n
	}
	return 1
}

// anyString stands for what a signature asked for.
var anyString = &yara.String{}

// cases are contents for the signature: two that are meant to match and near misses.
func (s signature) cases(seed uint64) []miss {
	h := fnv.New64a()
	h.Write([]byte(s.name))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	var out []miss
	for i, kind := range []string{"meant", "tight"} {
		d, ok := s.draft(rng)
		if !ok {
			continue
		}
		p, ok := d.layout(rng, i == 1)
		if !ok {
			continue
		}
		out = append(out, miss{kind, s.dress(p.data)})
		if i > 0 {
			continue
		}
		for j := range p.pieces {
			p.pieces[j].str = anyString // so that near misses take it for a string
		}
		for _, m := range misses(rng, p) {
			if m.kind == "shifted" && s.target == "1" {
				continue // it becomes an executable within a file, which only an unpacker takes out
			}
			out = append(out, miss{m.kind, s.dress(m.data)})
		}
	}
	return out
}

// dress makes the content what the target asks for.
func (s signature) dress(data []byte) []byte {
	if s.target == "3" {
		return bytes.Join([][]byte{[]byte("<html><body>\n"), data, []byte("\n</body></html>\n")}, nil)
	}
	return data
}

func (s signature) draft(rng *rand.Rand) (draft, bool) {
	d := newDraft()
	switch s.target {
	case "1":
		d = d.executing(portable)
	case "6":
		d = d.executing(elf)
	}
	for _, b := range s.bodies {
		for range b.times {
			data, ok := sampleBody(rng, b.hex)
			if !ok {
				return d, false
			}
			p := piece{data: data, off: unplaced, hi: maxSize}
			if d, ok = d.bodyAt(p, b.offset); !ok {
				return d, false
			}
		}
	}
	return d, true
}

// bodyAt adds a piece at a ClamAV offset.
func (d draft) bodyAt(p piece, offset string) (draft, bool) {
	offset, shift, _ := strings.Cut(offset, ",")
	reach, _ := strconv.ParseInt(shift, 10, 64)
	base := int64(0)
	switch {
	case offset == "*":
		return d.with(p)
	case strings.HasPrefix(offset, "EOF-"):
		n, err := strconv.ParseInt(offset[4:], 10, 64)
		if err != nil {
			return d, false
		}
		d, size, ok := d.sized()
		p.off = size - n
		d, fits := d.with(p)
		return d, ok && fits
	case strings.HasPrefix(offset, "EP"):
		base, offset = codeStart, offset[2:]
	case strings.HasPrefix(offset, "S0"), strings.HasPrefix(offset, "SL"):
		base, offset = codeStart, offset[2:]
	case strings.HasPrefix(offset, "SE0"):
		return d.with(p)
	}
	n, err := strconv.ParseInt(offset, 10, 64)
	if err != nil {
		return d, false
	}
	p.off = base + n
	if reach > 0 {
		p.lo, p.hi, p.off = p.off, p.off+reach, unplaced
	}
	return d.with(p)
}

// sampleBody writes bytes that a ClamAV hex body describes.
func sampleBody(rng *rand.Rand, s string) ([]byte, bool) {
	var out []byte
	for len(s) > 0 {
		switch c := s[0]; {
		case c == '*':
			out = append(out, make([]byte, rng.IntN(20))...)
			s = s[1:]
		case c == '{' || c == '[':
			end := strings.IndexAny(s, "}]")
			if end < 0 {
				return nil, false
			}
			n, ok := gapLength(rng, s[1:end])
			if !ok {
				return nil, false
			}
			out = append(out, make([]byte, n)...)
			s = s[end+1:]
		case c == '(' || c == '!':
			end := strings.IndexByte(s, ')')
			if end < 0 {
				return nil, false
			}
			b, ok := alternative(rng, s[:end])
			if !ok {
				return nil, false
			}
			out = append(out, b...)
			s = s[end+1:]
		default:
			if len(s) < 2 {
				return nil, false
			}
			b, err := hex.DecodeString(strings.ReplaceAll(s[:2], "?", "5"))
			if err != nil {
				return nil, false
			}
			out = append(out, b...)
			s = s[2:]
		}
	}
	return out, len(out) > 0
}

func gapLength(rng *rand.Rand, s string) (int, bool) {
	lo, hi, ranged := strings.Cut(s, "-")
	if !ranged {
		hi = lo
	}
	if lo == "" {
		lo = "0"
	}
	least, err := strconv.Atoi(lo)
	if err != nil || least > 1<<16 {
		return 0, false
	}
	most := least + 30
	if hi != "" {
		if most, err = strconv.Atoi(hi); err != nil || most < least {
			return 0, false
		}
	}
	return least + rng.IntN(min(most-least, 200)+1), true
}

// alternative picks one of "(aa|bb", or for "!(aa|bb" bytes that are none of them.
func alternative(rng *rand.Rand, s string) ([]byte, bool) {
	inner, negated := strings.CutPrefix(s, "!")
	list := strings.Split(strings.TrimPrefix(inner, "("), "|")
	switch choice := list[rng.IntN(len(list))]; {
	case choice == "B" || choice == "W":
		if negated {
			return []byte("x"), true
		}
		return []byte(" "), true
	case choice == "L":
		if negated {
			return []byte("x"), true
		}
		return []byte("\r\n"), true
	case negated:
		return bytes.Repeat([]byte{'~'}, len(choice)/2), true
	default:
		return sampleBody(rng, choice)
	}
}
