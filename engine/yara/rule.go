package yara

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// ruleDeclaration reads one rule and keeps it unless it has a problem.
func (p *parser) ruleDeclaration() {
	r := &Rule{}
	for {
		if p.tok.kind == tokPrivate {
			r.Private = true
		} else if p.tok.kind == tokGlobal {
			r.Global = true
		} else {
			break
		}
		p.next()
	}
	if !p.expect(tokRule, "rule") {
		return
	}
	if p.tok.kind != tokIdent {
		p.unexpected("a rule's name")
		return
	}
	r.Pos, r.Name = p.here(), p.tok.text
	p.rule, p.broken = r, false
	if _, dup := p.rules[r.Name]; dup {
		p.problem(r.Pos, "duplicated identifier "+r.Name)
	}
	p.rules[r.Name] = struct{}{}
	p.next()
	p.ruleBody(r)
	if p.failed {
		return
	}
	p.checkStrings()
	if !p.broken {
		p.file.Rules = append(p.file.Rules, r)
	}
	p.rule = nil
	p.next()
}

// ruleBody reads from behind the name to the closing brace, which stays the
// current token.
func (p *parser) ruleBody(r *Rule) {
	p.tags(r)
	p.expect(tokLBrace, "{")
	p.metaSection(r)
	clear(p.strings)
	p.used, p.sets = p.used[:0], p.sets[:0]
	p.stringsSection(r)
	if p.expect(tokCondition, "condition") && p.expect(tokColon, ":") {
		r.Condition = p.boolean()
	}
	if p.tok.kind != tokRBrace {
		p.unexpected("}")
	}
}

func (p *parser) tags(r *Rule) {
	if !p.accept(tokColon) {
		return
	}
	for p.tok.kind == tokIdent {
		for _, t := range r.Tags {
			if t == p.tok.text {
				p.problem(p.here(), "duplicated tag identifier "+t)
				break
			}
		}
		if len(r.Tags) >= maxTags {
			p.fail(fmt.Sprintf("more than %d tags", maxTags))
			return
		}
		r.Tags = append(r.Tags, p.tok.text)
		p.next()
	}
	if len(r.Tags) == 0 {
		p.unexpected("a tag")
	}
}

// maxTags bounds the tags of a rule, which are compared with each other.
const maxTags = 1000

func (p *parser) metaSection(r *Rule) {
	if !p.accept(tokMeta) {
		return
	}
	p.expect(tokColon, ":")
	if p.tok.kind != tokIdent {
		p.unexpected("a metadata entry")
	}
	p.metas = p.metas[:0]
	for p.tok.kind == tokIdent {
		name := p.tok.text
		p.next()
		p.expect(tokAssign, "=")
		if value := p.metaValue(); value != nil {
			p.metas = append(p.metas, Meta{Name: name, Value: value})
		}
	}
	r.Meta = slices.Clone(p.metas)
}

// metaValue reads a value; it gives nil after an error.
func (p *parser) metaValue() (value any) {
	switch p.tok.kind {
	case tokText:
		if v := p.textValue(); p.tok.escaped {
			value = string(v)
		} else {
			value = p.tok.text
		}
	case tokInt:
		value = p.tok.num
	case tokTrue, tokFalse:
		value = p.tok.kind == tokTrue
	case tokMinus:
		p.next()
		if p.tok.kind != tokInt {
			p.unexpected("an integer")
			return nil
		}
		value = -p.tok.num
	default:
		p.unexpected("a metadata value")
		return nil
	}
	p.next()
	return value
}

// setUse is one use of a string set: an exact name, or a prefix.
type setUse struct {
	pos      Pos
	name     string
	wildcard bool
}

// useString marks the string that the condition names.
func (p *parser) useString(pos Pos, sigil, name string) {
	if p.failed {
		return
	}
	if name == "" {
		if !p.forOf {
			p.problem(pos, "wrong use of anonymous string: "+sigil+" stands outside of a for…of")
		}
		return
	}
	i, ok := p.strings[name]
	if !ok {
		p.problem(pos, "undefined string $"+name)
		return
	}
	p.used[i] = true
}

// checkStrings resolves the string sets of the rule and reports the strings
// that nothing refers to.
func (p *parser) checkStrings() {
	p.resolveSets()
	for i, s := range p.rule.Strings {
		if !p.used[i] && !strings.HasPrefix(s.Name, "_") {
			p.problem(s.Pos, "unreferenced string $"+s.Name)
		}
	}
}

// resolveSets marks what the sets refer to. Names are sorted once, so that each
// prefix is a range of them.
func (p *parser) resolveSets() {
	if len(p.sets) == 0 {
		return
	}
	all := p.rule.Strings
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return all[order[i]].Name < all[order[j]].Name })
	edges := make([]int, len(all)+1)
	for _, u := range p.sets {
		lo := sort.Search(len(order), func(i int) bool { return all[order[i]].Name >= u.name })
		hi := lo + sort.Search(len(order)-lo, func(i int) bool {
			n := all[order[lo+i]].Name
			return n != u.name && (!u.wildcard || !strings.HasPrefix(n, u.name))
		})
		if lo == hi {
			star := ""
			if u.wildcard {
				star = "*"
			}
			p.problem(u.pos, "undefined string $"+u.name+star)
			continue
		}
		edges[lo]++
		edges[hi]--
	}
	open := 0
	for i, edge := range edges[:len(all)] {
		if open += edge; open > 0 {
			p.used[order[i]] = true
		}
	}
}
