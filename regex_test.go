package candor_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestExpressions compiles the regular expressions that the program compiles only
// once it uses them, as far as they are written in one place.
func TestExpressions(t *testing.T) {
	files, seen := token.NewFileSet(), 0
	for path := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) != 1 {
				return true
			}
			s, ok := c.Fun.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Of" {
				return true
			}
			if x, ok := s.X.(*ast.Ident); !ok || x.Name != "regex" {
				return true
			}
			if text := written(c.Args[0]); text != nil {
				seen++
				if _, err := regexp.Compile(constant.StringVal(text)); err != nil {
					t.Errorf("%s: %v", files.Position(c.Pos()), err)
				}
			}
			return true
		})
	}
	if seen < 100 {
		t.Errorf("only %d were looked at", seen)
	}
}

// written is the text that an expression is, if it is made of literals.
func written(e ast.Expr) constant.Value {
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0)
	case *ast.BinaryExpr:
		if x, y := written(e.X), written(e.Y); x != nil && y != nil {
			return constant.BinaryOp(x, e.Op, y)
		}
	}
	return nil
}
