package front

import (
	"context"
	"errors"
	"testing"

	"candor/engine"
	"candor/internal/scan"
)

// TestLookers looks with the definitions that are in use, one at a time.
func TestLookers(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{{Name: "r.yar", Data: []byte(`rule a { strings: $a = "evil" condition: $a }`)}}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	made, generation, bad := 0, "1", errors.New("there are none")
	var now error
	l := NewLookers(1, func() (Definitions, error) {
		return Definitions{Generation: generation, NewMatcher: func() scan.Matcher { made++; return rules.NewScanner(engine.ScanOptions{}) }}, now
	}, nil)
	take := func(want string) {
		t.Helper()
		one, err := l.Take(t.Context())
		if err != nil || one.Generation != want || l.Busy() != 1 {
			t.Fatalf("%+v, %v, %d", one, err, l.Busy())
		}
		if found, err := one.Look("x", []byte("evil"), 0); err != nil || len(found) != 1 {
			t.Errorf("found %v, %v", found, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(bad)
		if _, err := l.Take(ctx); !errors.Is(err, bad) {
			t.Errorf("another at the same time: %v", err)
		}
		l.Give(one)
	}
	take("1")
	take("1")
	if now = bad; made != 1 {
		t.Errorf("%d matchers for one generation", made)
	}
	if _, err := l.Take(t.Context()); !errors.Is(err, bad) {
		t.Errorf("without definitions: %v", err)
	}
	now, generation = nil, "2"
	take("2")
	if made != 2 || l.Busy() != 0 || l.Waiting() != 0 {
		t.Errorf("%d matchers, %d busy, %d wait", made, l.Busy(), l.Waiting())
	}
}
