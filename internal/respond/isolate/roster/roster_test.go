package roster

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor"
	"candor/internal/respond/isolate"
)

const sample = "line,addresses,session,user,nas,nas_address\n" +
	"L-1,10.0.0.1 2001:db8:0:1::/64,s1,u1,bras-1,192.0.2.1\n" +
	"L-2,10.0.0.2;10.0.0.3,,,,\nL-3,10.0.0.1,,,,\nL-4,10.0.0.4,,,,\nL-4,10.0.0.5,,,,\n"

func TestRoster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	r := New(path, time.Hour, func() time.Time { return now })
	ask := func(line string) (isolate.Session, error) {
		return r.Session(t.Context(), candor.Asset{Reference: line})
	}
	if _, err := ask("L-1"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without a file: %v", err)
	}
	write(sample)
	got, err := ask("L-1")
	want := isolate.Session{Line: "L-1", ID: "s1", User: "u1", NAS: "bras-1", NASAddress: netip.MustParseAddr("192.0.2.1"),
		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:0:1::/64")}}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	who, err := r.Holders(t.Context(), netip.MustParsePrefix("10.0.0.1/32"))
	if slices.Sort(who); err != nil || !slices.Equal(who, []string{"L-1", "L-3"}) {
		t.Errorf("%v, %v", who, err)
	}
	if who, err = r.Holders(t.Context(), netip.MustParsePrefix("2001:db8:0:1::5/128")); err != nil || !slices.Equal(who, []string{"L-1"}) {
		t.Errorf("%v, %v", who, err)
	}
	if _, err := ask("L-9"); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("an unknown line: %v", err)
	}
	if _, err := ask("L-4"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("a line that stands there twice: %v", err)
	}
	for _, bad := range []string{"", "line,colour\n", "line,addresses\nL-1,10.0.0\n", "line,addresses\n,10.0.0.1\n", "line,addresses\nL-1\n", "line,nas_address\nL-1,x\n"} {
		write(bad)
		if _, err := ask("L-1"); !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	write("line,addresses\nL-1,10.0.0.9\n")
	if got, err := ask("L-1"); err != nil || got.Addresses[0].String() != "10.0.0.9/32" {
		t.Errorf("after a change: %v, %v", got, err)
	}
	now = now.Add(2 * time.Hour)
	if _, err := ask("L-1"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("an old file: %v", err)
	}
}

// FuzzRead: what is read has a line and proper networks.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, _, err := read(data)
		if err != nil {
			return
		}
		for line, s := range all {
			if line == "" || s.Line != line || slices.ContainsFunc(s.Addresses, func(n netip.Prefix) bool { return !n.IsValid() || n != n.Masked() }) {
				t.Errorf("%q: %+v", line, s)
			}
		}
	})
}
