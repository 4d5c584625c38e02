package cpe

import (
	"errors"
	"strings"
	"testing"

	"candor"
)

// TestParse holds that both bindings of a name are read as the same: those are examples
// of NISTIR 7695.
func TestParse(t *testing.T) {
	for uri, formatted := range map[string]string{
		"cpe:/a:microsoft:internet_explorer:8.0.6001:beta":                  `cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*`,
		"cpe:/a:microsoft:internet_explorer:8.%02:sp%01":                    `cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*`,
		"cpe:/a:hp:insight_diagnostics:7.4.0.1570::~~online~win2003~x64~":   `cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:*:*:*:online:win2003:x64:*`,
		"cpe:/a:hp:openview_network_manager:7.51:-:~~~linux~~":              `cpe:2.3:a:hp:openview_network_manager:7.51:-:*:*:*:linux:*:*`,
		"cpe:/a:foo%5cbar:big%24money_2010%07:::~~special~ipod_touch~80gb~": "",
		"cpe:/a:foo%5cbar:big%24money_2010:::~~special~ipod_touch~80gb~":    `cpe:2.3:a:foo\\bar:big\$money_2010:*:*:*:*:special:ipod_touch:80gb:*`,
		"CPE:/o:RedHat:Enterprise_Linux:9::baseos":                          `cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*`,
		"cpe:/h:vendor":                       `cpe:2.3:h:vendor:*:*:*:*:*:*:*:*:*`,
		"cpe:/a:joomla:joomla%21:5.0.1":       `cpe:2.3:a:joomla:joomla\!:5.0.1:*:*:*:*:*:*:*`,
		"cpe:/a:%02wordpress%02:%01%01press":  `cpe:2.3:a:*wordpress*:??press:*:*:*:*:*:*:*:*`,
		"cpe:/a:a:b:-":                        `cpe:2.3:a:a:b:-:*:*:*:*:*:*:*`,
		"cpe:/":                               `cpe:2.3:*:*:*:*:*:*:*:*:*:*:*`,
		"cpe:/a:a:b:1:2:3:4:5":                "",
		"cpe:/a:a%2":                          "",
		"cpe:/a:a%zz":                         "",
		"cpe:/a:a%02b":                        "",
		"cpe:/a:a b":                          "",
		"cpe:/x:a":                            "",
		"cpe:/-:a":                            "",
		"cpe:/a:a:b:::~1~2~3":                 "",
		"wordpress":                           "",
		"cpe:/a:" + strings.Repeat("a", 2000): "",
	} {
		n, err := Parse(uri)
		if formatted == "" {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%s: %v, %v", uri, n, err)
			}
			continue
		}
		if err != nil || n.String() != formatted {
			t.Errorf("%s: %s, %v; want %s", uri, n, err, formatted)
		}
		if again, err := Parse(formatted); err != nil || again != n {
			t.Errorf("%s: %#v, %v; want %#v", formatted, again, err, n)
		}
	}
	for _, bad := range []string{"cpe:2.3:a:b:c", `cpe:2.3:a:b:c\:*:*:*:*:*:*:*:*`, "cpe:2.3:a:b::*:*:*:*:*:*:*:*", "cpe:2.3:a:b*c:*:*:*:*:*:*:*:*:*", "cpe:2.3:a:**:*:*:*:*:*:*:*:*:*", `cpe:2.3:a:b:*:*:*:*:*:*:*:*:\`} {
		if n, err := Parse(bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v, %v", bad, n, err)
		}
	}
}

// TestCompare has the cases of tables 6-2 and 6-4 of NISTIR 7696.
func TestCompare(t *testing.T) {
	of := func(attributes string) Name {
		t.Helper()
		n, err := Parse("cpe:2.3:a:" + attributes + strings.Repeat(":*", 9-strings.Count(attributes, ":")))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		source, target string
		want           Relation
	}{
		{"v:p:1.0", "v:p:1.0", Equal},
		{"v:p:1.0", "v:p:1.1", Disjoint},
		{"v:p:*", "v:p:1.1", Superset},
		{"v:p:1.1", "v:p:*", Subset},
		{"v:p:-", "v:p:1.1", Disjoint},
		{"v:p:-", "v:p:-", Equal},
		{"v:p:*", "v:p:-", Superset},
		{"v:p:-", "v:p:*", Subset},
		{"v:p:1.*", "v:p:1.1", Superset},
		{"v:p:1.*", "v:p:2.1", Disjoint},
		{"v:p:1.*", "v:p:*", Subset},
		{"v:p:1.0", "v:p:1.*", Undefined},
		{"v:p:*", "v:p:1.*", Undefined},
		{"v:p:*.2", "v:p:1.2", Superset},
		{"v:p:?.2", "v:p:1.2", Superset},
		{"v:p:?.2", "v:p:.2", Superset},
		{"v:p:?.2", "v:p:11.2", Disjoint},
		{"v:p:??.2", "v:p:11.2", Superset},
		{"v:p:*1*", "v:p:2.1.0", Superset},
		{"v:p:???", "v:p:9", Superset},
		{"v:p:???", "v:p:1.10", Disjoint},
		{"v:*:1.0", "v:p:*", Undefined},
		{"w:p:*", "v:p:1.1", Disjoint},
		{`v:joomla\!`, `v:joomla\!:5`, Superset},
	} {
		if got := of(c.source).Compare(of(c.target)); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.source, c.target, got, c.want)
		}
	}
}

// FuzzParse holds that what is read is written so that it is read as the same, and that
// a name without wildcards is equal to itself.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"cpe:/a:foo%5cbar:big%24money_2010:::~~special~ipod_touch~80gb~", `cpe:2.3:a:foo\\bar:big\$money:8.*:sp?:*:*:special:-:80gb:*`, "cpe:/a:%02wordpress%02:%01%01press", `cpe:2.3:a:\-:\*:*:*:*:*:*:*:*:*`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err != nil {
			if n != (Name{}) {
				t.Fatalf("%q: %v beside %v", text, n, err)
			}
			return
		}
		again, err := Parse(n.String())
		if err != nil || again != n {
			t.Fatalf("%q: %s, then %s, %v", text, n, again, err)
		}
		wild := false
		for _, a := range n.attributes() {
			wild = wild || a.Kind == Text && a.Wild()
		}
		if r := n.Compare(n); !wild && r != Equal || wild && r != Undefined {
			t.Fatalf("%s to itself: %d", n, r)
		}
	})
}
