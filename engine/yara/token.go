package yara

// kind is the kind of a token.
type kind uint8

const (
	tokEOF   kind = iota
	tokBad        // what follows the first error of a rule
	tokOther      // any byte that begins no token; also what recovery skips

	tokIdent
	tokIntFunc    // uint16be and its like
	tokString     // $name
	tokStringWild // $name*
	tokCount      // #name
	tokOffset     // @name
	tokLength     // !name
	tokInt
	tokFloat
	tokText
	tokRegexp
	tokInclude // include "path"

	tokLParen
	tokRParen
	tokLBrace
	tokRBrace
	tokLBracket
	tokRBracket
	tokColon
	tokComma
	tokDot
	tokDotDot
	tokAssign
	tokPlus
	tokMinus
	tokStar
	tokBackslash
	tokPercent
	tokAmp
	tokPipe
	tokCaret
	tokTilde
	tokShl
	tokShr
	tokEq
	tokNeq
	tokLt
	tokLe
	tokGt
	tokGe

	tokContains
	tokIContains
	tokStartsWith
	tokIStartsWith
	tokEndsWith
	tokIEndsWith
	tokIEquals
	tokMatches

	tokPrivate
	tokGlobal
	tokRule
	tokMeta
	tokStrings
	tokCondition
	tokASCII
	tokWide
	tokXor
	tokBase64
	tokBase64Wide
	tokFullword
	tokNocase
	tokTrue
	tokFalse
	tokNot
	tokDefined
	tokAnd
	tokOr
	tokAt
	tokIn
	tokOf
	tokThem
	tokFor
	tokAll
	tokAny
	tokNone
	tokEntrypoint
	tokFilesize
	tokImport
)

// keyword gives the kind of a word: tokIdent when it is not reserved.
func keyword(s string) kind {
	switch s {
	case "private":
		return tokPrivate
	case "global":
		return tokGlobal
	case "rule":
		return tokRule
	case "meta":
		return tokMeta
	case "strings":
		return tokStrings
	case "condition":
		return tokCondition
	case "ascii":
		return tokASCII
	case "wide":
		return tokWide
	case "xor":
		return tokXor
	case "base64":
		return tokBase64
	case "base64wide":
		return tokBase64Wide
	case "fullword":
		return tokFullword
	case "nocase":
		return tokNocase
	case "true":
		return tokTrue
	case "false":
		return tokFalse
	case "not":
		return tokNot
	case "defined":
		return tokDefined
	case "and":
		return tokAnd
	case "or":
		return tokOr
	case "at":
		return tokAt
	case "in":
		return tokIn
	case "of":
		return tokOf
	case "them":
		return tokThem
	case "for":
		return tokFor
	case "all":
		return tokAll
	case "any":
		return tokAny
	case "none":
		return tokNone
	case "entrypoint":
		return tokEntrypoint
	case "filesize":
		return tokFilesize
	case "matches":
		return tokMatches
	case "contains":
		return tokContains
	case "icontains":
		return tokIContains
	case "startswith":
		return tokStartsWith
	case "istartswith":
		return tokIStartsWith
	case "endswith":
		return tokEndsWith
	case "iendswith":
		return tokIEndsWith
	case "iequals":
		return tokIEquals
	case "import":
		return tokImport
	case "int8", "int16", "int32", "int8be", "int16be", "int32be",
		"uint8", "uint16", "uint32", "uint8be", "uint16be", "uint32be":
		return tokIntFunc
	}
	return tokIdent
}

// token is one token and where it stands.
type token struct {
	kind       kind
	start, end int // offsets in the source
	line       int
	lineStart  int    // offset of its line
	text       string // an identifier, the name behind a sigil, the raw inside of a text or regexp
	num        int64  // tokInt
	num2       float64
	flags      string // tokRegexp: "", "i", "s" or "is"
	escaped    bool   // tokText, tokRegexp: text has backslashes
}
