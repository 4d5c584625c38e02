// Package match runs a compiled set of rules over content: it finds the
// candidates that the lanes of package plan leave, searches their patterns
// and evaluates their conditions, each no further than the answer needs.
package match

import (
	"slices"
	"sync"
	"sync/atomic"

	"candor/engine/internal/ir"
	"candor/engine/internal/plan"
	"candor/engine/module"
	"candor/engine/normal"
)

// Set is a compiled set of rules. It is immutable but for rules that are
// decoded when they are first needed, and safe for concurrent use.
type Set struct {
	Code      []byte
	CodeOff   []uint32     // by rule; len = rules+1
	Numbers   plan.Numbers // of the patterns of each rule
	Patterns  int
	Flags     []uint8 // by rule
	GroupOf   []uint16
	Groups    []Group
	Plans     [Views][plan.Routes]*plan.Plan
	Externals []string
	Modules   map[string]module.Module

	Signatures     bool      // there are ClamAV signatures
	TextGated      bool      // the plans tell whether the normal form of a text may match; see plan.TextGate
	TextPieces     [][]byte  // of the text atoms
	Digests        []Digests // of files, by kind
	SectionDigests []Digests // of sections of portable executables
	Allowed        []Digests // of files that no signature is to report

	Types []FileType // of a user's own

	units []atomic.Pointer[unit]
	types *normal.Types // nil without any
	mail  bool          // there are signatures for mail
	ruled []bool        // by group: it has rules

	asked    sync.Once
	question []question // that are asked of external variables
}

// FileType is a file type of a user's own: Magic at offset At tells it.
type FileType struct {
	At    uint32
	Magic []byte
	As    normal.FileType
}

// Flags of a rule.
const (
	Global = 1 << iota
	Private
	Situated // its condition asks for external variables
)

// Group is the rules that the same global rules govern.
type Group struct {
	Globals []uint32
	Target  uint8      // 0 for YARA rules; 1 + the target of ClamAV signatures
	Gate    *plan.Gate // nil for none
}

// The views that rules are looked for in: content as it is, which all rules
// see, and its normal forms, which only ClamAV signatures do.
const (
	Raw = iota
	Normal
	Views
)

// Init makes a filled-in Set ready for use.
func (s *Set) Init() {
	s.units = make([]atomic.Pointer[unit], len(s.CodeOff)-1)
	for _, t := range s.Types {
		if s.types == nil {
			s.types = &normal.Types{}
		}
		s.types.Add(int(t.At), t.Magic, t.As)
	}
	s.ruled = make([]bool, len(s.Groups))
	for _, g := range s.GroupOf {
		s.ruled[g] = true
	}
	for i := range s.Groups {
		s.mail = s.mail || s.Groups[i].Target == 1+targetMail
	}
}

// Rules is the number of rules.
func (s *Set) Rules() int { return len(s.CodeOff) - 1 }

// Only gives a Set of the rules that are wanted, without plans, and by group those
// to look for. The others are private.
func (s *Set) Only(wanted func(rule uint32) bool) (*Set, [][]uint32) {
	out := &Set{Code: s.Code, CodeOff: s.CodeOff, Numbers: s.Numbers, Patterns: s.Patterns, Flags: slices.Clone(s.Flags), GroupOf: slices.Clone(s.GroupOf),
		Externals: s.Externals, Modules: s.Modules, Allowed: s.Allowed, Types: s.Types}
	gated := slices.IndexFunc(s.Groups, func(g Group) bool { return g.Gate != nil })
	if gated < 0 {
		gated = len(s.Groups)
	}
	out.Groups = slices.Clone(s.Groups[:gated])
	groups := make([][]uint32, gated)
	for r := range uint32(s.Rules()) {
		if int(out.GroupOf[r]) >= gated {
			out.GroupOf[r] = 0
		}
		switch g := out.GroupOf[r]; {
		case !wanted(r):
			out.Flags[r] |= Private
		case s.Flags[r]&(Global|Private) == 0:
			groups[g] = append(groups[g], r)
			// Else the forms that signatures are matched against need not be made.
			out.Signatures = out.Signatures || out.Groups[g].Target > 0
		}
	}
	for i := range s.Digests {
		out.Digests = append(out.Digests, s.Digests[i].Only(wanted))
	}
	for i := range s.SectionDigests {
		out.SectionDigests = append(out.SectionDigests, s.SectionDigests[i].Only(wanted))
	}
	return out, groups
}

