package dhcp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"candor/internal/flow/lease"
)

// ISC follows the lease file of ISC dhcpd (dhcpd.leases(5)), for IPv4 or IPv6,
// as it grows and as the server replaces it.
type ISC struct {
	options Options
	tail    tail
	tracker *tracker
	blocks  iscReader
	begun   bool
}

// NewISC follows the file of a path, such as /var/lib/dhcp/dhcpd.leases.
func NewISC(path string, o Options) *ISC {
	o = o.withDefaults(time.Second)
	return &ISC{options: o, tail: tail{path: path}, tracker: newTracker(o.Source, o.Keys, o.Now)}
}

// Run follows the file until the context is done.
func (i *ISC) Run(ctx context.Context) error {
	defer i.tail.close()
	return every(ctx, i.options.Every, i.options.Log, i.options.Source, i.Poll)
}

// Stats gives the counts. Not for concurrent use with Poll.
func (i *ISC) Stats() Stats { return i.tracker.stats() }

// Poll takes in what is new. Not for concurrent use.
func (i *ISC) Poll(ctx context.Context) error {
	live := i.begun
	i.begun = true
	err := i.tail.poll(func() { i.blocks = iscReader{} }, func(line []byte) {
		for _, e := range i.blocks.line(string(line)) {
			i.tracker.take(e, live)
		}
		i.tracker.malformed += i.blocks.bad
		i.blocks.bad = 0
	})
	return errors.Join(err, i.tracker.give(ctx, i.options.Sink))
}

// iscReader reads blocks, one line after another: dhcpd writes a statement a
// line.
type iscReader struct {
	depth int
	lease *iscLease // of the outermost block; nil for blocks of other things
	inner *iscLease // of an address in an ia-na or ia-pd
	bad   uint64
}

// iscLease is what a block says.
type iscLease struct {
	prefix   netip.Prefix
	starts   time.Time
	ends     time.Time
	endless  bool
	cltt     time.Time
	binding  string
	hardware string
	uid      string
	duid     string
	keys     []lease.Key
}

// line takes in a line; it gives the leases that it completes.
func (r *iscReader) line(line string) (done []*entry) {
	line = strings.TrimSpace(line)
	switch {
	case line == "" || line[0] == '#':
	case strings.HasSuffix(line, "{"):
		r.open(strings.Fields(strings.TrimSuffix(line, "{")), line)
	case line == "}":
		done = r.close()
	case r.lease != nil:
		if r.depth == 1 || r.inner != nil {
			r.current().statement(strings.TrimSuffix(line, ";"))
		}
	}
	return done
}

func (r *iscReader) current() *iscLease {
	if r.inner != nil {
		return r.inner
	}
	return r.lease
}

// open begins a block.
func (r *iscReader) open(words []string, line string) {
	r.depth++
	if r.depth > 8 {
		r.bad++
		*r = iscReader{bad: r.bad}
		return
	}
	if len(words) < 2 {
		return
	}
	switch {
	case r.depth == 1 && words[0] == "lease":
		if ip, err := netip.ParseAddr(words[1]); err == nil && ip.Zone() == "" {
			r.lease = &iscLease{prefix: netip.PrefixFrom(ip, ip.BitLen())}
			return
		}
		r.bad++
	case r.depth == 1 && (words[0] == "ia-na" || words[0] == "ia-pd" || words[0] == "ia-ta"):
		// The name is the IAID, four octets, and the DUID.
		_, quoted, _ := strings.Cut(line, " ")
		r.lease = &iscLease{}
		if b, ok := unquote(strings.TrimSpace(strings.TrimSuffix(quoted, "{"))); ok && len(b) > 4 {
			r.lease.duid = hexColons(b[4:])
		}
	case r.depth == 2 && r.lease != nil && words[0] == "iaaddr":
		if ip, err := netip.ParseAddr(words[1]); err == nil && ip.Zone() == "" {
			r.inner = &iscLease{prefix: netip.PrefixFrom(ip, ip.BitLen()), duid: r.lease.duid, cltt: r.lease.cltt}
		}
	case r.depth == 2 && r.lease != nil && words[0] == "iaprefix":
		if p, err := netip.ParsePrefix(words[1]); err == nil {
			r.inner = &iscLease{prefix: p.Masked(), duid: r.lease.duid, cltt: r.lease.cltt}
		}
	}
}

// close ends a block.
func (r *iscReader) close() (done []*entry) {
	if r.depth == 0 {
		return nil
	}
	r.depth--
	switch {
	case r.depth == 1 && r.inner != nil:
		done = r.complete(r.inner)
		r.inner = nil
	case r.depth == 0 && r.lease != nil:
		if r.lease.prefix.IsValid() {
			done = r.complete(r.lease)
		}
		r.lease = nil
	}
	return done
}

