package clock

import (
	"testing"

	"candor/engine/module/moduletest"
)

func TestNow(t *testing.T) {
	in, _ := moduletest.Input(nil)
	if v := moduletest.Call(t, New(), in, "now"); v.Int != in.Now() {
		t.Errorf("now() = %d, the clock says %d", v.Int, in.Now())
	}
	if name := New().Name(); name != "time" {
		t.Errorf("the module is called %q", name)
	}
}
