package archive

import (
	"net/netip"
	"time"

	"candor"
)

// Field is something of a flow that questions name.
type Field string

// The fields. A flow between two lines of the provider is counted once for each:
// once as the sender's (out), once as the receiver's (in); a flow of no known
// line once, with no line, as Through.
const (
	FieldLine      Field = "line"      // whose it is
	FieldDirection Field = "direction" // out, in, through
	FieldLocal     Field = "local"     // the line's address: the source, if there is no line
	FieldPeer      Field = "peer"      // the other end's address
	FieldPeerNet   Field = "peer-net"  // the network of the other end: /24, /48
	FieldPort      Field = "port"      // the service: the lower port of TCP, UDP, SCTP that is not 0; type times 256 plus code of ICMP
	FieldLocalPort Field = "local-port"
	FieldPeerPort  Field = "peer-port"
	FieldProtocol  Field = "protocol" // as IANA numbers them
	FieldExporter  Field = "exporter"
	FieldIn        Field = "in"    // index of the interface
	FieldOut       Field = "out"   // index of the interface
	FieldFlags     Field = "flags" // of TCP, or-ed
)

// Fields are all of them.
var Fields = []Field{
	FieldLine, FieldDirection, FieldLocal, FieldPeer, FieldPeerNet, FieldPort, FieldLocalPort, FieldPeerPort, FieldProtocol, FieldExporter, FieldIn, FieldOut, FieldFlags,
}

// Summed tells whether sums still know a field: Minute and Hour do, or only Raw.
func (f Field) Summed() bool {
	switch f {
	case FieldLine, FieldDirection, FieldPort, FieldProtocol, FieldExporter, FieldIn, FieldOut:
		return true
	default:
		return false
	}
}

// Direction is which way a flow goes, seen from whose it is.
type Direction string

// The directions.
const (
	Out     Direction = "out"
	In      Direction = "in"
	Through Direction = "through"
)

// Measure is what is added up.
type Measure string

// The measures. Sampled flows are multiplied by their rate; flows are not.
const (
	Bytes   Measure = "bytes"
	Packets Measure = "packets"
	Flows   Measure = "flows"
)

// Condition narrows a question to flows whose field has one of the values, or,
// with Not, none. Numbers may be ranges.
type Condition struct {
	Field  Field
	Not    bool
	Values []Value
}

// Value is what a field is compared with; which member counts is the field's
// matter.
type Value struct {
	Line     candor.ID    // FieldLine; empty is no line
	Way      Direction    // FieldDirection
	Network  netip.Prefix // FieldLocal, FieldPeer, FieldPeerNet, FieldExporter
	From, To uint32       // the others: both included
}

// Question is what people ask of flows. Conditions hold together.
type Question struct {
	Since, Until time.Time // flows that ended from Since on, before Until
	Where        []Condition
	By           []Field       // what is told apart, at most four
	Step         time.Duration // the answer has values for each such time; 0: none
	Order        Measure       // the largest first; empty: Bytes
	Limit        int           // rows, 1 to 1000; 0: 20
}

// Answer is what was found.
type Answer struct {
	Tier  Tier          `json:"tier"`  // what it was answered from: the coarsest that can
	Since time.Time     `json:"since"` // widened to whole minutes or hours of the tier
	Until time.Time     `json:"until"`
	Step  time.Duration `json:"step"` // in nanoseconds
	Rows  []Row         `json:"rows"`
	Rest  Sum           `json:"rest"`  // of all that has no row
	Keys  uint64        `json:"keys"`  // how many different rows there were
	Total Sum           `json:"total"` // Rows and Rest
	// Series is of the total for each step from Since on.
	Series []Sum `json:"series,omitempty"`
}

// Row is what was found of one combination of what is told apart.
type Row struct {
	Keys   []Key `json:"keys"` // in the order of By
	Sum    Sum   `json:"sum"`
	Series []Sum `json:"series,omitempty"` // for each step from Since on
}

// Key is a value of a field: the member that counts is the field's matter.
type Key struct {
	Line    candor.ID    `json:"line,omitempty"`
	Way     Direction    `json:"direction,omitempty"`
	Network netip.Prefix `json:"network,omitzero"` // an address has all of its bits
	Number  uint32       `json:"number"`
}

// Sum is what was added up.
type Sum struct {
	Bytes   uint64 `json:"bytes"`
	Packets uint64 `json:"packets"`
	Flows   uint64 `json:"flows"`
}

// Measured is a sum's value of a measure; bytes if it is empty.
func Measured(m Measure, s Sum) uint64 {
	switch m {
	case Packets:
		return s.Packets
	case Flows:
		return s.Flows
	default:
		return s.Bytes
	}
}