func (r *iscReader) complete(l *iscLease) []*entry {
	e, err := l.entry()
	if err != nil {
		r.bad++
		return nil
	}
	if e == nil {
		return nil
	}
	return []*entry{e}
}

// statement takes in a statement of a block.
func (l *iscLease) statement(s string) {
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "starts":
		l.starts, _ = iscTime(rest)
	case "ends":
		l.ends, l.endless = iscTime(rest)
	case "cltt":
		l.cltt, _ = iscTime(rest)
	case "binding":
		l.binding = strings.TrimPrefix(rest, "state ")
	case "abandoned": // as older versions have it
		l.binding = "abandoned"
	case "hardware":
		if kind, mac, ok := strings.Cut(rest, " "); ok && kind == "ethernet" {
			l.hardware = mac
		}
	case "uid":
		if b, ok := unquote(rest); ok {
			l.uid = hexColons(b)
		}
	case "option":
		name, value, _ := strings.Cut(rest, " ")
		kind := map[string]string{"agent.circuit-id": lease.KeyCircuit, "agent.remote-id": lease.KeyRemote}[name]
		if kind != "" && len(l.keys) < 4 {
			if b, ok := iscOctets(value); ok {
				l.keys = append(l.keys, lease.NewKey(kind, octets(b)))
			}
		}
	}
}

// entry gives what the block says of its address; nil if nothing.
func (l *iscLease) entry() (*entry, error) {
	at := l.starts // a renewal is a new start
	if at.IsZero() {
		at = l.cltt // all that DHCPv6 has
	}
	e := &entry{prefix: l.prefix, at: at, until: l.ends, client: l.duid + "/" + l.uid}
	if l.uid == "" && l.duid == "" {
		e.client = l.hardware
	}
	switch l.binding {
	case "active", "": // servers before version 3 say nothing
	case "abandoned":
		e.state = declined
	case "free", "expired", "released", "backup", "reset":
		return &entry{prefix: l.prefix, state: ended, at: l.ends}, nil
	default:
		return nil, nil
	}
	if at.IsZero() || at.Unix() <= 0 || !l.endless && !l.ends.IsZero() && l.ends.Before(at) {
		return nil, fmt.Errorf("%w: %s has no time", errRow, l.prefix)
	}
	for _, k := range []lease.Key{
		lease.NewKey(lease.KeyDUID, l.duid), lease.NewKey(lease.KeyClient, l.uid), lease.NewKey(lease.KeyHardware, l.hardware),
	} {
		if k.Text != "" {
			e.keys = append(e.keys, k)
		}
	}
	e.keys = append(e.keys, l.keys...)
	return e, nil
}

// iscTime reads a time: the day of the week, date and time in UTC; "epoch" and
// seconds; or "never", which is no end.
func iscTime(text string) (at time.Time, endless bool) {
	words := strings.Fields(strings.TrimSuffix(text, ";"))
	switch {
	case len(words) > 0 && words[0] == "never":
		return time.Time{}, true
	case len(words) > 1 && words[0] == "epoch":
		if n, err := strconv.ParseInt(strings.TrimSuffix(words[1], ";"), 10, 64); err == nil && n > 0 && n < 1<<33 {
			return time.Unix(n, 0).UTC(), false
		}
	case len(words) > 2:
		if at, err := time.Parse("2006/01/02 15:04:05", words[1]+" "+strings.TrimSuffix(words[2], ";")); err == nil && at.Unix() > 0 && at.Year() < 2200 {
			return at, false
		}
	}
	return time.Time{}, false
}

// iscOctets reads a quoted text, or octets with colons.
func iscOctets(text string) ([]byte, bool) {
	if strings.HasPrefix(text, `"`) {
		return unquote(text)
	}
	var b []byte
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil {
			return nil, false
		}
		b = append(b, byte(n))
	}
	return b, true
}

// unquote reads a quoted text, in which a backslash stands before three octal
// digits, or before what would mean something else.
func unquote(text string) ([]byte, bool) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return nil, false
	}
	text = text[1 : len(text)-1]
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b = append(b, text[i])
			continue
		}
		if i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b = append(b, byte(n))
				i += 3
				continue
			}
		}
		if i++; i >= len(text) {
			return nil, false
		}
		b = append(b, text[i])
	}
	return b, true
}

// hexColons writes octets as Kea does.
func hexColons(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		if i > 0 {
			s.WriteByte(':')
		}
		fmt.Fprintf(&s, "%02x", c)
	}
	return s.String()
}
