package engine

import (
	"strings"

	"candor/engine/clamav"
	"candor/engine/internal/ir"
	"candor/engine/internal/lower"
	"candor/engine/internal/match"
	"candor/engine/normal"
	"candor/engine/pattern"
)

// clamTargets is the number of targets that ClamAV signatures have.
const clamTargets = 15

// clamav reads a source of ClamAV definitions. It tells whether it is one.
// The signatures are compiled when all sources are read, for one may ignore
// what another holds.
func (c *compiler) clamav(s Source) bool {
	if !clamav.Known(s.Name) {
		return false
	}
	db, problems := clamav.Read(s.Name, s.Data, clamav.Options{Regexp: pcre})
	for _, p := range problems {
		c.problem(Problem{File: p.File, Line: p.Line, Rule: p.Name, Reason: p.Reason})
	}
	c.databases = append(c.databases, db)
	for _, y := range db.Yara {
		s := Source{Name: y.Origin.File, Namespace: y.Origin.File, Data: y.Text}
		c.yara(s, c.parseOne(s))
	}
	return true
}

// pcre reads a regular expression of a logical signature.
func pcre(source, flags string) (*pattern.Node, error) {
	return pattern.ParseRegexp(source, pattern.RegexpFlags{
		Dialect:   pattern.PCRE,
		Nocase:    strings.Contains(flags, "i"),
		DotAll:    strings.Contains(flags, "s"),
		Multiline: strings.Contains(flags, "m"),
		Extended:  strings.Contains(flags, "x"),
		Anchored:  strings.Contains(flags, "A"),
		DollarEnd: strings.Contains(flags, "E"),
		Ungreedy:  strings.Contains(flags, "U"),
	})
}

// mergeSignatures compiles the signatures of all databases.
func (c *compiler) mergeSignatures() {
	if len(c.databases) == 0 {
		return
	}
	db := clamav.Merge(c.databases...)
	c.databases, c.signed = nil, true
	groups := map[clamav.Target]map[uint32][]*clamav.Body{}
	for i := range db.Bodies {
		b := &db.Bodies[i]
		if b.Offset.Kind == clamav.MacroGroup {
			if groups[b.Target] == nil {
				groups[b.Target] = map[uint32][]*clamav.Body{}
			}
			groups[b.Target][b.Offset.N] = append(groups[b.Target][b.Offset.N], b)
		}
	}
	for i := range db.Bodies {
		b := &db.Bodies[i]
		if b.Offset.Kind != clamav.MacroGroup {
			r, err := lower.Body(b)
			c.signature(b.Target, b.Origin, b.Name, b.Line, r, err)
		}
	}
	for i := range db.Logical {
		l := &db.Logical[i]
		r, err := lower.Logical(l, groups[l.Target])
		c.signature(l.Target, l.Origin, l.Name, l.Line, r, err)
	}
	c.hashes(0, db.Hashes)
	c.hashes(1, db.SectionHashes)
	c.hashes(2, db.FalsePositives)
	for i := range db.ImportHashes {
		h := &db.ImportHashes[i]
		c.problem(Problem{File: h.Origin.File, Line: int(h.Line), Rule: h.Name(), Reason: "digests of import tables are not supported"})
	}
	for i := range db.FileTypes {
		c.fileType(&db.FileTypes[i])
	}
}

// fileType takes a file type that is known by bytes at an offset.
func (c *compiler) fileType(t *clamav.FileType) {
	as, ok := normal.ParseType(t.Detected)
	reason := ""
	switch {
	case t.Magic == nil:
		reason = "file types that are known by a pattern are not supported"
	case t.Partition || t.Required != "CL_TYPE_ANY":
		reason = "conditions on what a file was taken for before are not supported"
	case !ok:
		reason = "unknown file type " + t.Detected
	default:
		c.types = append(c.types, match.FileType{At: t.Offset.N, Magic: t.Magic, As: as})
		return
	}
	c.problem(Problem{File: t.Origin.File, Line: t.Line, Rule: t.Name, Reason: reason})
}

func (c *compiler) signature(target clamav.Target, origin *clamav.Origin, name string, line int, r *ir.Rule, err error) {
	if err != nil {
		c.problem(Problem{File: origin.File, Line: line, Rule: name, Reason: err.Error()})
		return
	}
	if int(target) >= clamTargets {
		c.problem(Problem{File: origin.File, Line: line, Rule: name, Reason: "unknown target"})
		return
	}
	c.add(c.target(target), signatureInfo(origin, name, line), r)
}

func signatureInfo(origin *clamav.Origin, name string, line int) *Rule {
	return &Rule{Name: origin.Label(name), Language: "clamav", File: origin.File, Line: line}
}

func (c *compiler) target(t clamav.Target) *namespace {
	if c.signatures[t] == nil {
		c.signatures[t] = &namespace{target: uint8(t) + 1}
		c.order = append(c.order, c.signatures[t])
	}
	return c.signatures[t]
}

func (c *compiler) hashes(use int, hashes []clamav.Hash) {
	for i := range hashes {
		h := &hashes[i]
		var id uint32
		if use < 2 {
			id = c.add(c.target(clamav.Any), signatureInfo(h.Origin, h.Name(), int(h.Line)), &ir.Rule{Cond: &ir.Expr{Op: ir.Undefined}})
		}
		c.digests[use][h.Kind] = append(c.digests[use][h.Kind], match.Digest{Size: h.Size, Sum: h.Digest(), Rule: id})
	}
}

func (c *compiler) setDigests(set *match.Set) {
	set.Signatures, set.Types = c.signed, c.types
	for use, kinds := range c.digests {
		into := [...]*[]match.Digests{&set.Digests, &set.SectionDigests, &set.Allowed}[use]
		for kind, entries := range kinds {
			if len(entries) > 0 {
				*into = append(*into, match.NewDigests(clamav.HashKind(kind).Size(), entries))
				c.digests[use][kind] = nil
			}
		}
	}
}
