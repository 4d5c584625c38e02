package yara

import (
	"fmt"
	"strings"
)

// Limits of one call of Parse. maxIncludeDepth, maxLoops, maxLoopVars,
// maxArguments and maxStrings are libyara's.
const (
	maxIncludeDepth = 16
	maxIncludes     = 10000 // files in all
	maxExprDepth    = 1000
	maxLoops        = 4
	maxLoopVars     = 2
	maxArguments    = 128
	maxStrings      = 10000 // of one rule
)

// Options says how Parse resolves what a source refers to.
type Options struct {
	// Include gives the source that the file named from includes as path, and
	// the name under which its rules are reported. Without it an include
	// statement is a problem.
	Include func(from, path string) (name string, src []byte, err error)
}

// Problem is a reason for which a rule, or a statement outside of rules, was
// left out of a File.
type Problem struct {
	Pos    Pos
	Rule   string // empty outside of a rule
	Reason string
}

// Error is "file:line:column: rule x: reason".
func (p *Problem) Error() string {
	if p.Rule == "" {
		return fmt.Sprintf("%s:%d:%d: %s", p.Pos.File, p.Pos.Line, p.Pos.Column, p.Reason)
	}
	return fmt.Sprintf("%s:%d:%d: rule %s: %s", p.Pos.File, p.Pos.Line, p.Pos.Column, p.Rule, p.Reason)
}

// Parse reads a source in the language of YARA 4.5, with all that it includes.
// The File has every rule that is free of errors; each of the others is named
// by at least one Problem, and parsing goes on behind it. Both are in the order
// of the source.
//
// What Parse checks is what can be known from the rule alone: syntax, limits,
// modifiers, identifiers of strings and loop variables, and that rules have
// different names. Types, modules, external variables and references to rules
// are left to whoever compiles the File.
//
// The File refers to src, which must not be changed afterwards. Parse keeps no
// state and may be called from several goroutines.
func Parse(name string, src []byte, opts Options) (*File, []*Problem) {
	c := &collector{opts: opts, file: &File{}, rules: make(map[string]struct{})}
	c.parse(name, src)
	return c.file, c.problems
}

// collector gathers what the sources of one call hold.
type collector struct {
	opts     Options
	file     *File
	problems []*Problem
	rules    map[string]struct{} // names of rules seen
	open     []string            // names of the files being parsed, outermost first
	includes int
}

// parse reads one file into the collector.
func (c *collector) parse(name string, src []byte) {
	c.open = append(c.open, name)
	p := &parser{collector: c, name: name, raw: src, lexer: lexer{src: string(src), line: 1}, strings: make(map[string]int)}
	p.next()
	for p.tok.kind != tokEOF {
		start := p.tok.start
		p.statement()
		if p.failed {
			p.recover(start)
		}
	}
	c.open = c.open[:len(c.open)-1]
}

// parser reads one file. After the first syntax error of a rule failed is set
// and every further token is tokBad, so that all productions end quickly and
// silently.
type parser struct {
	*collector
	lexer
	name   string
	raw    []byte
	tok    token
	failed bool
	errTok token // where the error was
	depth  int   // of nested expressions

	rule    *Rule
	broken  bool           // the rule has a problem
	strings map[string]int // of the rule, by name
	used    []bool         // of the rule, by index
	sets    []setUse       // string sets of the rule's condition
	loops   [][]string     // variables of the loops around, outermost first
	forOf   bool           // inside the body of a for…of over strings

	metas      []Meta    // of the rule, while its section is read
	declared   []*String // likewise
	stringPool []String  // not yet used
}

// next reads the next token.
func (p *parser) next() {
	if p.failed {
		p.tok.kind = tokBad
		return
	}
	if reason := p.scan(&p.tok); reason != "" {
		p.fail(reason)
	}
}

// fail reports a syntax error at the current token and stops the rule.
func (p *parser) fail(reason string) {
	if p.failed {
		return
	}
	p.problem(p.posOf(&p.tok), reason)
	p.failed = true
	p.errTok = p.tok
	p.tok.kind = tokBad
}

// unexpected reports the current token where what was wanted.
func (p *parser) unexpected(what string) {
	if p.failed {
		return
	}
	found := "end of file"
	if p.tok.kind != tokEOF {
		found = p.src[p.tok.start:p.tok.end]
		if len(found) > 40 {
			found = found[:40] + "…"
		}
		found = fmt.Sprintf("%q", found)
	}
	p.fail("unexpected " + found + ", expecting " + what)
}

// problem reports a fault of the rule without stopping it.
func (p *parser) problem(pos Pos, reason string) {
	p.broken = true
	name := ""
	if p.rule != nil {
		name = p.rule.Name
	}
	p.problems = append(p.problems, &Problem{Pos: pos, Rule: name, Reason: reason})
}

func (p *parser) posOf(t *token) Pos {
	return Pos{File: p.name, Line: t.line, Column: t.start - t.lineStart + 1}
}

func (p *parser) here() Pos { return p.posOf(&p.tok) }

