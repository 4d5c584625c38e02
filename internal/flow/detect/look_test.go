package detect

import (
	"testing"
	"time"
)

// TestLook tells of a line that scans, one that browses, and none.
func TestLook(t *testing.T) {
	l := newLab(t, 10)
	l.browse(3, 30)
	for n := range 40 {
		l.refused(5, remote(n), 23)
		l.tick(200 * time.Millisecond)
	}
	bad, ok := l.Look(5, l.now)
	if !ok || !bad.Suspect || len(bad.Raised) != 1 || bad.Raised[0] != HorizontalScan || bad.Since == 0 || bad.Last <= bad.Since || bad.Flows != 40 || bad.Up <= 0 {
		t.Errorf("of a line that scans: %+v, %v", bad, ok)
	}
	good, ok := l.Look(3, l.now)
	if !ok || len(good.Raised) != 0 || good.Down <= 0 || good.Peers < 1 {
		t.Errorf("of a line that browses: %+v, %v", good, ok)
	}
	if v, _ := l.Look(3, l.now+microHour); v.Flows != 0 || v.Peers != 0 || v.Down > 1 {
		t.Errorf("an hour later: %+v", v)
	}
	if _, ok := l.Look(1000, l.now); ok {
		t.Error("a line that is not known is told of")
	}
	if _, ok := l.Look(0, l.now); ok {
		t.Error("no line is told of")
	}
	all := l.Suspects(l.now, 10)
	if len(all) == 0 || all[0].Line != 5 || len(all) != int(l.Stats().Suspects) {
		t.Errorf("suspects: %+v", all)
	}
	if some := l.Suspects(l.now, 0); len(some) != 0 {
		t.Errorf("none were asked for: %+v", some)
	}
}
