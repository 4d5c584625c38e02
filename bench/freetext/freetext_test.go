package freetext

import (
	"testing"

	"candor/internal/intake/freetext"
)

// TestHeld: reports of styles that nothing was learned from are not read worse
// than they were, and what is acted upon alone is right.
func TestHeld(t *testing.T) {
	cases, err := Load("../../internal/intake/freetext/testdata/set/held")
	if err != nil {
		t.Fatal(err)
	}
	s := Judge(freetext.New(), cases, nil)
	if 100*s.Exact < 50*s.Reports || s.Alone == 0 || 100*s.Right < 98*s.Alone {
		t.Errorf("%d of %d reports are read exactly right; %d of %d that no person looks at", s.Exact, s.Reports, s.Right, s.Alone)
	}
}
