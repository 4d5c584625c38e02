// Package batch gathers flows for archives: rows as archives keep them, and the
// bounded room in which they wait.
package batch

import (
	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// Ways, as archives number them: in the order of their names.
const (
	In = 1 + iota
	Out
	Through
)

// most bounds bytes and packets of one flow: what claims more is kept as that, so
// that sums do not overflow.
const most = 1 << 48

// Row is a flow as one of its ends sees it.
type Row struct {
	Ended, Took     int64 // microseconds: since 1970, since its start
	Bytes, Packets  int64 // that it stands for
	Local, Peer     flow.Addr
	Exporter, NAT   flow.Addr
	Line, Other     candor.ID // of the local end, and of the peer
	In, Out         uint32
	Sampling        uint32
	LocalPort       uint16
	PeerPort        uint16
	Port            uint16 // of the service
	NATPort         uint16
	Way             uint8
	Protocol, Flags uint8
}

// Append appends the rows of a flow: one for each end.
func Append(to []Row, f *archive.Flow) []Row {
	sides, n := f.Sides()
	ended := max(f.End, 0)
	row := Row{
		Ended: ended, Took: ended - f.Start, Bytes: int64(min(f.Total(), most)), Packets: int64(min(f.Count(), most)), Exporter: flow.FromIP(f.Exporter),
		NAT: f.NatAddr, In: f.In, Out: f.Out, Sampling: f.Sampling, Port: f.Service(), NATPort: f.NatPort, Protocol: f.Protocol, Flags: f.Flags,
	}
	for i, s := range sides[:n] {
		row.Line, row.Local, row.Peer, row.LocalPort, row.PeerPort, row.Way = s.Line, s.Local, s.Peer, s.LocalPort, s.PeerPort, way(s.Way)
		if row.Other = ""; n == 2 {
			row.Other = sides[1-i].Line
		}
		to = append(to, row)
	}
	return to
}

// Flow is the flow of a row. The number of its exporter is not kept.
func (r *Row) Flow() archive.Flow {
	rate := uint64(max(r.Sampling, 1))
	f := archive.Flow{Exporter: r.Exporter.IP(), From: r.Line, To: r.Other, Record: flow.Record{
		Start: r.Ended - r.Took, End: r.Ended, Bytes: uint64(r.Bytes) / rate, Packets: uint64(r.Packets) / rate, Src: r.Local, Dst: r.Peer, SrcPort: r.LocalPort, DstPort: r.PeerPort,
		Sampling: r.Sampling, In: r.In, Out: r.Out, NatPort: r.NATPort, Protocol: r.Protocol, Flags: r.Flags, NatAddr: r.NAT,
	}}
	if r.Way == In {
		f.From, f.To = f.To, f.From
		f.Src, f.Dst, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstPort, f.SrcPort
	}
	return f
}

func way(d archive.Direction) uint8 {
	switch d {
	case archive.In:
		return In
	case archive.Out:
		return Out
	default:
		return Through
	}
}

// Direction is the word for a number of a way.
func Direction(way uint8) archive.Direction {
	switch way {
	case In:
		return archive.In
	case Out:
		return archive.Out
	default:
		return archive.Through
	}
}