// unit gives a rule decoded. A rule that cannot be decoded is one that never matches.
func (s *Set) unit(r uint32) *unit {
	if u := s.units[r].Load(); u != nil {
		return u
	}
	rule, err := ir.Decode(s.Code[s.CodeOff[r]:s.CodeOff[r+1]])
	if err != nil || !valid(s, r, rule) {
		rule = &ir.Rule{Cond: &ir.Expr{Op: ir.Undefined}}
	}
	u := newUnit(r, s.Numbers.Of(r), rule)
	if s.units[r].CompareAndSwap(nil, u) {
		return u
	}
	return s.units[r].Load()
}

// Rule decodes rule r, for those who look at definitions rather than content.
func (s *Set) Rule(r uint32) (*ir.Rule, error) {
	return ir.Decode(s.Code[s.CodeOff[r]:s.CodeOff[r+1]])
}

// valid checks what the evaluation relies on.
func valid(s *Set, r uint32, rule *ir.Rule) bool {
	if len(s.Numbers.Of(r)) != len(rule.Patterns) {
		return false
	}
	return validExpr(s, rule, rule.Cond)
}

func validExpr(s *Set, rule *ir.Rule, e *ir.Expr) bool {
	limit := len(rule.Patterns)
	if e.Op == ir.Rule_ || e.Op == ir.OfRules {
		limit = s.Rules()
	}
	for _, ref := range e.Refs {
		if int(ref) >= limit {
			return false
		}
	}
	if lo, hi := arity(e.Op); len(e.Kids) < lo || len(e.Kids) > hi {
		return false
	}
	if (e.Op == ir.Matches || e.Op == ir.Regexp) && e.Tree == nil || e.Op == ir.Extern && (e.Int < 0 || int(e.Int) >= len(s.Externals)) {
		return false
	}
	if e.Op == ir.Var && (e.Int < 0 || e.Int > maxVars) || e.Int2 < 0 || e.Int2 > maxVars {
		return false
	}
	if (e.Op == ir.SigBody || e.Op == ir.SigRegexp || e.Op == ir.SigMacro) && len(e.Refs) == 0 {
		return false
	}
	for _, k := range e.Kids {
		if !validExpr(s, rule, k) {
			return false
		}
	}
	return true
}

const maxVars = 64

// arity gives the least and the most operands of op.
func arity(op ir.Op) (int, int) {
	const many = 1 << 30
	switch op {
	case ir.And, ir.Or:
		return 0, many
	case ir.FoundAt, ir.Offset, ir.Length, ir.ReadInt, ir.Not, ir.Defined, ir.Neg, ir.BitNot,
		ir.Field, ir.ToFloat, ir.ToBool, ir.Matches:
		return 1, 1
	case ir.FoundIn, ir.Index:
		return 2, 2
	case ir.Count:
		return 0, 2
	case ir.OfPatterns:
		return 1, 3
	case ir.OfRules:
		return 1, 1
	case ir.OfExprs, ir.Call:
		return 1, many
	case ir.ForOf:
		return 2, 2
	case ir.ForRange:
		return 4, 4
	case ir.ForList:
		return 2, many
	case ir.ForArray, ir.ForDict:
		return 3, 3
	case ir.SigLogic:
		return 1, many
	case ir.SigAnd, ir.SigOr, ir.SigMacro, ir.SigSize:
		return 2, 2
	case ir.SigBody:
		return 4, 4
	case ir.SigRegexp:
		return 5, 5
	case ir.SigCompare:
		return 6, many
	}
	if op >= ir.Add && op <= ir.IEquals {
		return 2, 2
	}
	return 0, 0
}
