package yara

import (
	"math"
	"strings"

	"candor/engine/pattern"
)

const (
	maxHexDepth = 200 // nested alternatives
	maxHexJump  = math.MaxInt32
	// maxInnerJump is the longest jump inside alternatives
	// (YR_STRING_CHAINING_THRESHOLD).
	maxInnerJump = 200
)

// hexParser reads a hex string from behind its opening brace.
type hexParser struct {
	src    string
	pos    int
	depth  int
	reason string // what is wrong, and where
	at     int
	closed bool // pos is behind the closing brace
}

// parse reads the whole string. After an error it goes on to the closing
// brace, when one can be found before anything that no hex string has.
func (h *hexParser) parse() *pattern.Node {
	n := h.tokens('}')
	if h.reason == "" {
		h.pos++
		h.closed = true
		return n
	}
	for h.pos = h.at; h.pos < len(h.src); h.pos++ {
		h.blank()
		switch c := h.byte(); {
		case c == '}':
			h.pos++
			h.closed = true
			return nil
		case hexDigit[c] == 0xff && strings.IndexByte("?~[]()|-", c) < 0:
			return nil
		}
	}
	return nil
}

func (h *hexParser) fail(at int, reason string) {
	if h.reason == "" {
		h.reason, h.at = reason, at
	}
}

// byte gives the byte at pos, 0 at the end.
func (h *hexParser) byte() byte {
	if h.pos < len(h.src) {
		return h.src[h.pos]
	}
	return 0
}

// blank passes blanks and comments.
func (h *hexParser) blank() {
	for h.pos < len(h.src) {
		switch c := h.src[h.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			h.pos++
			continue
		case c == '/' && strings.HasPrefix(h.src[h.pos:], "//"):
			i := strings.IndexByte(h.src[h.pos:], '\n')
			if i < 0 {
				i = len(h.src) - h.pos
			}
			h.pos += i
			continue
		case c == '/' && strings.HasPrefix(h.src[h.pos:], "/*"):
			i := strings.Index(h.src[h.pos+2:], "*/")
			if i < 0 {
				h.fail(h.pos, "comment without end")
				h.pos = len(h.src)
				return
			}
			h.pos += i + 4
			continue
		}
		return
	}
}

// tokens reads a sequence up to the byte end, or to a | inside alternatives.
func (h *hexParser) tokens(end byte) *pattern.Node {
	var sub []*pattern.Node
	var lit []byte
	flush := func() {
		if len(lit) > 0 {
			sub = append(sub, pattern.Literal(lit))
			lit = nil
		}
	}
	jump, any := -1, false // where the last token stands, if it is a jump; whether there is a token
	for h.reason == "" {
		h.blank()
		c := h.byte()
		if c == end || c == '|' && h.depth > 0 {
			break
		}
		start := h.pos
		switch {
		case c == '[':
			if !any {
				h.fail(start, "jump at the beginning")
				return nil
			}
			flush()
			sub = append(sub, h.jump())
			jump = start
			continue
		case c == '(':
			flush()
			sub = append(sub, h.alternatives())
		case hexDigit[c] < 16 && h.pos+1 < len(h.src) && hexDigit[h.src[h.pos+1]] < 16:
			if lit == nil {
				lit = make([]byte, 0, h.run())
			}
			lit = append(lit, hexDigit[c]<<4|hexDigit[h.src[h.pos+1]])
			h.pos += 2
		default:
			flush()
			sub = append(sub, h.masked(c))
		}
		jump, any = -1, true
	}
	flush()
	switch {
	case h.reason != "":
		return nil
	case !any:
		h.fail(h.pos, "no bytes")
		return nil
	case jump >= 0:
		h.fail(jump, "jump at the end")
		return nil
	}
	return pattern.Sequence(sub...)
}

// run estimates how many plain bytes stand at pos.
func (h *hexParser) run() int {
	digits := 0
	for i := h.pos; i < len(h.src) && (h.src[i] == ' ' || hexDigit[h.src[i]] < 16); i++ {
		if h.src[i] != ' ' {
			digits++
		}
	}
	return (digits + 1) / 2
}

