package memory

import "testing"

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, from/8 - 1, from / 8, 5 << 20} {
		b := Make[uint64](n)
		if len(b) != n {
			t.Fatalf("%d elements, want %d", len(b), n)
		}
		for i, x := range b {
			if x != 0 {
				t.Fatalf("element %d of %d is %d", i, n, x)
			}
		}
	}
}
