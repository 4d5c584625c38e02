package scan

import (
	"strconv"
	"strings"
	"testing"

	"candor"
	"candor/engine"
	"candor/internal/scan/known"
)

// TestToldIsBounded holds findings of many contents, and of one with too many.
func TestToldIsBounded(t *testing.T) {
	var held told
	at := func() engine.Situation { return engine.Situation{} }
	sum := func(i int) known.Sum { return known.SumOf([]byte(strconv.Itoa(i))) }
	some := []candor.Finding{{Rule: "one", Strings: []candor.Occurrence{{Data: []byte(strings.Repeat("x", 60<<10))}}}}
	const many = 3 * mostTold / (60 << 10)
	for i := range many {
		held.keep(content{sum: sum(i)}, some)
		if held.held > mostTold || len(held.findings)*(60<<10) > mostTold {
			t.Fatalf("%d bytes of %d contents are held", held.held, len(held.findings))
		}
	}
	if held.of(sum(many-1), at, "there") == nil || held.of(sum(0), at, "there") != nil {
		t.Error("the last is not held, or the first is still")
	}
	dots := make([]candor.Occurrence, 1000)
	held.keep(content{sum: sum(-1)}, []candor.Finding{{Rule: "dots", Strings: dots}})
	if held.of(sum(-1), at, "there") != nil {
		t.Error("a content of which too much is told is held")
	}
}