// masked reads ??, ?A, A?, ~AA, ~?A or ~A?.
func (h *hexParser) masked(c byte) *pattern.Node {
	start := h.pos
	negated := c == '~'
	if negated {
		h.pos++
	}
	hi, lo := h.nibble(), h.nibble()
	switch {
	case hi == noNibble && !negated:
		h.fail(start, "invalid character")
	case hi == noNibble || negated && hi == wild && lo == wild:
		h.fail(start, "invalid not operator (~)")
	case lo == noNibble && negated:
		h.fail(start, "invalid not operator (~)")
	case lo == noNibble:
		h.fail(start, "uneven number of digits")
	}
	if h.reason != "" {
		return nil
	}
	if hi == wild && lo == wild {
		return pattern.AnyByte()
	}
	var s pattern.Set
	for c := 0; c < 256; c++ {
		if (hi == wild || c>>4 == hi) && (lo == wild || c&15 == lo) {
			s.Add(byte(c))
		}
	}
	if negated {
		s.Negate()
	}
	return pattern.OneByte(s)
}

// What nibble gives besides the value of a digit.
const (
	wild     = 16
	noNibble = -1
)

// nibble reads one digit or question mark.
func (h *hexParser) nibble() int {
	c := h.byte()
	switch {
	case c == '?':
		h.pos++
		return wild
	case hexDigit[c] < 16:
		h.pos++
		return int(hexDigit[c])
	}
	return noNibble
}

// alternatives reads ( a | b … ).
func (h *hexParser) alternatives() *pattern.Node {
	start := h.pos
	if h.depth++; h.depth > maxHexDepth {
		h.fail(start, "alternatives nested too deeply")
		return nil
	}
	var branches []*pattern.Node
	for h.reason == "" {
		h.pos++ // the ( or |
		branches = append(branches, h.tokens(')'))
		if h.byte() != '|' {
			break
		}
	}
	h.depth--
	if h.reason != "" {
		return nil
	}
	h.pos++
	return pattern.Either(branches...)
}

// jump reads [n], [n-m], [n-] or [-]; comments may not stand inside.
func (h *hexParser) jump() *pattern.Node {
	start := h.pos
	h.pos++
	lo, given := h.number()
	hi := lo
	dash := h.byte() == '-'
	if dash {
		h.pos++
		var upper bool
		if hi, upper = h.number(); !upper {
			hi = pattern.Unbounded
		} else if !given {
			h.fail(start, "invalid jump")
		}
	}
	switch {
	case h.byte() != ']' || !given && !dash:
		h.fail(h.pos, "invalid character in hex string jump")
	case lo > maxHexJump || hi > maxHexJump:
		h.fail(start, "jump length too large")
	case h.depth > 0 && hi == pattern.Unbounded:
		h.fail(start, "unbounded jumps not allowed inside alternation (|)")
	case h.depth > 0 && (lo > maxInnerJump || hi > maxInnerJump):
		h.fail(start, "jumps over 200 not allowed inside alternation (|)")
	case !dash && lo == 0:
		h.fail(start, "invalid jump length")
	case hi != pattern.Unbounded && lo > hi:
		h.fail(start, "invalid jump range")
	}
	if h.reason != "" {
		return nil
	}
	h.pos++
	return pattern.Repeated(pattern.AnyByte(), lo, hi, true)
}

// number reads a decimal number with blanks around it. What exceeds
// maxHexJump stays one above.
func (h *hexParser) number() (n int, ok bool) {
	h.spaces()
	for c := h.byte(); '0' <= c && c <= '9'; c = h.byte() {
		n = min(n*10+int(c-'0'), maxHexJump+1)
		ok = true
		h.pos++
	}
	h.spaces()
	return n, ok
}

func (h *hexParser) spaces() {
	for c := h.byte(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = h.byte() {
		h.pos++
	}
}
