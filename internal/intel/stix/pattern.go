package stix

import (
	"fmt"
	"strings"

	"candor"
)

// Bounds of patterns.
const (
	MostPattern     = 64 << 10 // bytes
	mostComparisons = 10_000
	mostDepth       = 64
)

// Comparison is one comparison of a pattern: "ipv4-addr:value = '192.0.2.1'".
type Comparison struct {
	Object string   // "ipv4-addr"
	Path   []string // "hashes", "SHA-256"; an index is "[*]" or "[0]"
	// Operator is one of = != > < >= <= IN LIKE MATCHES ISSUBSET ISSUPERSET EXISTS.
	Operator string
	Negated  bool     // NOT, or !=
	Values   []string // of literals, without quotes; several only for IN
	// Alone says that the comparison is enough for the pattern to match: nothing is
	// joined to it by AND or FOLLOWEDBY.
	Alone bool
}

// ParsePattern reads a pattern of STIX 2.1 (part 9), and gives its comparisons in
// order. It takes some patterns that the specification does not, such as one with
// a qualifier twice. candor.ErrInvalid says what is wrong and at which byte.
func ParsePattern(pattern string) ([]Comparison, error) {
	if len(pattern) > MostPattern {
		return nil, fmt.Errorf("a pattern of %d bytes: %w", len(pattern), candor.ErrInvalid)
	}
	p := &parser{lexer: lexer{text: pattern}}
	p.next()
	if err := p.observations(0, true); err != nil {
		return nil, err
	}
	if p.token.kind != end {
		return nil, p.unexpected("the end")
	}
	return p.out, nil
}

type parser struct {
	lexer
	token token
	out   []Comparison
}

func (p *parser) next() { p.token = p.read() }

func (p *parser) unexpected(wanted string) error {
	return fmt.Errorf("pattern, byte %d: %.40q where %s should be: %w", p.token.at, p.token.text, wanted, candor.ErrInvalid)
}

// is tells whether the token is a word or sign, and goes on if so.
func (p *parser) is(word string) bool {
	if p.token.kind == text || p.token.kind == literal || p.token.kind == end || p.token.text != word {
		return false
	}
	p.next()
	return true
}

func (p *parser) want(word string) error {
	if !p.is(word) {
		return p.unexpected("'" + word + "'")
	}
	return nil
}

// joined reads what one reads, as often as words join it. What AND or FOLLOWEDBY
// joins is not alone.
func (p *parser) joined(one func() error, words ...string) error {
	from, and := len(p.out), false
	if err := one(); err != nil {
		return err
	}
	for {
		joined := ""
		for _, w := range words {
			if p.is(w) {
				joined = w
				break
			}
		}
		if joined == "" {
			break
		}
		and = and || joined != "OR"
		if err := one(); err != nil {
			return err
		}
	}
	for i := from; and && i < len(p.out); i++ {
		p.out[i].Alone = false
	}
	return nil
}

func (p *parser) observations(depth int, alone bool) error {
	if depth > mostDepth {
		return fmt.Errorf("pattern, byte %d: nested too deeply: %w", p.token.at, candor.ErrInvalid)
	}
	and := func() error { return p.joined(func() error { return p.observation(depth, alone) }, "AND") }
	or := func() error { return p.joined(and, "OR") }
	return p.joined(or, "FOLLOWEDBY")
}

func (p *parser) observation(depth int, alone bool) error {
	from := len(p.out)
	if p.is("(") {
		if err := p.observations(depth+1, alone); err != nil {
			return err
		}
		if err := p.want(")"); err != nil {
			return err
		}
	} else {
		if err := p.want("["); err != nil {
			return err
		}
		if err := p.comparisons(depth + 1); err != nil {
			return err
		}
		if err := p.want("]"); err != nil {
			return err
		}
	}
	return p.qualifiers(from)
}

