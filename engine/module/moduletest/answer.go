package moduletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"candor/engine/module"
)

// Question is a call of a function of a module.
type Question struct {
	Function string
	Args     []module.Value
}

// Ask makes a Question of plain Go values: int, float64, bool and string.
func Ask(function string, args ...any) Question {
	q := Question{Function: function}
	for _, arg := range args {
		q.Args = append(q.Args, value(arg))
	}
	return q
}

func value(arg any) module.Value {
	switch arg := arg.(type) {
	case int:
		return module.IntValue(int64(arg))
	case float64:
		return module.FloatValue(arg)
	case bool:
		return module.BoolValue(arg)
	case string:
		return module.StringValue(arg)
	}
	panic(fmt.Sprintf("no value of a condition: %v", arg))
}

// String gives the call as it is written in a rule, without the module.
func (q Question) String() string {
	var args []string
	for _, arg := range q.Args {
		args = append(args, literal(arg))
	}
	return q.Function + "(" + strings.Join(args, ", ") + ")"
}

func literal(v module.Value) string {
	switch v.Kind {
	case module.Int:
		return strconv.FormatInt(v.Int, 10)
	case module.Float:
		return strconv.FormatFloat(v.Float, 'f', 6, 64)
	case module.Bool:
		return strconv.FormatBool(v.Int != 0)
	}
	var s strings.Builder
	for _, c := range v.Str {
		fmt.Fprintf(&s, "\\x%02x", c)
	}
	return `"` + s.String() + `"`
}

// Answer writes a value as AskYara does: "undefined", numbers in decimal,
// floats times 10^15 so that all of their digits show, other bytes of strings
// than printable ASCII as \xHH.
func Answer(v module.Value) string {
	switch v.Kind {
	case module.Undefined:
		return "undefined"
	case module.Float:
		return strconv.FormatFloat(v.Float*1e15, 'f', 6, 64)
	case module.String:
		return strings.Trim(quoted(v.Str), `"`)
	}
	return strconv.FormatInt(v.Int, 10)
}

// AskYara gives yara's answers to questions about data, in the form of Answer.
func AskYara(t testing.TB, m module.Module, data []byte, questions []Question) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	rules := fmt.Sprintf("import \"console\" import %q\n", m.Name())
	for i, q := range questions {
		scale := ""
		if m.Type().Fields[q.Function].Funcs[0].Result.Kind == module.Float {
			scale = " * 1000000000000000.0"
		}
		rules += fmt.Sprintf("rule r%d { condition: console.log(\"%d=\", %s.%s%s) }\n", i, i, m.Name(), q, scale)
	}
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = "undefined"
	}
	for _, line := range Yara(t, rules, file) {
		number, answer, ok := strings.Cut(line, "=")
		if i, err := strconv.Atoi(number); ok && err == nil {
			answers[i] = answer
		}
	}
	return answers
}

// CompareAnswers asks a module and yara the same, and fails the test where
// their answers differ.
func CompareAnswers(t *testing.T, m module.Module, data []byte, questions []Question) {
	t.Helper()
	for i, want := range AskYara(t, m, data, questions) {
		in, _ := Input(data)
		q := questions[i]
		if got := Answer(Call(t, m, in, q.Function, q.Args...)); got != want {
			t.Errorf("%s.%s over %d bytes = %s, yara has %s", m.Name(), q, len(data), got, want)
		}
	}
}
