// Package detect tells what is not usual in traffic: of lines, and of the
// network (ITU-T X.1207, 11.1.3).
//
// A Sensor takes records as they come. Of each line it keeps a small state; of
// lines that do something worth a closer look, the suspects, it keeps more,
// and asks sequential tests (Wald 1945) whether what is seen is still what an
// honest line does. How sure they must be follows from how many false alarms a
// line may give in a year; what an honest line does is taken from its own
// hours, from lines of its plan, and from what the line does otherwise at the
// same time.
package detect

import (
	"net/netip"

	"candor"
	"candor/internal/flow"
)

// Kind says what was found.
type Kind uint8

// The kinds.
const (
	FullRate       Kind = iota + 1 // an idle line sends at the full rate of its plan
	SynFlood                       // connections begun at one address and never gone on with
	Spoofing                       // packets that bear others' addresses as their source
	Flood                          // packets sent at a rate, and nobody answers
	Reflector                      // a service of the line answers far more than it is asked
	HorizontalScan                 // many addresses tried on one port
	VerticalScan                   // many ports tried of one address
	Spread                         // as HorizontalScan, and more and more lines do
	SpamRun                        // mail handed to many servers
	BruteForce                     // many short sessions with a login
	Beacon                         // one rare address asked at regular times
	Tunnel                         // queries of names that carry data
	Resolver                       // names asked of a resolver that hardly anybody uses
	Listed                         // traffic with an address of a feed
	Service                        // a service is reachable that was not
	OddPort                        // much traffic with a port that hardly anybody uses
	Peak                           // the network, or a part of it, carries more than usual
	Silence                        // a part of the network that usually carries much carries nothing
	kinds
)

var names = [kinds]string{
	FullRate: "full-rate", SynFlood: "syn-flood", Spoofing: "spoofing", Flood: "flood", Reflector: "reflector",
	HorizontalScan: "horizontal-scan", VerticalScan: "vertical-scan", Spread: "spread", SpamRun: "spam-run",
	BruteForce: "brute-force", Beacon: "beacon", Tunnel: "dns-tunnel", Resolver: "resolver", Listed: "listed",
	Service: "service", OddPort: "odd-port", Peak: "peak", Silence: "silence",
}

// String is the name by which rules of findings end: "Candor.Traffic.syn-flood".
func (k Kind) String() string {
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return "unknown"
}

// Kinds are all kinds.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := Kind(1); k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// Class is the incident class (RSIT) of a kind.
func (k Kind) Class() candor.Class {
	switch k {
	case SynFlood, Flood, Spoofing:
		return "availability/ddos"
	case Reflector:
		return "vulnerable/ddos-amplifier"
	case HorizontalScan, VerticalScan:
		return "information-gathering/scanner"
	case SpamRun:
		return candor.Spam
	case BruteForce:
		return "intrusion-attempts/brute-force"
	case Spread, Beacon, Tunnel, Listed, FullRate, Resolver:
		return candor.InfectedSystem
	case Service:
		return "vulnerable/potentially-unwanted-accessible"
	case Silence:
		return "availability/outage"
	}
	return candor.Undetermined
}

// Severity is how grave a finding of the kind is.
func (k Kind) Severity() candor.Severity {
	switch k {
	case SynFlood, Flood, Spoofing, Spread:
		return candor.Critical
	case Reflector, HorizontalScan, VerticalScan, SpamRun, BruteForce, Listed, Tunnel:
		return candor.High
	case FullRate, Beacon, Silence, Resolver:
		return candor.Medium
	case Service, OddPort, Peak:
		return candor.Low
	}
	return candor.Info
}

// Finding is something that is not usual.
type Finding struct {
	Kind Kind
	Line flow.Line // 0 of the network
	// Part says of the network what of it, "exporter 192.0.2.1, interface 3", and
	// Exporter whose part it is, invalid if it is no single one's.
	Part     string
	Exporter netip.Addr
	// Since and At are when it began and when it was sure, microseconds since
	// 1970, by the exporters' clocks.
	Since, At  int64
	Confidence candor.Confidence
	// Isolate says that the evidence suffices to isolate the line, if there is
	// a basis for it. Without it a person looks first.
	Isolate bool
	// Expected and Seen are in the unit of the Kind's measure: see Unit.
	Expected, Seen float64
	Unit           Unit
	Port           uint16 // that it is about, 0 if it is about none
	Protocol       uint8
	Peer           flow.Addr     // that it is about, zero if it is about none or many
	Why            string        // what else was weighed, one word: "unanswered", "answered"
	Flows          []flow.Record // some of those that prove it
	Lines          []Part        // of the network: the lines that have the most of it
}

// Part is what a line has of something that the network carries.
type Part struct {
	Line  flow.Line
	Share float64
}

// Unit is what Expected and Seen count.
type Unit string

// The units.
const (
	BitsPerSecond    Unit = "bit/s"
	PacketsPerSecond Unit = "packets/s"
	FlowsPerSecond   Unit = "flows/s"
	Addresses        Unit = "addresses"
	Lines            Unit = "lines"
	PortsTried       Unit = "ports"
	Sessions         Unit = "sessions"
	Bytes            Unit = "bytes"
	Seconds          Unit = "seconds"
	Times            Unit = "times" // as much
)
