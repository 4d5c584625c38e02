package normal

import (
	"math"
	"strconv"
)

// script normalises the scripts of a page: comments and needless spaces
// removed, declared names renamed n000, n001, … in the order of their
// declaration, constant strings joined and unescaped, the usual packers
// unpacked, all in lower case.
type script struct {
	out  []byte
	open bool

	lexer   lexer
	tokens  []token
	global  *scope
	current *scope
	names   int    // given away so far
	chain   []byte // the literal that is being joined
	chainAt int    // its index in tokens, -1 for none
	moved   int    // tokens, by decoders
	decoded int    // bytes, by decoders
	looked  int    // scopes, for names
}

// Bounds of the work on one script. libclamav has none, and would be at some
// scripts for hours. What is beyond them is written as it stands.
const (
	maxLooked  = 1 << 25 // scopes
	maxMoved   = 1 << 26 // tokens
	maxDecoded = 1 << 25 // bytes
)

// States of a scope.
const (
	atBase = iota
	atVar
	atInitializer
	atFunctionName
	atParameters
	inParameters
)

// undeclared is the number of a name that nothing declares.
const undeclared = -1

// scope holds the names that a function, or the script, declares.
type scope struct {
	ids              map[string]int
	parent           *scope
	state            int
	last             kind
	brackets, blocks int
}

// lookup gives the number of a name in the current scope, or undeclared.
func (s *script) lookup(name string) int {
	for in := s.current; in != nil && s.looked < maxLooked; in = in.parent {
		s.looked++
		if id, ok := in.ids[name]; ok {
			return id
		}
	}
	return undeclared
}

// begin begins a script.
func (s *script) begin() {
	*s = script{out: s.out, open: true, tokens: s.tokens[:0], lexer: lexer{buf: s.lexer.buf[:0]}, chain: s.chain[:0], chainAt: -1}
	s.newScope()
	s.global = s.current
}

func (s *script) newScope() {
	s.current = &scope{parent: s.current}
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
	at, k := s.current, t.kind
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
		if at.blocks == 0 && at.parent != nil {
			s.tokens = append(s.tokens, t)
			t = token{kind: functionWord} // marks the end
			at = at.parent
			s.current = at
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
		at = s.current
		at.state = atFunctionName
		t = token{kind: functionWord, scope: at}
	case literal:
		if s.join(t.text) {
			return
		}
	}
	s.tokens = append(s.tokens, t)
	at.last = k
}

// takeName notes a name in the scope, as declared or as used.
func (s *script) takeName(t *token) {
	at := s.current
	if at.last == dot {
		t.kind = member
		return
	}
	switch at.state {
	case atVar, inParameters:
		s.declare(t.text)
		at.state, at.brackets = atInitializer, 0
	case atFunctionName:
		s.declare(t.text)
		at.state = atParameters
	}
}

func (s *script) declare(name string) {
	if s.current.ids == nil {
		s.current.ids = map[string]int{}
	}
	s.current.ids[name] = s.names
	s.names++
}

// join appends a literal to a literal and a plus before it.
func (s *script) join(text string) bool {
	n := len(s.tokens)
	if n < 2 || s.tokens[n-1].kind != plus || s.tokens[n-2].kind != literal {
		return false
	}
	if s.chainAt != n-2 {
		s.endChain()
		s.chain = append(s.chain[:0], s.tokens[n-2].text...)
		s.chainAt = n - 2
	}
	s.chain = append(s.chain, text...)
	s.tokens = s.tokens[:n-1]
	return true
}

// endChain gives the joined literal to its token.
func (s *script) endChain() {
	if s.chainAt >= 0 {
		s.tokens[s.chainAt].text = string(s.chain)
		s.chainAt = -1
	}
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
	s.endChain()
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
		s.tokens = append(s.tokens, token{kind: parClose, named: true, text: ")"})
	}
}

// enter follows the scopes. It tells whether the token is to be written.
func (s *script) enter(t *token) bool {
	if t.kind != functionWord {
		return true
	}
	if t.scope != nil {
		s.current = t.scope
		return true
	}
	if s.current.parent != nil {
		s.current = s.current.parent
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
	s.printText("<script>")
	s.current = s.global
	last := byte(0)
	for i := range s.tokens {
		if t := &s.tokens[i]; s.enter(t) {
			last = s.printToken(t, last)
		}
	}
	const end = "</script>"
	if n := (len(s.out) - begin) % printBuffer; n < len(end) || string(s.out[len(s.out)-len(end):]) != end {
		s.printText(end)
	}
}

// printToken writes a token and gives the byte that stands for its end.
func (s *script) printToken(t *token, last byte) byte {
	text, class := t.text, byte('a')
	switch t.kind {
	case literal:
		s.out = append(s.out, '"')
		s.printText(text)
		s.out = append(s.out, '"')
		return '"'
	case integer:
		text, class = strconv.FormatInt(t.n, 10), '0'
	case float:
		text, class = strconv.FormatFloat(t.f, 'g', 6, 64), '0'
		if math.IsInf(t.f, 0) {
			text = "inf"
		}
	case identifier:
		if id := s.lookup(text); id != undeclared {
			text = "n" + padded(id)
		}
	case functionWord:
		text = "function"
	default:
		if text == "" {
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

// padded writes a number with at least three digits.
func padded(n int) string {
	s := strconv.Itoa(n)
	for len(s) < 3 {
		s = "0" + s
	}
	return s
}

// printText writes in lower case, and a space for any white space.
func (s *script) printText(text string) {
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
