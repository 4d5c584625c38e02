package math

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

// contents gives data of many kinds: none, one value, text, code, noise.
func contents(t testing.TB) map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100003)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"empty":  nil,
		"one":    {200},
		"equal":  bytes.Repeat([]byte{7}, 64),
		"text":   []byte(strings.Repeat("A rule is a set of strings and a condition.\n", 40)),
		"noise":  noise,
		"skewed": bytes.ReplaceAll(noise[:5001], []byte{1}, []byte{0, 0, 0}),
		"code":   code[:min(len(code), 1<<20)],
	}
}

// TestAgainstYara compares the statistics, to the last digit, with yara's.
func TestAgainstYara(t *testing.T) {
	ask := moduletest.Ask
	for name, data := range contents(t) {
		var questions []moduletest.Question
		size := len(data)
		for _, r := range [][2]int{{0, size}, {0, size + 10}, {0, 0}, {1, 7}, {3, 4099}, {size / 2, size}, {size - 1, 1}, {size, 1}, {-1, 5}, {0, -1}} {
			for _, f := range []string{"entropy", "mean", "monte_carlo_pi", "mode"} {
				questions = append(questions, ask(f, r[0], r[1]))
			}
			questions = append(questions,
				ask("deviation", r[0], r[1], 127.5), ask("deviation", r[0], r[1], 63.3),
				ask("count", 65, r[0], r[1]), ask("percentage", 200, r[0], r[1]))
			if !moduletest.YaraBefore(t, 4, 5) {
				questions = append(questions, ask("serial_correlation", r[0], r[1]), ask("count", 256, r[0], r[1]), ask("percentage", -1, r[0], r[1]))
			}
		}
		for _, b := range []int{0, 1, 32, 200, 255} {
			questions = append(questions, ask("count", b), ask("percentage", b))
		}
		questions = append(questions, ask("mode"))
		for _, s := range []string{"", "a", "aaaaaa", "some text of words", string(data[:min(size, 300)]), "\xff\xfe\x80abc\x00\x01\x02\x7f\xc0"} {
			for _, f := range []string{"entropy", "mean", "monte_carlo_pi"} {
				questions = append(questions, ask(f, s))
			}
			if !moduletest.YaraBefore(t, 4, 5) {
				questions = append(questions, ask("serial_correlation", s))
			}
			questions = append(questions, ask("deviation", s, 64.5))
		}
		t.Run(name, func(t *testing.T) { moduletest.CompareAnswers(t, New(), data, questions) })
	}
}

func TestArithmeticAgainstYara(t *testing.T) {
	ask := moduletest.Ask
	questions := []moduletest.Question{ask("to_number", true), ask("to_number", false),
		ask("in_range", 1.5, 1.0, 2.0), ask("in_range", 2.0, 1.0, 2.0), ask("in_range", 2.5, 1.0, 2.0), ask("in_range", 0.5, 1.0, 2.0)}
	numbers := []int{0, 1, -1, 7, 255, math.MaxInt64, -math.MaxInt64}
	for _, a := range numbers {
		questions = append(questions, ask("abs", a))
		for _, b := range numbers {
			questions = append(questions, ask("min", a, b), ask("max", a, b))
		}
		if !moduletest.YaraBefore(t, 4, 5) {
			questions = append(questions, ask("to_string", a), ask("to_string", a, 8),
				ask("to_string", a, 10), ask("to_string", a, 16), ask("to_string", a, 2))
		}
	}
	moduletest.CompareAnswers(t, New(), []byte("data"), questions)
}

// TestAnswers holds what YARA 4.5.8 answers where older versions differ.
func TestAnswers(t *testing.T) {
	ask := moduletest.Ask
	for _, c := range []struct {
		question moduletest.Question
		want     string
	}{
		{ask("to_string", -1), "-1"},
		{ask("to_string", -1, 16), "ffffffffffffffff"},
		{ask("to_string", 64, 8), "100"},
		{ask("to_string", -64, 10), "-64"},
		{ask("to_string", 64, 2), "undefined"},
		{ask("count", 97), "2"},
		{ask("count", 256), "undefined"},
		{ask("percentage", -1), "undefined"},
		{ask("serial_correlation", 0, 6), "250000000000000.000000"},
		{ask("serial_correlation", "ab\xffde"), "-249687890137328.343750"},
		{ask("serial_correlation", ""), "-100000000000000000000.000000"},
		{ask("abs", math.MinInt64), "-9223372036854775808"},
	} {
		in, _ := moduletest.Input([]byte("abcdea"))
		got := moduletest.Answer(moduletest.Call(t, New(), in, c.question.Function, c.question.Args...))
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.question, got, c.want)
		}
	}
}

// TestLog2 compares with logarithms of 200 bits.
func TestLog2(t *testing.T) {
	for k := -1074; k <= 1023; k++ {
		if got := log2(math.Ldexp(1, k)); got != float64(k) {
			t.Fatalf("log2(2^%d) = %v", k, got)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		x := float64(random.Uint32()>>(random.Uint32()%24)+1) / float64(1<<32)
		if got, want := log2(x), exactLog2(x); got != want {
			t.Fatalf("log2(%v) = %v, want %v", x, got, want)
		}
	}
}

// exactLog2 squares x and takes the bits of its logarithm one by one.
func exactLog2(x float64) float64 {
	const bits = 200
	m := new(big.Float).SetPrec(4 * bits).SetFloat64(x)
	e := m.MantExp(m) - 1
	m.SetMantExp(m, 1) // in [1, 2)
	fraction := new(big.Int)
	two := big.NewFloat(2)
	for range bits {
		m.Mul(m, m)
		fraction.Lsh(fraction, 1)
		if m.Cmp(two) >= 0 {
			m.Quo(m, two)
			fraction.Add(fraction, big.NewInt(1))
		}
	}
	sum := new(big.Float).SetPrec(4 * bits).SetInt(fraction)
	sum.SetMantExp(sum, -bits)
	sum.Add(sum, new(big.Float).SetInt64(int64(e)))
	r, _ := sum.Float64()
	return r
}

func TestMeanBytes(t *testing.T) {
	in, _ := moduletest.Input(nil)
	if v := New().Open(in).Field("MEAN_BYTES"); v.Kind != module.Float || v.Float != 127.5 {
		t.Errorf("MEAN_BYTES = %v", v)
	}
}

func BenchmarkEntropy(b *testing.B) {
	data := contents(b)["code"]
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		in, _ := moduletest.Input(data)
		moduletest.Call(b, New(), in, "entropy", module.IntValue(0), module.IntValue(int64(len(data))))
	}
}
