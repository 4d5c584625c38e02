package judge

import (
	"slices"
	"testing"
)

func TestReadYARA(t *testing.T) {
	v, err := readYARA([]byte("n.yar:a /x/with space\n0x1f:2:$a: ab\n0x20:2:$: 0x1:2\nn.yar:b /y\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Occurrence{{"$a", 31, 2}, {"$", 32, 2}}
	if got := v[Pair{"n.yar:a", "/x/with space"}]; !slices.Equal(got, want) {
		t.Errorf("occurrences %v, want %v", got, want)
	}
	if got, ok := v[Pair{"n.yar:b", "/y"}]; !ok || len(got) != 0 || len(v) != 2 {
		t.Errorf("pairs %v", v)
	}
	for _, bad := range []string{"nospace\n", "0xzz:1:$a: x\n", "0x1:x\n"} {
		if _, err := readYARA([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
