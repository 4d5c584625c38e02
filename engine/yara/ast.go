package yara

import "candor/engine/pattern"

// Pos is a place in a source file. Line and Column count from 1, Column in bytes.
type Pos struct {
	File         string
	Line, Column int
}

// File is one parsed source with everything it includes, in source order.
type File struct {
	Imports []Import
	Rules   []*Rule
}

// Import is an import statement.
type Import struct {
	Pos    Pos
	Module string
}

// Rule is one rule as written.
type Rule struct {
	Pos       Pos
	Name      string
	Global    bool
	Private   bool
	Tags      []string
	Meta      []Meta
	Strings   []*String
	Condition Expr
}

// Meta is one metadata entry. Value is a string, an int64 or a bool.
type Meta struct {
	Name  string
	Value any
}

// Modifiers of a string, as a bit set.
type Modifiers uint16

const (
	Nocase Modifiers = 1 << iota
	Wide
	ASCII
	Fullword
	Private
	Xor
	Base64
	Base64Wide
)

// StringKind tells the three kinds of strings apart.
type StringKind uint8

const (
	Text StringKind = iota
	Hex
	Regexp
)

// String is one entry of a strings section.
type String struct {
	Pos  Pos
	Name string // without "$"; empty for an anonymous string
	Kind StringKind
	Mods Modifiers

	Text []byte        // Text: the bytes, escapes resolved
	Node *pattern.Node // Hex and Regexp: the pattern; for a Regexp with nocase and its own /i and /s flags applied, but not wide
	Src  string        // Regexp: the text between the slashes; Hex: the text between the braces

	Flags string // Regexp: the flags behind the second slash: "", "i", "s" or "is"

	XorMin, XorMax byte   // with Xor
	Alphabet       []byte // with Base64 or Base64Wide: 64 bytes, nil for the standard one
}

// Expr is a node of a condition.
type Expr interface{ Position() Pos }

// The concrete nodes of a condition.
type (
	// Ident is a name: a rule, an external variable, a loop variable or a module.
	Ident struct {
		Pos  Pos
		Name string
	}
	// Member is X.Name.
	Member struct {
		Pos  Pos
		X    Expr
		Name string
	}
	// Index is X[I].
	Index struct {
		Pos  Pos
		X, I Expr
	}
	// Call is X(Args...). The integer readers (uint16be and so on) are calls of an Ident.
	Call struct {
		Pos  Pos
		X    Expr
		Args []Expr
	}
	// Int is an integer literal with its KB or MB suffix applied.
	Int struct {
		Pos   Pos
		Value int64
	}
	// Float is a floating-point literal.
	Float struct {
		Pos   Pos
		Value float64
	}
	// Str is a text literal.
	Str struct {
		Pos   Pos
		Value []byte
	}
	// RegexpLit is a regular expression in a condition.
	RegexpLit struct {
		Pos   Pos
		Src   string
		Flags string        // "", "i", "s" or "is"
		Node  *pattern.Node // flags applied
	}
	// Bool is true or false.
	Bool struct {
		Pos   Pos
		Value bool
	}
	// Filesize and Entrypoint are the two built-in integers.
	Filesize   struct{ Pos Pos }
	Entrypoint struct{ Pos Pos }
	// StringRef is $name, $name at At, or $name in (Lo..Hi). Name is empty for "$" in the body of a for…of.
	StringRef struct {
		Pos    Pos
		Name   string
		At     Expr // nil without at
		Lo, Hi Expr // nil without in
	}
	// Count is #name, or #name in (Lo..Hi).
	Count struct {
		Pos    Pos
		Name   string
		Lo, Hi Expr
	}
	// Offset is @name[Index]; Index is nil for @name.
	Offset struct {
		Pos   Pos
		Name  string
		Index Expr
	}
	// Length is !name[Index]; Index is nil for !name.
	Length struct {
		Pos   Pos
		Name  string
		Index Expr
	}
	// Unary is not, defined, - or ~ ("not", "defined", "-", "~").
	Unary struct {
		Pos Pos
		Op  string
		X   Expr
	}
	// Binary is any operator with two operands, by its spelling: and or == != < <= > >= + - * \ % & | ^ << >>
	// contains icontains startswith istartswith endswith iendswith iequals matches.
	Binary struct {
		Pos  Pos
		Op   string
		X, Y Expr
	}
	// Quantifier is the head of an of or a for. Exactly one of the fields speaks.
	Quantifier struct {
		All, Any, None bool
		Count          Expr // a number, or with Percent a percentage
		Percent        bool
	}
	// StringSet is them, or a parenthesised list of names ("a", or "a*" with the star kept;
	// "" is the anonymous strings).
	StringSet struct {
		Them  bool
		Names []string
	}
	// OfStrings is "2 of ($a*)", with "in (Lo..Hi)" or "at At" when given.
	OfStrings struct {
		Pos    Pos
		Q      Quantifier
		Set    StringSet
		At     Expr
		Lo, Hi Expr
	}
	// OfRules is "2 of (rule_a, rule_b*)".
	OfRules struct {
		Pos   Pos
		Q     Quantifier
		Names []string
	}
	// OfExprs is "any of (expr, expr)": a list of boolean expressions.
	OfExprs struct {
		Pos   Pos
		Q     Quantifier
		Exprs []Expr
	}
	// ForStrings is "for any of ($a*) : ( body )".
	ForStrings struct {
		Pos  Pos
		Q    Quantifier
		Set  StringSet
		Body Expr
	}
	// ForIn is "for all i, j in … : ( body )". The iterator is a Range, a List, or an expression of array or dictionary type.
	ForIn struct {
		Pos  Pos
		Q    Quantifier
		Vars []string
		Iter Expr
		Body Expr
	}
	// Range is (Lo..Hi), both included.
	Range struct {
		Pos    Pos
		Lo, Hi Expr
	}
	// List is (a, b, c).
	List struct {
		Pos   Pos
		Items []Expr
	}
)

func (e *Ident) Position() Pos      { return e.Pos }
func (e *Member) Position() Pos     { return e.Pos }
func (e *Index) Position() Pos      { return e.Pos }
func (e *Call) Position() Pos       { return e.Pos }
func (e *Int) Position() Pos        { return e.Pos }
func (e *Float) Position() Pos      { return e.Pos }
func (e *Str) Position() Pos        { return e.Pos }
func (e *RegexpLit) Position() Pos  { return e.Pos }
func (e *Bool) Position() Pos       { return e.Pos }
func (e *Filesize) Position() Pos   { return e.Pos }
func (e *Entrypoint) Position() Pos { return e.Pos }
func (e *StringRef) Position() Pos  { return e.Pos }
func (e *Count) Position() Pos      { return e.Pos }
func (e *Offset) Position() Pos     { return e.Pos }
func (e *Length) Position() Pos     { return e.Pos }
func (e *Unary) Position() Pos      { return e.Pos }
func (e *Binary) Position() Pos     { return e.Pos }
func (e *OfStrings) Position() Pos  { return e.Pos }
func (e *OfRules) Position() Pos    { return e.Pos }
func (e *OfExprs) Position() Pos    { return e.Pos }
func (e *ForStrings) Position() Pos { return e.Pos }
func (e *ForIn) Position() Pos      { return e.Pos }
func (e *Range) Position() Pos      { return e.Pos }
func (e *List) Position() Pos       { return e.Pos }
