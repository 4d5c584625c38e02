package str

import (
	"testing"

	"candor/engine/module/moduletest"
)

// answers holds what YARA 4.5.8 answers.
var answers = []struct {
	question moduletest.Question
	want     string
}{
	{moduletest.Ask("length", ""), "0"},
	{moduletest.Ask("length", "a\x00b"), "3"},
	{moduletest.Ask("to_int", "1234"), "1234"},
	{moduletest.Ask("to_int", "-1234"), "-1234"},
	{moduletest.Ask("to_int", "+7"), "7"},
	{moduletest.Ask("to_int", " \t\n\v\f\r12"), "12"},
	{moduletest.Ask("to_int", "12 "), "undefined"},
	{moduletest.Ask("to_int", ""), "undefined"},
	{moduletest.Ask("to_int", "-"), "undefined"},
	{moduletest.Ask("to_int", "+-1"), "undefined"},
	{moduletest.Ask("to_int", "0"), "0"},
	{moduletest.Ask("to_int", "010"), "8"},
	{moduletest.Ask("to_int", "08"), "undefined"},
	{moduletest.Ask("to_int", "0x1F"), "31"},
	{moduletest.Ask("to_int", "-0X1f"), "-31"},
	{moduletest.Ask("to_int", "0x"), "undefined"},
	{moduletest.Ask("to_int", "0xg"), "undefined"},
	{moduletest.Ask("to_int", "12\x00ab"), "12"},
	{moduletest.Ask("to_int", "9223372036854775807"), "9223372036854775807"},
	{moduletest.Ask("to_int", "9223372036854775808"), "undefined"},
	{moduletest.Ask("to_int", "-9223372036854775808"), "-9223372036854775808"},
	{moduletest.Ask("to_int", "-9223372036854775809"), "undefined"},
	{moduletest.Ask("to_int", "99999999999999999999999999"), "undefined"},
	{moduletest.Ask("to_int", "1e3"), "undefined"},
	{moduletest.Ask("to_int", "0b11"), "undefined"},
	{moduletest.Ask("to_int", "A", 16), "10"},
	{moduletest.Ask("to_int", "0xA", 16), "10"},
	{moduletest.Ask("to_int", "0x", 16), "undefined"},
	{moduletest.Ask("to_int", "010", 10), "10"},
	{moduletest.Ask("to_int", "0x10", 10), "undefined"},
	{moduletest.Ask("to_int", "0x10", 0), "16"},
	{moduletest.Ask("to_int", "zZ", 36), "1295"},
	{moduletest.Ask("to_int", "0x1", 34), "1123"},
	{moduletest.Ask("to_int", "102", 2), "undefined"},
	{moduletest.Ask("to_int", "-101", 2), "-5"},
	{moduletest.Ask("to_int", "1", 1), "undefined"},
	{moduletest.Ask("to_int", "1", 37), "undefined"},
	{moduletest.Ask("to_int", "1", -2), "undefined"},
}

func TestAnswers(t *testing.T) {
	in, _ := moduletest.Input(nil)
	for _, c := range answers {
		got := moduletest.Answer(moduletest.Call(t, New(), in, c.question.Function, c.question.Args...))
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.question, got, c.want)
		}
	}
}
