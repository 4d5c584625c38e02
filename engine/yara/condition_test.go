package yara

import (
	"reflect"
	"testing"
)

// parseCondition parses one condition with the surroundings of the peer test.
func parseCondition(t *testing.T, src string) Expr {
	t.Helper()
	f, problems := Parse("f", []byte(condition(src)), Options{})
	if len(problems) > 0 {
		t.Fatalf("%s: %v", src, problems)
	}
	x := f.Rules[len(f.Rules)-1].Condition
	clearPos(reflect.ValueOf(&x))
	return x
}

// TestPrecedence checks that an expression means what it means with
// parentheses written out.
func TestPrecedence(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`true or false and true`, `true or (false and true)`}, {`true and false or true`, `(true and false) or true`}, {`r1 and r2 and q`, `(r1 and r2) and q`}, {`r1 or r2 or q`, `r1 or r2 or q`},
		{`not r1 and r2`, `(not r1) and r2`}, {`not r1 or r2`, `(not r1) or r2`}, {`not 1 == 2`, `not (1 == 2)`}, {`defined 1 == 2`, `defined (1 == 2)`}, {`not defined r1 and q`, `(not (defined r1)) and q`},
		{`not "a" contains "b"`, `not ("a" contains "b")`}, {`1 + 2 < 3 + 4`, `(1 + 2) < (3 + 4)`}, {`1 | 2 == 3 | 4`, `(1 | 2) == (3 | 4)`}, {`1 | 2 ^ 3 & 4 << 5 + 6 * 7 == 0`, `(1 | (2 ^ (3 & (4 << (5 + (6 * 7)))))) == 0`},
		{`1 * 2 + 3 << 4 & 5 ^ 6 | 7 == 0`, `((((((1 * 2) + 3) << 4) & 5) ^ 6) | 7) == 0`}, {`1 - 2 - 3 == 0`, `((1 - 2) - 3) == 0`}, {`8 \ 4 \ 2 == 0`, `((8 \ 4) \ 2) == 0`}, {`8 % 5 * 2 == 0`, `((8 % 5) * 2) == 0`},
		{`1 << 2 >> 3 == 0`, `((1 << 2) >> 3) == 0`}, {`-1 + 2 == 0`, `((-1) + 2) == 0`}, {`-1 * -2 == 0`, `((-1) * (-2)) == 0`}, {`~1 & 2 == 0`, `((~1) & 2) == 0`}, {`-~1 == 0`, `(-(~1)) == 0`}, {`-pe.machine == 1`, `(-(pe.machine)) == 1`},
		{`$_a at 1 + 2 and q`, `($_a at (1 + 2)) and q`}, {`$_a in (1 + 2..3 * 4)`, `$_a in ((1 + 2)..(3 * 4))`}, {`1 + 1 of them`, `(1 + 1) of them`}, {`2 * 25 % of them`, `(2 * 25)% of them`}, {`10 % 4 % of them`, `(10 % 4)% of them`},
		{`any of them and q`, `(any of them) and q`}, {`not any of them`, `not (any of them)`}, {`any of them in (1..2) or q`, `(any of them in (1..2)) or q`}, {`any of them at 1 + 2 or q`, `(any of them at (1 + 2)) or q`},
		{`1 of ($_c*) and 2 of them`, `(1 of ($_c*)) and (2 of them)`}, {`#_a in (1..2) + 1 == 2`, `((#_a in (1..2)) + 1) == 2`}, {`@_a[1 + 2] + !_a == 3`, `(@_a[(1 + 2)] + !_a) == 3`}, {`"a" matches /b/ and q`, `("a" matches /b/) and q`},
		{`for all i in (1..2) : (i == 1) and q`, `(for all i in (1..2) : ((i == 1))) and q`}, {`uint8(1 + 2) + 3 == 4`, `(uint8((1 + 2)) + 3) == 4`},
	} {
		if got, want := parseCondition(t, c.src), parseCondition(t, c.want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %s, want %s", c.src, FormatExpr(got), FormatExpr(want))
		}
	}
}

