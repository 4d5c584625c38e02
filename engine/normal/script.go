package normal

import (
	"slices"
	"strconv"
)

// script normalises the scripts of a page: comments and needless spaces
// removed, declared names renamed n000, n001, … in the order of their
// declaration, constant strings joined and unescaped, the usual packers
// unpacked, all in lower case.
type script struct {
	out  []byte
	open bool

	lexer    lexer
	tokens   []token
	scopes   []scope // the first one is the global one
	current  int32   // scope
	names    map[string]int32
	texts    []span              // of names
	numbers  map[declaration]int // what declared names are numbered
	declared int
	moved    int // tokens, by decoders
	decoded  int // bytes, by decoders
	looked   int // scopes, for names
}

// declaration is a name in a scope.
type declaration struct{ scope, name int32 }

// Bounds of the work on one script. libclamav has none, and would be at some
// scripts for hours. What is beyond them is written as it stands.
const (
	maxLooked  = 1 << 25 // scopes
	maxMoved   = 1 << 26 // tokens
	maxDecoded = 1 << 25 // bytes
)

// States of a scope.
const (
	atBase uint8 = iota
	atVar
	atInitializer
	atFunctionName
	atParameters
	inParameters
)

// size is the memory in bytes that is kept for the next script, out aside.
func (s *script) size() int {
	const ofToken, ofScope, ofSpan = 16, 24, 8
	return cap(s.lexer.text) + cap(s.lexer.buf) + ofToken*cap(s.tokens) + ofScope*cap(s.scopes) + ofSpan*cap(s.texts)
}

// undeclared is the number of a name that nothing declares.
const undeclared = -1

// scope is a function, or the script.
type scope struct {
	parent           int32 // none for the script
	state            uint8
	last             kind
	brackets, blocks int32
	declares         uint64 // a bit for each of its names: see bit
}

// lookup gives the number of a name in the current scope, or undeclared.
func (s *script) lookup(name int32) int {
	for in := s.current; in != none && s.looked < maxLooked; in = s.scopes[in].parent {
		s.looked++
		if s.scopes[in].declares&bit(name) == 0 {
			continue
		}
		if id, ok := s.numbers[declaration{in, name}]; ok {
			return id
		}
	}
	return undeclared
}

// bit is a bit for a name. Others may have the same.
func bit(name int32) uint64 { return 1 << (name & 63) }

// name gives the token of a name its number. Each name is kept once.
func (s *script) name(t *token) {
	text := s.lexer.of(t)
	n, ok := s.names[string(text)]
	if !ok {
		n = int32(len(s.texts))
		s.names[string(text)], s.texts = n, append(s.texts, t.text)
	} else {
		s.lexer.text = s.lexer.text[:t.text.from] // it is the last one there
	}
	t.of, t.text = n, s.texts[n]
}

// begin begins a script.
func (s *script) begin() {
	s.lexer.reset()
	*s = script{
		out: s.out, open: true, lexer: s.lexer, tokens: s.tokens[:0], scopes: s.scopes[:0], current: none,
		names: map[string]int32{}, texts: s.texts[:0], numbers: map[declaration]int{},
	}
	s.newScope()
}

func (s *script) newScope() {
	s.scopes = append(s.scopes, scope{parent: s.current})
	s.current = int32(len(s.scopes) - 1)
}

// write takes the next piece of the script.
func (s *script) write(b []byte) {
	s.lexer.in, s.lexer.at = b, 0
	for {
		t := s.lexer.next()
		if t.kind == noToken {
			return
		}
		s.take(t)
	}
}

// take classifies a token by its surroundings and keeps it.
func (s *script) take(t token) {
	at, k := &s.scopes[s.current], t.kind
	switch k {
	case varWord:
		at.state = atVar
	case identifier:
		s.takeName(&t)
	case parOpen:
		if at.state == atFunctionName || at.state == atParameters {
			at.state = inParameters
		}
	case parClose:
		if at.state == atParameters {
			at.state = atBase
		}
	case braceOpen:
		if at.state == atFunctionName || at.state == atParameters || at.state == inParameters {
			at.state = atBase
		}
		at.blocks++
	case braceClose:
		at.blocks = max(at.blocks-1, 0)
		if at.blocks == 0 && at.parent != none {
			s.tokens = append(s.tokens, t)
			t = token{kind: functionWord, of: none} // marks the end
			s.current = at.parent
			at = &s.scopes[s.current]
		}
	case bracketOpen:
		at.brackets++
	case bracketClose:
		at.brackets = max(at.brackets-1, 0)
	case comma:
		if at.state == atInitializer && at.brackets == 0 && at.blocks == 0 {
			at.state = atVar
		}
	case semicolon:
		if at.brackets == 0 && at.blocks == 0 {
			at.state = atBase
		}
	case functionWord:
		s.newScope()
		at = &s.scopes[s.current]
		at.state = atFunctionName
		t = token{kind: functionWord, of: s.current}
	case literal:
		if s.join(&t) {
			return
		}
	}
	s.tokens = append(room(s.tokens, 1), t)
	at.last = k
}

