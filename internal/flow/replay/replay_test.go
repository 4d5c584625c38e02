package replay_test

import (
	"net/netip"
	"testing"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/replay"
)

func v4(s string) flow.Addr { return flow.FromIP(netip.MustParseAddr(s)) }

// TestJudge: addresses inside are lines, once they are seen, and no others.
func TestJudge(t *testing.T) {
	j := replay.New(replay.Config{Inside: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Plan: detect.Plan{Group: 1}, Policy: detect.DefaultPolicy()})
	for n := range int64(200) {
		at := 1_800_000_000_000_000 + n*500_000
		j.Take([]flow.Record{
			{Start: at, End: at, Src: v4("10.0.0.1"), Dst: flow.V4(uint32(0xc6330000 + n)), SrcPort: 40000, DstPort: 23, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 60, Packets: 1},
			{Start: at, End: at, Src: v4("192.0.2.1"), Dst: v4("10.0.0.2"), SrcPort: 443, DstPort: 40000, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK, Bytes: 60, Packets: 1},
		})
	}
	j.Finish()
	if lines := j.Lines(); len(lines) != 2 || lines[0] != v4("10.0.0.1") || lines[1] != v4("10.0.0.2") {
		t.Errorf("lines %v", lines)
	}
	if len(j.Found) == 0 || j.Found[0].Kind != detect.HorizontalScan || j.Address(j.Found[0].Line) != v4("10.0.0.1") {
		t.Errorf("found %+v", j.Found)
	}
	if j.Address(9) != (flow.Addr{}) || j.Stats().Records != 400 {
		t.Errorf("line 9 is %s; %+v", j.Address(9), j.Stats())
	}
}

// TestAttached: what bears addresses of nobody is of the one line that is there.
func TestAttached(t *testing.T) {
	line := netip.MustParseAddr("10.0.0.1")
	j := replay.New(replay.Config{Attached: line, Policy: detect.DefaultPolicy()})
	for n := range int64(400) {
		at := 1_800_000_000_000_000 + n*20_000
		j.Take([]flow.Record{{Start: at, End: at, Src: flow.V4(uint32(0x0b000000 + n*7919)), Dst: v4("198.51.100.1"), SrcPort: 40000, DstPort: 80, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 60, Packets: 1}})
	}
	j.Finish()
	if len(j.Found) == 0 || j.Found[0].Kind != detect.Spoofing || j.Address(j.Found[0].Line).IP() != line {
		t.Errorf("found %+v", j.Found)
	}
}
