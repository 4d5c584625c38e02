package main

import "testing"

// TestRest holds that memory is given back once after busy times, not in them.
func TestRest(t *testing.T) {
	const mb = 1 << 20
	r := &rest{}
	for i, look := range []struct {
		taken uint64
		want  bool
	}{
		{500 * mb, false}, // it begins
		{503 * mb, true},
		{504 * mb, false}, // nothing worth it since
		{530 * mb, true},
		{900 * mb, false}, // busy
		{990 * mb, false},
		{1000 * mb, true},
		{1001 * mb, false},
	} {
		if got := r.due(look.taken); got != look.want {
			t.Errorf("look %d, %d bytes taken: %v, want %v", i, look.taken, got, look.want)
		}
	}
}