// posAt is the place of an offset behind the start of t.
func (p *parser) posAt(t *token, offset int) Pos {
	l := lexer{src: p.src, line: t.line, lineStart: t.lineStart}
	offset = min(max(offset, t.start), len(p.src))
	l.newlines(t.start, offset)
	return Pos{File: p.name, Line: l.line, Column: offset - l.lineStart + 1}
}

// expect passes a token of kind k.
func (p *parser) expect(k kind, what string) bool {
	if p.tok.kind != k {
		p.unexpected(what)
		return false
	}
	p.next()
	return true
}

// accept passes a token of kind k when it is there.
func (p *parser) accept(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.next()
	return true
}

// statement reads what stands outside of rules, or a rule.
func (p *parser) statement() {
	switch p.tok.kind {
	case tokImport:
		p.importStatement()
	case tokInclude:
		p.includeStatement()
	case tokRule, tokPrivate, tokGlobal:
		p.ruleDeclaration()
	default:
		p.unexpected("rule, import or include")
	}
}

func (p *parser) importStatement() {
	pos := p.here()
	p.next()
	if p.tok.kind != tokText {
		p.unexpected("a module's name")
		return
	}
	name := string(p.textValue())
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		p.problem(pos, fmt.Sprintf("invalid module name %q", name))
	} else {
		p.file.Imports = append(p.file.Imports, Import{Pos: pos, Module: name})
	}
	p.next()
}

// includeStatement parses the included file on the spot.
func (p *parser) includeStatement() {
	pos, path := p.here(), p.tok.text
	defer p.next()
	if p.opts.Include == nil {
		p.problem(pos, fmt.Sprintf("include %q: includes are disabled", path))
		return
	}
	if len(p.open) > maxIncludeDepth {
		p.problem(pos, fmt.Sprintf("include %q: includes depth exceeded", path))
		return
	}
	if p.includes++; p.includes > maxIncludes {
		p.problem(pos, fmt.Sprintf("include %q: more than %d includes", path, maxIncludes))
		return
	}
	name, src, err := p.opts.Include(p.name, path)
	if err != nil {
		p.problem(pos, fmt.Sprintf("include %q: %v", path, err))
		return
	}
	for _, open := range p.open {
		if open == name {
			p.problem(pos, fmt.Sprintf("include %q: includes circular reference", path))
			return
		}
	}
	p.parse(name, src)
}

// textValue gives the bytes of the current tokText, escapes resolved.
func (p *parser) textValue() []byte {
	t := &p.tok
	v := p.raw[t.start+1 : t.end-1 : t.end-1]
	if t.escaped {
		v = unescape(t.text)
	}
	if len(v) > maxText {
		p.problem(p.here(), fmt.Sprintf("text string over %d bytes", maxText))
	}
	return v
}

// recover goes from the error of a statement that began at start to the next
// one: an import, an include, or a rule's head as far as its brace or colon.
func (p *parser) recover(start int) {
	p.failed, p.broken, p.rule = false, false, nil
	p.loops, p.forOf, p.depth = p.loops[:0], false, 0
	p.rewind(&p.errTok)
	for {
		p.skim()
		head := p.tok
		switch p.tok.kind {
		case tokEOF:
			return
		case tokImport, tokInclude:
			before := p.lexer
			if head.start > start && (head.kind == tokInclude || p.skim() == tokText) {
				p.rewind(&head)
				p.next()
				return
			}
			p.lexer = before
		case tokRule, tokPrivate, tokGlobal:
			if head.start > start && p.atRuleHead() {
				p.rewind(&head)
				p.next()
				return
			}
		}
	}
}

// rewind goes back to where t begins.
func (p *parser) rewind(t *token) {
	p.pos, p.line, p.lineStart = t.start, t.line, t.lineStart
}

// atRuleHead skims a rule's head from its first word on. It stops before what
// does not belong to one.
func (p *parser) atRuleHead() bool {
	for p.tok.kind == tokPrivate || p.tok.kind == tokGlobal {
		before := p.lexer
		if k := p.skim(); k != tokPrivate && k != tokGlobal && k != tokRule {
			p.lexer = before
			return false
		}
	}
	before := p.lexer
	if p.skim() != tokIdent {
		p.lexer = before
		return false
	}
	before = p.lexer
	k := p.skim()
	p.lexer = before
	return k == tokLBrace || k == tokColon
}

// skim reads a token without reporting what is wrong with it. Of a text or a
// regular expression without end only the first byte is passed.
func (p *parser) skim() kind {
	before := p.lexer
	reason := p.scan(&p.tok)
	if reason == "" || p.tok.kind != tokText && p.tok.kind != tokRegexp {
		return p.tok.kind
	}
	end := strings.IndexByte(p.src[p.tok.start:], '\n')
	if end < 0 {
		end = len(p.src) - p.tok.start
	}
	rest := p.src[p.tok.start+1 : p.tok.start+end]
	p.lexer = before
	p.pos, p.line, p.lineStart = p.tok.start+1, p.tok.line, p.tok.lineStart
	// A string that a wrong escape spoilt still ends at a quote of its line.
	if i := strings.LastIndexByte(rest, '"'); p.tok.kind == tokText && i >= 0 {
		p.pos += i + 1
	}
	p.tok.kind = tokOther
	return tokOther
}
