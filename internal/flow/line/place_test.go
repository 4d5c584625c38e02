package line

import (
	"math/rand/v2"
	"testing"

	"candor/internal/flow"
	"candor/internal/flow/detect"
)

// TestReadPlace: what Word says a finding is about can be read again.
func TestReadPlace(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	for range 2000 {
		f := detect.Finding{Kind: []detect.Kind{detect.HorizontalScan, detect.Beacon, detect.Flood, detect.SpamRun}[r.IntN(4)]}
		if r.IntN(3) > 0 {
			f.Peer = flow.V4(r.Uint32() | 1)
			if r.IntN(2) == 0 {
				f.Peer[0], f.Peer[10] = 0x20, 0x3
			}
		}
		if r.IntN(3) > 0 {
			f.Port, f.Protocol = uint16(1+r.IntN(65535)), []uint8{1, 6, 17, 47, 58, 132}[r.IntN(6)]
		}
		p, ok := ReadPlace(place(f))
		if want := (Place{Kind: f.Kind.String(), Peer: f.Peer.IP(), Protocol: f.Protocol, Port: f.Port}); !ok || p != want {
			t.Fatalf("seed %d: %s is %+v, %v, want %+v", seed, place(f), p, ok, want)
		}
	}
	for _, path := range []string{"", "traffic", "traffic//*", "wp-content/x/y", "traffic/beacon/nobody", "traffic/beacon/*/tcp", "traffic/beacon/*/tcp/65536", "traffic/beacon/*/tccp/1", "traffic/beacon/*/protocol 300/1", "traffic/a/*/tcp/1/2"} {
		if p, ok := ReadPlace(path); ok {
			t.Errorf("%s is %+v", path, p)
		}
	}
}
