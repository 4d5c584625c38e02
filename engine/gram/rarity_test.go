package gram

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRateOrders(t *testing.T) {
	rare := Rate([]byte("zqxjkvbw"))
	common := Rate([]byte("function"))
	if rare >= common {
		t.Errorf("Rate(zqxjkvbw) = %g, not below Rate(function) = %g", rare, common)
	}
	for _, s := range []string{"function", "eval", "exec", "base64_decode", "<?", "](", "*/", ";$", "system", "zqxj", "    ", "php"} {
		t.Logf("%-14q rate %.3g cost %.3g", s, Rate(FoldBytes([]byte(s))), Cost(FoldBytes([]byte(s))))
	}
}

func TestRarestIsTheCheapestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const bytes = "eval(base64_decode$ \x00\xff;'=A"
	for range 500 {
		b := make([]byte, MaxAtom+1+r.IntN(60))
		for i := range b {
			b[i] = Fold(bytes[r.IntN(len(bytes))])
		}
		cheapest := math.Inf(1)
		for i := 0; i+MaxAtom <= len(b); i++ {
			cheapest = min(cheapest, Cost(b[i:i+MaxAtom]))
		}
		at := rarest(b)
		if got := Cost(b[at : at+MaxAtom]); got > cheapest*(1+1e-9) {
			t.Fatalf("%q: the window at %d costs %g, the cheapest %g", b, at, got, cheapest)
		}
	}
}