func (p *parser) qualifiers(from int) error {
	for {
		var err error
		switch {
		case p.is("START"):
			if err = p.value(); err == nil {
				if err = p.want("STOP"); err == nil {
					err = p.value()
				}
			}
		case p.is("WITHIN"):
			if err = p.value(); err == nil {
				err = p.want("SECONDS")
			}
		case p.is("REPEATS"):
			if err = p.value(); err == nil {
				err = p.want("TIMES")
			}
			for i := from; i < len(p.out); i++ {
				p.out[i].Alone = false
			}
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// value reads a literal of a qualifier.
func (p *parser) value() error {
	if p.token.kind != literal && p.token.kind != number {
		return p.unexpected("a literal")
	}
	p.next()
	return nil
}

func (p *parser) comparisons(depth int) error {
	if depth > mostDepth {
		return fmt.Errorf("pattern, byte %d: nested too deeply: %w", p.token.at, candor.ErrInvalid)
	}
	and := func() error { return p.joined(func() error { return p.comparison(depth) }, "AND") }
	return p.joined(and, "OR")
}

func (p *parser) comparison(depth int) error {
	if p.is("(") {
		if err := p.comparisons(depth + 1); err != nil {
			return err
		}
		return p.want(")")
	}
	if len(p.out) >= mostComparisons {
		return fmt.Errorf("pattern: more than %d comparisons: %w", mostComparisons, candor.ErrInvalid)
	}
	c := Comparison{Alone: true}
	c.Negated = p.is("NOT")
	if p.is("EXISTS") {
		c.Operator = "EXISTS"
		if err := p.path(&c); err != nil {
			return err
		}
		p.out = append(p.out, c)
		return nil
	}
	if c.Negated {
		return p.unexpected("EXISTS")
	}
	if err := p.path(&c); err != nil {
		return err
	}
	c.Negated = p.is("NOT")
	if err := p.operator(&c); err != nil {
		return err
	}
	p.out = append(p.out, c)
	return nil
}

func (p *parser) operator(c *Comparison) error {
	for _, op := range []string{"=", "==", "!=", "<>", ">", "<", ">=", "<=", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "IN"} {
		if !p.is(op) {
			continue
		}
		c.Operator = strings.TrimSuffix(op, "=")
		if op != "==" {
			c.Operator = op
		}
		if op == "IN" {
			return p.set(c)
		}
		if op == "!=" || op == "<>" {
			c.Operator, c.Negated = "!=", !c.Negated
		}
		return p.literal(c)
	}
	return p.unexpected("an operator")
}

func (p *parser) set(c *Comparison) error {
	if err := p.want("("); err != nil {
		return err
	}
	if p.is(")") {
		return nil
	}
	for {
		if err := p.literal(c); err != nil {
			return err
		}
		if p.is(")") {
			return nil
		}
		if err := p.want(","); err != nil {
			return err
		}
	}
}

func (p *parser) literal(c *Comparison) error {
	t := p.token
	if t.kind != text && t.kind != literal && t.kind != number && (t.kind != word || !strings.EqualFold(t.text, "true") && !strings.EqualFold(t.text, "false")) {
		return p.unexpected("a literal")
	}
	c.Values = append(c.Values, t.text)
	p.next()
	return nil
}

// path reads "file:hashes.'SHA-256'", "a:b[*].c".
func (p *parser) path(c *Comparison) error {
	if p.token.kind != word {
		return p.unexpected("a type of object")
	}
	c.Object = p.token.text
	p.next()
	if err := p.want(":"); err != nil {
		return err
	}
	for {
		if p.token.kind != word && p.token.kind != text {
			return p.unexpected("a property")
		}
		c.Path = append(c.Path, p.token.text)
		p.next()
		for p.is("[") {
			if p.token.kind != number && p.token.text != "*" {
				return p.unexpected("an index")
			}
			c.Path = append(c.Path, "["+p.token.text+"]")
			p.next()
			if err := p.want("]"); err != nil {
				return err
			}
		}
		if !p.is(".") {
			return nil
		}
		if len(c.Path) > mostDepth {
			return p.unexpected("the end of a path")
		}
	}
}
