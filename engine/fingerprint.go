package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"candor/engine/internal/ir"
	"candor/engine/internal/match"
)

// Fingerprint tells a rule by its name and by all that its verdict rests on:
// its strings and condition, the rules that it refers to and those that govern
// it, and this version of the engine. Where it stands, its namespace and
// metadata, and what other rules there are do not matter. Rules with one
// fingerprint match the same content.
type Fingerprint [16]byte

// Fingerprints gives the fingerprint of each rule, in the order of All. The
// slice may not be changed.
func (r *Rules) Fingerprints() []Fingerprint { return r.prints }

// fingerprints takes them; rules refer to earlier ones only.
func (c *compiler) fingerprints(set *match.Set) []Fingerprint {
	externs, signatures := c.printExternals(), printSignatures(set)
	out := make([]Fingerprint, len(c.rules))
	var code []byte
	h := sha256.New()
	for i, r := range c.rules {
		info, space := c.infos.decode(uint32(i)), c.space[i]
		h.Reset()
		part(h, []byte{formatVersion, c.flags[i], space.target})
		part(h, []byte(info.Name))
		if space.target > 0 {
			part(h, signatures)
		}
		refs := detach(r.Cond)
		code = r.Append(code[:0])
		part(h, code)
		for _, one := range refs.of {
			one.expr.Refs = one.refs
			for _, ref := range one.refs {
				part(h, out[ref][:])
			}
		}
		if refs.externs {
			c.flags[i] |= match.Situated
			part(h, externs)
		}
		for _, g := range space.globals {
			if int(g) < i {
				part(h, out[g][:])
			}
		}
		copy(out[i][:], h.Sum(code[:0]))
	}
	c.printGlobals(out)
	printDigests(set, out)
	return out
}

// printGlobals has rules depend on global rules that stand behind them.
func (c *compiler) printGlobals(out []Fingerprint) {
	for i := range c.rules {
		for _, g := range c.space[i].globals {
			if int(g) > i {
				out[i] = mix(out[i], out[g][:])
			}
		}
	}
}

// printDigests has the rules of digests depend on them.
func printDigests(set *match.Set, out []Fingerprint) {
	for use, sets := range [][]match.Digests{set.Digests, set.SectionDigests} {
		for i := range sets {
			sets[i].Each(func(d match.Digest) {
				out[d.Rule] = mix(out[d.Rule], append(binary.LittleEndian.AppendUint32([]byte{byte(use)}, d.Size), d.Sum...))
			})
		}
	}
}

// printSignatures is what all signatures depend on: the contents that none is
// to report, and the file types that tell what is matched against what.
func printSignatures(set *match.Set) []byte {
	h := sha256.New()
	for i := range set.Allowed {
		set.Allowed[i].Each(func(d match.Digest) {
			part(h, append(binary.LittleEndian.AppendUint32(nil, d.Size), d.Sum...))
		})
	}
	for _, t := range set.Types {
		part(h, binary.LittleEndian.AppendUint32([]byte{byte(t.As)}, t.At))
		part(h, t.Magic)
	}
	return h.Sum(nil)
}

func (c *compiler) printExternals() []byte {
	h := sha256.New()
	for _, x := range c.externs {
		part(h, appendExternal(nil, x))
	}
	return h.Sum(nil)
}

// part hashes one of several parts.
func part(h hash.Hash, b []byte) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
	h.Write(n[:])
	h.Write(b)
}

func mix(f Fingerprint, b []byte) Fingerprint {
	h := sha256.New()
	part(h, f[:])
	part(h, b)
	return Fingerprint(h.Sum(nil)[:len(f)])
}

// references are what a condition refers to besides its own strings.
type references struct {
	of []struct {
		expr *ir.Expr
		refs []uint32
	}
	externs bool
}

// detach takes the numbers of other rules out of a condition: they are other
// ones where there are other rules.
func detach(e *ir.Expr) (r references) {
	var walk func(e *ir.Expr)
	walk = func(e *ir.Expr) {
		switch e.Op {
		case ir.Rule_, ir.OfRules:
			r.of = append(r.of, struct {
				expr *ir.Expr
				refs []uint32
			}{e, e.Refs})
			e.Refs = nil
		case ir.Extern:
			r.externs = true
		}
		for _, k := range e.Kids {
			walk(k)
		}
	}
	walk(e)
	return r
}