// TestConditionNodes checks the node that each construct becomes.
func TestConditionNodes(t *testing.T) {
	i := func(n int64) Expr { return &Int{Value: n} }
	id := func(s string) Expr { return &Ident{Name: s} }
	for _, c := range []struct {
		src  string
		want Expr
	}{
		{`$_a at 1`, &StringRef{Name: "_a", At: i(1)}},
		{`$_a in (1..2)`, &StringRef{Name: "_a", Lo: i(1), Hi: i(2)}},
		{`#_a in (1..2)`, &Count{Name: "_a", Lo: i(1), Hi: i(2)}},
		{`@_a[3]`, &Offset{Name: "_a", Index: i(3)}},
		{`!_a`, &Length{Name: "_a"}},
		{`2KB`, i(2048)}, {`3MB`, i(3 << 20)}, {`0x1F`, i(31)}, {`0o17`, i(15)}, {`1.25`, &Float{Value: 1.25}}, {`"a\x00"`, &Str{Value: []byte("a\x00")}},
		{`filesize`, &Filesize{}}, {`entrypoint`, &Entrypoint{}}, {`false`, &Bool{}},
		{`uint16be(1)`, &Call{X: id("uint16be"), Args: []Expr{i(1)}}},
		{`pe.a["x"].b(1, q)`, &Call{X: &Member{X: &Index{X: &Member{X: id("pe"), Name: "a"}, I: &Str{Value: []byte("x")}}, Name: "b"}, Args: []Expr{i(1), id("q")}}},
		{`all of them`, &OfStrings{Q: Quantifier{All: true}, Set: StringSet{Them: true}}},
		{`none of ($_a, $_c*)`, &OfStrings{Q: Quantifier{None: true}, Set: StringSet{Names: []string{"_a", "_c*"}}}},
		{`2 of ($_c*) in (1..2)`, &OfStrings{Q: Quantifier{Count: i(2)}, Set: StringSet{Names: []string{"_c*"}}, Lo: i(1), Hi: i(2)}},
		{`any of them at 5`, &OfStrings{Q: Quantifier{Any: true}, Set: StringSet{Them: true}, At: i(5)}},
		{`50% of them`, &OfStrings{Q: Quantifier{Count: i(50), Percent: true}, Set: StringSet{Them: true}}},
		{`1 of (r1, q*)`, &OfRules{Q: Quantifier{Count: i(1)}, Names: []string{"r1", "q*"}}},
		{`any of (r1, true)`, &OfExprs{Q: Quantifier{Any: true}, Exprs: []Expr{id("r1"), &Bool{Value: true}}}},
		{`for any of them : ($ at 1)`, &ForStrings{Q: Quantifier{Any: true}, Set: StringSet{Them: true}, Body: &StringRef{At: i(1)}}},
		{`for 2 i in (1..3) : (i)`, &ForIn{Q: Quantifier{Count: i(2)}, Vars: []string{"i"}, Iter: &Range{Lo: i(1), Hi: i(3)}, Body: id("i")}},
		{`for all i in (1, 2) : (i)`, &ForIn{Q: Quantifier{All: true}, Vars: []string{"i"}, Iter: &List{Items: []Expr{i(1), i(2)}}, Body: id("i")}},
		{`for any k, v in pe.x : (true)`, &ForIn{Q: Quantifier{Any: true}, Vars: []string{"k", "v"}, Iter: &Member{X: id("pe"), Name: "x"}, Body: &Bool{Value: true}}},
		{`defined q`, &Unary{Op: "defined", X: id("q")}},
		{`1 \ ~2`, &Binary{Op: `\`, X: i(1), Y: &Unary{Op: "~", X: i(2)}}},
	} {
		got := parseCondition(t, c.src).(*Binary).Y // behind the "any of them or" of the surroundings
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s is %s (%T), want %s", c.src, FormatExpr(got), got, FormatExpr(c.want))
		}
	}
	lit := parseCondition(t, `"a" matches /x\/[^y]/is`).(*Binary).Y.(*Binary).Y.(*RegexpLit)
	if lit.Src != `x\/[^y]` || lit.Flags != "is" || lit.Node.String() != `[Xx]\/[^Yy]` {
		t.Errorf("regular expression %+v", lit)
	}
}

func TestFormatRoundTrip(t *testing.T) {
	for _, c := range peerCases {
		for _, s := range c.srcs {
			f, _ := Parse("f", []byte(c.wrap(s)), Options{})
			roundTrip(t, f)
		}
	}
}
