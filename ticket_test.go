package candor_test

import (
	"testing"
	"time"

	"candor"
)

func TestUploadLate(t *testing.T) {
	now := time.Date(2026, 3, 30, 9, 0, 0, 0, time.UTC)
	waiting := candor.Upload{At: now.Add(-time.Hour), State: candor.UploadWaiting}
	fresh, seen, erased := waiting, waiting, waiting
	fresh.At, seen.State, erased.Erased = now.Add(-59*time.Minute), candor.UploadFailed, true
	for name, x := range map[string]struct {
		u    candor.Upload
		want bool
	}{"waiting": {waiting, true}, "fresh": {fresh, false}, "looked at": {seen, false}, "erased": {erased, false}} {
		if got := x.u.Late(now); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
