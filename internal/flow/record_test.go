package flow

import (
	"net/netip"
	"testing"
	"unsafe"
)

func TestAddr(t *testing.T) {
	for _, tt := range []struct {
		addr Addr
		text string
		is4  bool
	}{
		{Addr{}, "-", false},
		{V4(0x0a000001), "10.0.0.1", true},
		{FromIP(netip.MustParseAddr("10.0.0.1")), "10.0.0.1", true},
		{FromIP(netip.MustParseAddr("::ffff:10.0.0.1")), "10.0.0.1", true},
		{FromIP(netip.MustParseAddr("2001:db8::1%eth0")), "2001:db8::1", false},
		{FromIP(netip.Addr{}), "-", false},
	} {
		if got := tt.addr.String(); got != tt.text {
			t.Errorf("%v is written %q, not %q", tt.addr[:], got, tt.text)
		}
		if got := tt.addr.Is4(); got != tt.is4 {
			t.Errorf("%s: Is4 = %v", tt.text, got)
		}
	}
}

func TestRecordStandsForAll(t *testing.T) {
	r := Record{Bytes: 1500, Packets: 2}
	if r.Total() != 1500 || r.Count() != 2 {
		t.Errorf("without sampling: %d bytes, %d packets", r.Total(), r.Count())
	}
	r.Sampling = 1000
	if r.Total() != 1_500_000 || r.Count() != 2000 {
		t.Errorf("one of a thousand: %d bytes, %d packets", r.Total(), r.Count())
	}
}

// TestRecordIsSmall keeps records within two cache lines.
func TestRecordIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Record{}); size > 128 {
		t.Errorf("a record takes %d bytes", size)
	}
}
