package gram

import "testing"

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
