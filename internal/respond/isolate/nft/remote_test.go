package nft

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor/internal/respond/isolate"
)

const listed = `{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "candor"}},
{"set": {"family": "inet", "name": "garden4", "table": "candor", "type": "ipv4_addr", "elem": [{"elem": {"val": "10.0.1.2", "timeout": 3600, "expires": 3599}}]}},
{"set": {"family": "inet", "name": "off6", "table": "candor", "elem": [{"elem": {"val": {"prefix": {"addr": "2001:db8:1:1::", "len": 64}}, "expires": 0}}, "2001:db8::5"]}},
{"set": {"family": "inet", "name": "life4", "table": "candor", "elem": ["203.0.113.112"]}},
{"set": {"family": "inet", "name": "off4", "table": "other", "elem": ["10.0.0.1"]}},
{"rule": {"family": "inet", "table": "candor", "chain": "off", "expr": []}}, {"rule": {"table": "other", "chain": "off"}}]}`

func TestReadTable(t *testing.T) {
	got, err := readTable([]byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	want := table{rules: map[string]int{"off": 1}, sizes: map[string]int{"garden4": 1, "off6": 2, "life4": 1}, held: []isolate.Held{
		{Network: netip.MustParsePrefix("10.0.1.2/32"), Level: isolate.WalledGarden, Left: 3599 * time.Second},
		{Network: netip.MustParsePrefix("2001:db8:1:1::/64"), Level: isolate.Disconnect, Left: time.Second},
		{Network: netip.MustParsePrefix("2001:db8::5/128"), Level: isolate.Disconnect},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(table{}), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{``, `[]`, `{"nftables":[{"set":{"table":"candor","name":"off4","elem":[{"elem":{}}]}}]}`,
		`{"nftables":[{"set":{"table":"candor","name":"off4","elem":[5]}}]}`, `{"nftables":[{"set":{"table":"candor","name":"off4","elem":[{"prefix":{"addr":"10.0.0.0","len":40}}]}}]}`} {
		if _, err := readTable([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// FuzzReadTable: whatever a router says, what is read can be cleared again.
func FuzzReadTable(f *testing.F) {
	f.Add([]byte(listed))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := readTable(data)
		if err != nil {
			return
		}
		for _, h := range read.held {
			if !h.Network.IsValid() || h.Left < 0 {
				t.Errorf("%+v", h)
			}
		}
	})
}

func TestBetween(t *testing.T) {
	for _, text := range []string{"2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::7/128", "2001:db8:ff00::/56"} {
		n := netip.MustParsePrefix(text)
		if got, ok := between(n.Addr(), after(n)); !ok || got != n {
			t.Errorf("%s came back as %s, %v", n, got, ok)
		}
	}
	if got, ok := between(netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::4")); ok {
		t.Errorf("three addresses are %s", got)
	}
}
