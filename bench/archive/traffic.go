// Package archive fills flow archives with an hour of traffic, and measures what
// that takes and how long questions of it wait.
package archive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// services are ports that lines ask of, as often as they stand here; one flow of
// twenty is of two high ports.
var services = []uint16{443, 443, 443, 443, 443, 443, 80, 53, 53, 53, 123, 993, 5222, 8080, 3478}

// maker makes flows: a few lines have much, one in two million addresses is the
// other end, some of them often.
type maker struct {
	dice  *rand.Rand
	peers *rand.Zipf
	lines []candor.ID
	from  [4]netip.Addr // exporters
}

func newMaker(seed uint64, lines int) *maker {
	m := &maker{dice: rand.New(rand.NewPCG(seed, 1))}
	m.peers = rand.NewZipf(m.dice, 1.1, 20, 2_000_000)
	for i := range lines {
		m.lines = append(m.lines, candor.ID(fmt.Sprintf("%08x-%04x-7000-8000-%012x", m.dice.Uint32(), m.dice.Uint32N(1<<16), i)))
	}
	for i := range m.from {
		m.from[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
	}
	return m
}

// fill makes flows that end within the time after begin.
func (m *maker) fill(flows []archive.Flow, begin time.Time, within time.Duration) {
	for i := range flows {
		line := int(float64(len(m.lines)) * math.Pow(m.dice.Float64(), 1.5))
		end := flow.Time(begin) + int64(i)*within.Microseconds()/int64(len(flows))
		host, peer := flow.V4(0x0a000000|uint32(line)), flow.V4(uint32(m.peers.Uint64()*2654435761))
		port, high := services[m.dice.IntN(len(services))], uint16(32768+m.dice.IntN(28000))
		if m.dice.IntN(20) == 0 {
			port = uint16(1024 + m.dice.IntN(64000))
		}
		packets := 1 + uint64(math.Exp(1.5*m.dice.NormFloat64()+1))
		r := flow.Record{Start: end - int64(m.dice.ExpFloat64()*5e6), End: end, Packets: packets, Bytes: packets * uint64(60+m.dice.IntN(1400)), Src: host, Dst: peer, SrcPort: high, DstPort: port,
			In: uint32(line % 8), Out: 20, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK | flow.PSH}
		if port == 53 || port == 123 || port == 3478 {
			r.Protocol, r.Flags = flow.UDP, 0
		}
		f := archive.Flow{Record: r, From: m.lines[line], Exporter: m.from[line%len(m.from)]}
		if i%2 == 1 {
			f.Src, f.Dst, f.SrcPort, f.DstPort, f.In, f.Out = f.Dst, f.Src, f.DstPort, f.SrcPort, f.Out, f.In
			f.From, f.To = "", f.From
		}
		flows[i] = f
	}
}
