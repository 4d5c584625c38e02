package line

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
)

// Word words what was detected as a finding. Its place is what it is about: a
// port, an address, or both; so that the same again is known as the same.
func Word(f detect.Finding) candor.Finding {
	out := candor.Finding{
		Path: place(f), Rule: "Candor.Traffic." + f.Kind.String(), Class: f.Kind.Class(), Severity: f.Kind.Severity(),
		Language: candor.OwnLanguage, Definitions: "traffic", Description: describe(f), Tags: []string{"traffic"},
	}
	if f.Isolate {
		out.Tags = append(out.Tags, "confirmed")
	}
	for i := range f.Flows {
		text := Flow(&f.Flows[i])
		out.Strings = append(out.Strings, candor.Occurrence{Name: "flow", Length: len(text), Data: []byte(text)})
	}
	return out
}

func place(f detect.Finding) string {
	if f.Part != "" {
		return "traffic/" + f.Kind.String() + "/" + strings.NewReplacer(", ", "/", " ", "/").Replace(f.Part)
	}
	peer := f.Peer.String()
	if f.Peer == (flow.Addr{}) {
		peer = "*"
	}
	if f.Port == 0 {
		return "traffic/" + f.Kind.String() + "/" + peer
	}
	return "traffic/" + f.Kind.String() + "/" + peer + "/" + protocolName(f.Protocol) + "/" + strconv.Itoa(int(f.Port))
}

// describe says what was expected and what was seen.
func describe(f detect.Finding) string {
	since := flow.At(f.Since).Format(time.DateTime) + " UTC"
	switch f.Kind {
	case detect.Peak:
		return fmt.Sprintf("%s: %s, %s: %s, where %s would be the most to expect; since %s.", says[f.Kind], f.Part, f.Why, amount(f.Seen, f.Unit), amount(f.Expected, f.Unit), since)
	case detect.Silence:
		return fmt.Sprintf("%s: %s, where %s would be the least to expect; since %s.", says[f.Kind], f.Part, amount(f.Expected, f.Unit), since)
	}
	return fmt.Sprintf("%s: %s, where %s would be the most to expect; since %s (%s).", says[f.Kind], amount(f.Seen, f.Unit), amount(f.Expected, f.Unit), since, f.Why)
}

// says begins the description of each kind.
var says = map[detect.Kind]string{
	detect.FullRate:       "A line that was idle sends at the full rate of its plan",
	detect.SynFlood:       "Connections are begun and never gone on with",
	detect.Spoofing:       "Packets bear addresses as their source that are not the line's",
	detect.Flood:          "Packets are sent at a rate, and nobody answers",
	detect.Reflector:      "A service of the line answers far more than it is asked",
	detect.HorizontalScan: "Many addresses are tried on one port, and hardly any answers",
	detect.VerticalScan:   "Many ports of one address are tried",
	detect.Spread:         "Many addresses are tried on one port, by more and more lines",
	detect.SpamRun:        "Mail is handed to many servers",
	detect.BruteForce:     "Short sessions with a login follow one another",
	detect.Beacon:         "An address that hardly anybody uses is asked at regular times",
	detect.Tunnel:         "Queries of names are of a size that carries data",
	detect.Resolver:       "Names are asked mostly of a resolver that hardly any line asked the day before",
	detect.Listed:         "There is traffic with an address of a feed",
	detect.Service:        "Strangers use a service that the line did not have",
	detect.OddPort:        "There is traffic on many ports without a meaning, with few addresses",
	detect.Peak:           "A part of the network carries more than usual",
	detect.Silence:        "A part of the network that usually carries much carries nothing",
}

// amount writes a value in its unit, as people do.
func amount(v float64, unit detect.Unit) string {
	if unit == detect.BitsPerSecond {
		for _, step := range []struct {
			factor float64
			unit   string
		}{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}} {
			if v >= step.factor {
				return strconv.FormatFloat(v/step.factor, 'g', 3, 64) + " " + step.unit
			}
		}
	}
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " " + string(unit)
	}
	return strconv.FormatFloat(v, 'g', 2, 64) + " " + string(unit)
}

// Flow writes a record in a line: times in UTC, ends, flags, packets, bytes.
func Flow(r *flow.Record) string {
	text := fmt.Sprintf("%s %.3fs %s:%d -> %s:%d %s", flow.At(r.Start).Format("2006-01-02T15:04:05.000Z"), float64(r.End-r.Start)/1e6,
		bracket(r.Src), r.SrcPort, bracket(r.Dst), r.DstPort, protocolName(r.Protocol))
	if r.Protocol == flow.TCP {
		text += " " + flags(r.Flags)
	}
	return text + fmt.Sprintf(" %d packets %d bytes", r.Count(), r.Total())
}

func bracket(a flow.Addr) string {
	if a == (flow.Addr{}) || a.Is4() {
		return a.String()
	}
	return "[" + a.String() + "]"
}

func protocolName(p uint8) string {
	switch p {
	case flow.ICMP:
		return "icmp"
	case flow.TCP:
		return "tcp"
	case flow.UDP:
		return "udp"
	case flow.ICMPv6:
		return "icmp6"
	}
	return "protocol " + strconv.Itoa(int(p))
}

// flags writes flags of TCP as tcpdump and nfdump do.
func flags(f uint8) string {
	out := []byte("......")
	for i, c := range "UAPRSF" {
		if f&(1<<(5-i)) != 0 {
			out[i] = byte(c)
		}
	}
	return string(out)
}
