package version_test

import (
	"testing"

	"candor/internal/intel/version"
)

// TestBelow tells backports of minor releases from what is not mended.
func TestBelow(t *testing.T) {
	kernel := []string{"0:5.14.0-503.15.1.el9_5", "5.14.0-427.20.1.el9_4", "5.14.0-427.20.1.el9_4"}
	curl := []string{"7.76.1-26.el9_3.2", "7.76.1-23.el9_2.4"}
	same := []string{"7.76.1-23.el9_3.2", "7.76.1-23.el9_2.4"}
	for _, c := range []struct {
		mended []string
		v      string
		has    bool
	}{
		{kernel, "5.14.0-362.8.1.el9_3", true}, {kernel, "5.14.0-427.18.1.el9_4", true}, {kernel, "5.14.0-427.20.1.el9_4", false}, {kernel, "5.14.0-427.40.1.el9_4", false},
		{kernel, "5.14.0-503.11.1.el9_5", true}, {kernel, "5.14.0-503.15.1.el9_5", false}, {kernel, "5.14.0-570.el9", false}, {kernel, "1:1.0-1.el9", false},
		{curl, "7.76.1-19.el9_1", true}, {curl, "7.76.1-23.el9", true}, {curl, "7.76.1-23.el9_2.4", false}, {curl, "7.76.1-23.el9_2.5", false}, {curl, "7.76.1-26.el9", true}, {curl, "7.76.1-26.el9_3.2", false},
		{same, "7.76.1-23.el9", true}, {same, "7.76.1-23.el9_2.5", false}, {same, "7.76.1-23.el9_3.1", true}, {same, "7.76.1-23.el9_3.2", false},
		{[]string{"3.0.8-150500.5.24.1", "3.0.8-150500.5.42.1"}, "3.0.8-150500.5.24.1", false}, {[]string{"3.0.8-150500.5.24.1"}, "3.0.8-150500.5.21.1", true},
	} {
		has := false
		for _, r := range version.Below(c.mended) {
			in, ok := r.Holds(version.RPM, c.v)
			has = has || in && ok
		}
		if has != c.has {
			t.Errorf("%s where %q are mended: %v; %+v", c.v, c.mended, has, version.Below(c.mended))
		}
	}
	if version.Below(nil) != nil {
		t.Error("nothing is mended, and some are not")
	}
}
