package main

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"candor"
	"candor/internal/flow"
)

func TestFeeds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "feed")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# bad\n203.0.113.9 95\n198.51.100.0/24;60 # a network\n2001:db8::/32\n\n")
	f, err := openFeeds([]string{name}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]uint8{"203.0.113.9": 95, "203.0.113.8": 0, "198.51.100.7": 60, "198.51.101.7": 0, "2001:db8:5::1": usuallySure, "2001:db9::1": 0} {
		if got := f.Listed(flow.FromIP(netip.MustParseAddr(ip))); got != want {
			t.Errorf("%s: %d, not %d", ip, got, want)
		}
	}
	if f.look() {
		t.Error("it is read again though it is the same")
	}
	write("203.0.113.8 70\n")
	if bad := flow.FromIP(netip.MustParseAddr("203.0.113.8")); !f.look() || f.Listed(bad) != 70 {
		t.Errorf("what was added is %d", f.Listed(bad))
	}
	write("203.0.113.9\nnonsense\n")
	if bad := flow.FromIP(netip.MustParseAddr("203.0.113.8")); f.look() || f.Listed(bad) != 70 {
		t.Errorf("what was known is %d after nonsense", f.Listed(bad))
	}
	if _, err := openFeeds([]string{name}, nil); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("nonsense: %v", err)
	}
	if f, err := openFeeds(nil, nil); err != nil || f.feed() != nil {
		t.Errorf("no files: %v, %v", f.feed(), err)
	}
}
