// Package ir is the intermediate representation of YARA rules and ClamAV signatures:
// patterns, and a condition over them. It knows nothing of either language's
// syntax and nothing of how content is searched.
package ir

import "candor/engine/pattern"

// Rule is one rule or signature, ready to be evaluated.
type Rule struct {
	Patterns []Pattern
	Cond     *Expr
}

// Pattern is one string of a rule: a set of variants, any of which counts as
// an occurrence.
type Pattern struct {
	Name     string // "$a"
	Private  bool
	Variants []Variant
}

// Guard is a condition on the bytes around an occurrence.
type Guard uint8

const (
	Free     Guard = iota
	Word           // no letter or digit before and after
	WordWide       // no letter or digit, as a 16-bit character, before and after
)

// Variant is one form of a Pattern: a literal or a tree.
type Variant struct {
	Lit    []byte        // literal: the bytes
	Tree   *pattern.Node // otherwise
	Nocase bool          // literal: letters match in both cases
	Guard  Guard
	Xor    bool // literal: XORed with one key out of XorMin to XorMax
	XorMin byte
	XorMax byte
	Lazy   bool // tree: of the matches at one offset the shortest counts

	Before, After Edge          // ClamAV: what must stand around an occurrence
	Lead          *pattern.Node // ClamAV: what must end where the occurrence begins
}

// Edge is a ClamAV check of the bytes beside an occurrence: from the lowest
// bit its kind (four bits), whether it is negated, whether it is of wide
// characters.
type Edge uint8

// Op is what an Expr does.
type Op uint8

const (
	Undefined Op = iota
	Int          // Int
	Float        // Float
	Str          // Str
	Bool         // Int
	Filesize
	Entrypoint

	Found   // pattern Refs[0] occurs; Refs empty: the pattern of the loop
	FoundAt // … at Kids[0]
	FoundIn // … between Kids[0] and Kids[1]
	Count   // occurrences; with two Kids those in a range
	Offset  // of occurrence Kids[0], from 1
	Length  // of occurrence Kids[0], from 1

	ReadInt // Int: width in bytes, |Signed, |BigEndian; offset Kids[0]

	Not
	Defined
	Neg
	BitNot
	And // n-ary
	Or  // n-ary

	Add
	Sub
	Mul
	Div
	Mod
	BitAnd
	BitOr
	BitXor
	Shl
	Shr
	Eq
	Ne
	Lt
	Le
	Gt
	Ge

	Contains
	IContains
	StartsWith
	IStartsWith
	EndsWith
	IEndsWith
	IEquals
	Matches // Kids[0] against the tree in Tree

	OfPatterns // quantifier in Int and Kids[0]; Refs; range or offset in Kids[1:]
	OfRules    // quantifier; Refs are rules
	OfExprs    // quantifier; Kids[1:] are conditions
	ForOf      // quantifier; Refs; body Kids[1]
	ForRange   // quantifier; Kids[1], Kids[2] bounds; body Kids[3]; Int2 first variable
	ForList    // quantifier; Kids[1:len-1] items; body last
	ForArray   // quantifier; Kids[1] array; body Kids[2]
	ForDict    // quantifier; Kids[1] dictionary; body Kids[2]

	Var    // loop variable Int
	Rule_  // rule Refs[0] matches
	Extern // external variable Int
	Module // module Str
	Field  // member Str of Kids[0]
	Index  // Kids[0][Kids[1]]
	Call   // Kids[0](Kids[1:]…), overload Int
	Regexp // Tree, as an argument

	ToFloat // integer Kids[0] as a float
	ToBool  // Kids[0] as a truth value: not zero, not empty

	// ClamAV's logical expressions give a truth, a sum of counts and a set of
	// subsignatures. Str holds a modification: its letter, a count, a number of
	// distinct subsignatures (little-endian 32 bits each).
	SigLogic   // Kids[0] is the expression, Kids[1:] the subsignatures
	SigAnd     // Kids[0] and Kids[1]
	SigOr      // Kids[0] or Kids[1]
	SigSub     // subsignature Int
	SigBody    // occurrences of Refs[0] at the place that Kids tell: kind, section, number, shift
	SigRegexp  // matches of Refs[0] from the place on; Kids[4] is the trigger; Int: RegexpGlobal, RegexpRolling, RegexpEncompass
	SigCompare // a number near the last occurrence of subsignature Int; Kids: shift, format, length, flags, then pairs of operator and value
	SigMacro   // an occurrence of one of Refs[1:] at Kids[0] to Kids[1] bytes after one of Refs[0]
	SigSize    // number of sections from Kids[0] to Kids[1]
	ops
)

// Flags of SigRegexp's Int.
const (
	RegexpGlobal = 1 << iota
	RegexpRolling
	RegexpEncompass
)

// Flags of SigCompare.
const (
	CompareLittle = 1 << iota
	CompareExact
)

// Flags of ReadInt's Int.
const (
	Signed    = 1 << 8
	BigEndian = 1 << 9
)

// Quantifiers in the Int of OfPatterns and its kin. The count of AtLeast and
// Percent is Kids[0]; of the others Kids[0] is an Undefined.
const (
	All = iota
	AtLeast
	Percent
)

// Type is the static type of an Expr.
type Type uint8

const (
	TBool Type = iota
	TInt
	TFloat
	TStr
	TStruct
	TArray
	TDict
	TFunc
	TRegexp
)

// Expr is one node of a condition.
type Expr struct {
	Op    Op
	Type  Type
	Int   int64
	Int2  int64
	Float float64
	Str   []byte
	Refs  []uint32
	Kids  []*Expr
	Tree  *pattern.Node
}
