package house

import (
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/line"
)

// What is shown of the time about a finding: some before it was told, since
// evidence adds up first.
const (
	beforeFinding  = 15 * time.Minute
	afterFinding   = 5 * time.Minute
	longestFinding = 24 * time.Hour // of one that went on
)

// FindingQuestion asks of the flows about a finding of a line's traffic: those of
// the line, with the peer and port that it is about. It is false for any other.
func FindingQuestion(v FindingView) (archive.Question, bool) {
	p, ok := line.ReadPlace(v.Finding.Path)
	if !ok || v.Asset.Kind != candor.Line {
		return archive.Question{}, false
	}
	q := archive.Question{Since: v.Finding.First.Add(-beforeFinding), Until: v.Finding.Last.Add(afterFinding), Limit: 100}
	if q.Until.Sub(q.Since) > longestFinding {
		q.Until = q.Since.Add(longestFinding)
	}
	is := func(f archive.Field, v archive.Value) {
		q.Where = append(q.Where, archive.Condition{Field: f, Values: []archive.Value{v}})
	}
	is(archive.FieldLine, archive.Value{Line: v.Asset.ID})
	if p.Peer.IsValid() {
		is(archive.FieldPeer, archive.Value{Network: netip.PrefixFrom(p.Peer, p.Peer.BitLen())})
	}
	if p.Port != 0 {
		is(archive.FieldPort, archive.Value{From: uint32(p.Port), To: uint32(p.Port)})
		is(archive.FieldProtocol, archive.Value{From: uint32(p.Protocol), To: uint32(p.Protocol)})
	}
	return q, true
}