// takeName notes a name in the scope, as declared or as used.
func (s *script) takeName(t *token) {
	at := &s.scopes[s.current]
	if at.last == dot {
		t.kind = member
		return
	}
	s.name(t)
	switch at.state {
	case atVar, inParameters:
		s.declare(t.of)
		at.state, at.brackets = atInitializer, 0
	case atFunctionName:
		s.declare(t.of)
		at.state = atParameters
	}
}

func (s *script) declare(name int32) {
	s.scopes[s.current].declares |= bit(name)
	s.numbers[declaration{s.current, name}] = s.declared
	s.declared++
}

// join appends a literal to a literal and a plus before it. Their texts lie
// one behind the other, for a plus has none of its own.
func (s *script) join(t *token) bool {
	n := len(s.tokens)
	if n < 2 || s.tokens[n-1].kind != plus || s.tokens[n-2].kind != literal {
		return false
	}
	s.tokens[n-2].text.to = t.text.to
	s.tokens = s.tokens[:n-1]
	return true
}

// finish completes the script and writes it.
func (s *script) finish() {
	if !s.open {
		return
	}
	s.open = false
	switch s.lexer.state {
	case lexDouble:
		s.write([]byte{'"'})
	case lexSingle:
		s.write([]byte{'\''})
	}
	s.balance()
	s.foldUnescape()
	s.decode()
	s.print()
}

// balance closes open parentheses.
func (s *script) balance() {
	open := 0
	for i := range s.tokens {
		switch s.tokens[i].kind {
		case parOpen:
			open++
		case parClose:
			open = max(open-1, 0)
		}
	}
	for range open {
		s.tokens = append(s.tokens, token{kind: parClose, named: true, text: ofByte(')')})
	}
}

// enter follows the scopes. It tells whether the token is to be written.
func (s *script) enter(t *token) bool {
	if t.kind != functionWord {
		return true
	}
	if t.of != none {
		s.current = t.of
		return true
	}
	if parent := s.scopes[s.current].parent; parent != none {
		s.current = parent
	}
	return false
}

// printBuffer is the size of the buffer through which libclamav writes
// scripts. Where a script ends just after the buffer was emptied, it does not
// see that the end tag is there already.
const printBuffer = 65536

func (s *script) print() {
	begin := len(s.out)
	if begin > 0 {
		s.out = append(s.out, '\n')
	}
	s.out = slices.Grow(s.out, s.expected())
	s.printText([]byte("<script>"))
	s.current = 0
	last := byte(0)
	for i := range s.tokens {
		if t := &s.tokens[i]; s.enter(t) {
			last = s.printToken(t, last)
		}
	}
	const end = "</script>"
	if n := (len(s.out) - begin) % printBuffer; n < len(end) || string(s.out[len(s.out)-len(end):]) != end {
		s.printText([]byte(end))
	}
}

// expected is about how much there is to print.
func (s *script) expected() int {
	n := len(s.tokens)
	for i := range s.tokens {
		n += int(s.tokens[i].text.to - s.tokens[i].text.from)
	}
	return n
}

// printToken writes a token and gives the byte that stands for its end.
func (s *script) printToken(t *token, last byte) byte {
	text, class := s.lexer.of(t), byte('a')
	var number [32]byte
	switch t.kind {
	case literal:
		s.out = append(s.out, '"')
		s.printText(text)
		s.out = append(s.out, '"')
		return '"'
	case integer, float:
		class = '0'
	case identifier:
		if id := s.lookup(t.of); id != undeclared {
			text = appendPadded(append(number[:0], 'n'), id)
		}
	case functionWord:
		text = append(number[:0], "function"...)
	default:
		if len(text) == 0 {
			return 0
		}
		if alnum(last) && alnum(text[0]) {
			s.out = append(s.out, ' ')
		}
		s.printText(text)
		return text[len(text)-1]
	}
	if alnum(last) {
		s.out = append(s.out, ' ')
	}
	s.printText(text)
	return class
}

// appendPadded writes a number with at least three digits.
func appendPadded(b []byte, n int) []byte {
	if n < 100 {
		b = append(b, '0')
	}
	if n < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// printText writes in lower case, and a space for any white space.
func (s *script) printText(text []byte) {
	n := len(s.out)
	s.out = append(s.out, text...)
	for i, c := range s.out[n:] {
		s.out[n+i] = printed[c]
	}
}

// printed has what each byte is printed as.
var printed = func() (t [256]byte) {
	for c := range t {
		if t[c] = lower(byte(c)); space(byte(c)) {
			t[c] = ' '
		}
	}
	return t
}()
