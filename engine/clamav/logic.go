package clamav

import (
	"errors"
	"math/bits"
	"strings"
)

// LogicOp tells what a Logic is.
type LogicOp uint8

const (
	LogicSubsig LogicOp = iota // subsignature Index
	LogicAnd                   // Sub[0] & Sub[1]
	LogicOr                    // Sub[0] | Sub[1]
)

// Logic is a logical expression, as libclamav understands it.
//
// Its value for given counts of the subsignatures is a truth together with a
// sum of counts and a set of subsignatures:
//
//   - A subsignature without Mod is true if its count is above zero. It brings
//     its count and itself. With Mod it is true if its count stands in that
//     relation to N; then, too, it brings its count (perhaps zero) and itself.
//     Distinct does not exist for a single subsignature: "0>3,2" is "0>3".
//   - An And or an Or without Mod is true as expected, both sides being
//     evaluated. If it is true it brings the sums and the sets of both sides;
//     a side that is false has nothing to bring.
//   - With Mod, the truth of the And or the Or only decides whether the sum
//     stands: it is zero if it is false. The node is true if the sum stands in
//     the relation to N and, with Distinct above zero, the set has at least
//     Distinct members. So "(0|1)=0" and "(0&1)<2" are true where nothing
//     matches. The node brings its sum but not its set: in "((0|1)>2|2)>5,2"
//     only subsignature 2 can count as distinct.
//
// Relations are '=' (equal), '<' (less) and '>' (greater); "&" and "|" have no
// precedence. Outside parentheses an expression is cut at its first operator,
// "0&1|2" being "0&(1|2)"; what a pair of parentheses encloses as a whole is
// cut at its last one, "(0&1|2)" being "(0&1)|2", and left of that as outside.
type Logic struct {
	Op       LogicOp
	Index    int
	Sub      []*Logic // two of them
	Mod      byte     // 0 for none
	N        uint32
	Distinct uint32
}

// Eval gives the truth of the expression for counts, which must cover every
// Index. It takes time linear in the size of the expression.
func (l *Logic) Eval(counts []uint32) bool {
	ok, _, _ := l.value(counts)
	return ok
}

func (l *Logic) value(counts []uint32) (ok bool, sum uint32, set uint64) {
	if l.Op == LogicSubsig {
		n := counts[l.Index]
		if l.Mod == 0 && n == 0 || l.Mod != 0 && !related(n, l.Mod, l.N) {
			return false, 0, 0
		}
		return true, n, 1 << l.Index
	}
	a, aSum, aSet := l.Sub[0].value(counts)
	b, bSum, bSet := l.Sub[1].value(counts)
	ok = a && b || l.Op == LogicOr && (a || b)
	if ok {
		sum, set = aSum+bSum, aSet|bSet
	}
	if l.Mod == 0 {
		return ok, sum, set
	}
	if !related(sum, l.Mod, l.N) || uint32(bits.OnesCount64(set)) < l.Distinct {
		return false, 0, 0
	}
	return true, sum, 0
}

func related(n uint32, mod byte, to uint32) bool {
	switch mod {
	case '=':
		return n == to
	case '<':
		return n < to
	}
	return n > to
}

// greatest gives the greatest Index.
func (l *Logic) greatest() int {
	if l.Op == LogicSubsig {
		return l.Index
	}
	return max(l.Sub[0].greatest(), l.Sub[1].greatest())
}

const (
	maxSubsigs = 64   // of a logical signature
	maxLogic   = 4096 // bytes of an expression, which also bounds its depth
)

var errLogic = errors.New("invalid logical expression")

// parseLogic reads a logical expression.
func parseLogic(s string) (*Logic, error) {
	if len(s) > maxLogic {
		return nil, errors.New("logical expression is too long")
	}
	if strings.Trim(s, "0123456789&|()<>=,") != "" {
		return nil, errLogic
	}
	l, err := parseTerm(s)
	if err == nil && l.greatest() >= maxSubsigs {
		return nil, errors.New("more than 64 subsignatures")
	}
	return l, err
}

// parseTerm cuts s at the operator that binds last.
func parseTerm(s string) (*Logic, error) {
	depth, inner := 0, -1 // inner is the last operator at depth one
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return nil, errLogic
			}
		case '&', '|':
			if depth == 0 {
				return parseBinary(s[:i], s[i], s[i+1:])
			}
			if depth == 1 {
				inner = i
			}
		}
		if inner >= 0 && depth == 0 {
			mod, rest, err := parseModifier(s[i+1:])
			if err != nil {
				return nil, err
			}
			if rest == "" {
				l, err := parseBinary(s[1:inner], s[inner], s[inner+1:i])
				if err != nil {
					return nil, err
				}
				l.Mod, l.N, l.Distinct = mod.Mod, mod.N, mod.Distinct
				return l, nil
			}
			i = len(s) - len(rest) - 1
		}
	}
	if depth != 0 {
		return nil, errLogic
	}
	return parseLeaf(s)
}

func parseBinary(left string, op byte, right string) (*Logic, error) {
	a, err := parseTerm(left)
	if err != nil {
		return nil, err
	}
	b, err := parseTerm(right)
	if err != nil {
		return nil, err
	}
	l := &Logic{Op: LogicAnd, Sub: []*Logic{a, b}}
	if op == '|' {
		l.Op = LogicOr
	}
	return l, nil
}

// parseLeaf reads "n", "n=x" or either in parentheses.
func parseLeaf(s string) (*Logic, error) {
	for strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
		if strings.ContainsAny(s, "&|") {
			return parseTerm(s)
		}
	}
	id, rest, ok := leading(s)
	if !ok || id >= maxSubsigs {
		return nil, errLogic
	}
	mod, rest, err := parseModifier(rest)
	if err != nil || rest != "" {
		return nil, errLogic
	}
	mod.Index, mod.Distinct = int(id), 0
	return &mod, nil
}

// parseModifier reads "=x", "<x,y" and so on, or nothing.
func parseModifier(s string) (l Logic, rest string, err error) {
	if s == "" || strings.IndexByte("=<>", s[0]) < 0 {
		return l, s, nil
	}
	var ok bool
	l.Mod = s[0]
	if l.N, rest, ok = leading(s[1:]); !ok {
		return l, s, errLogic
	}
	if strings.HasPrefix(rest, ",") {
		if l.Distinct, rest, ok = leading(rest[1:]); !ok {
			return l, s, errLogic
		}
	}
	return l, rest, nil
}
