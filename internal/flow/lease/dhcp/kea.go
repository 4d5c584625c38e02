package dhcp

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/internal/flow/lease"
)

// Options say how a source works. Zero values are defaults, but Source and
// Sink.
type Options struct {
	Source string // its name
	Sink   Sink
	// Keys are the kinds of keys that tell lines: duid, client, hardware, circuit,
	// remote; all by default.
	Keys  []string
	Every time.Duration // between looks; default 1 s, of the API 1 min
	Now   func() time.Time
	Log   *slog.Logger
}

func (o Options) withDefaults(interval time.Duration) Options {
	if o.Every == 0 {
		o.Every = interval
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Stats are counts since the start.
type Stats struct {
	Entries   uint64 // of leases
	Malformed uint64 // that could not be read
	Leases    int    // that are followed
}

// Kea follows the lease file of a Kea server (memfile), for IPv4 or IPv6, as it
// grows and as the server's clean-up replaces it.
type Kea struct {
	options Options
	tail    tail
	tracker *tracker
	columns map[string]int
	begun   bool
}

// NewKea follows the file of a path, such as /var/lib/kea/kea-leases4.csv.
func NewKea(path string, o Options) *Kea {
	o = o.withDefaults(time.Second)
	return &Kea{options: o, tail: tail{path: path}, tracker: newTracker(o.Source, o.Keys, o.Now)}
}

// Run follows the file until the context is done.
func (k *Kea) Run(ctx context.Context) error {
	defer k.tail.close()
	return every(ctx, k.options.Every, k.options.Log, k.options.Source, k.Poll)
}

// Poll takes in what is new. Not for concurrent use.
func (k *Kea) Poll(ctx context.Context) error {
	if !k.begun {
		if err := k.older(); err != nil {
			return err
		}
	}
	first := !k.begun
	k.begun = true
	err := k.tail.poll(k.anew, func(line []byte) { k.line(string(line), !first) })
	return errors.Join(err, k.tracker.give(ctx, k.options.Sink))
}

// older reads what a clean-up works on or has left (Kea's administrator
// reference, "Lease File Cleanup"): the older files first.
func (k *Kea) older() error {
	names := []string{k.tail.path + ".2", k.tail.path + ".1"}
	if _, err := os.Stat(k.tail.path + ".completed"); err == nil {
		names = []string{k.tail.path + ".completed"}
	}
	for _, name := range names {
		if err := readAll(name, k.anew, func(line []byte) { k.line(string(line), false) }); err != nil {
			return err
		}
	}
	return nil
}

// Stats gives the counts. Not for concurrent use with Poll.
func (k *Kea) Stats() Stats { return k.tracker.stats() }

func (t *tracker) stats() Stats { return Stats{t.entries, t.malformed, len(t.leases)} }

// anew is at the begin of a file, where the names of columns are.
func (k *Kea) anew() { k.columns = nil }

func (k *Kea) line(line string, live bool) {
	if strings.TrimSpace(line) == "" {
		return
	}
	fields := strings.Split(line, ",")
	if k.columns == nil || fields[0] == "address" {
		k.columns = map[string]int{}
		for i, name := range fields {
			k.columns[name] = i
		}
		return
	}
	e, err := keaRow(func(name string) string {
		i, ok := k.columns[name]
		if !ok || i >= len(fields) {
			return ""
		}
		return strings.ReplaceAll(fields[i], "&#x2c", ",") // as Kea has commas
	})
	if err != nil {
		k.tracker.malformed++
		return
	}
	k.tracker.take(e, live)
}

var errRow = errors.New("not a lease")

// States of leases in Kea.
const (
	keaAssigned  = 0
	keaDeclined  = 1
	keaReclaimed = 2
	keaReleased  = 3
)

// keaRow reads a row of a lease file.
func keaRow(field func(string) string) (*entry, error) {
	life, errLife := strconv.ParseInt(field("valid_lifetime"), 10, 64)
	expire, errExpire := strconv.ParseInt(field("expire"), 10, 64)
	status, errState := strconv.Atoi(or(field("state"), "0"))
	length, errLength := strconv.Atoi(or(field("prefix_len"), "128"))
	if err := errors.Join(errLife, errExpire, errState, errLength); err != nil {
		return nil, fmt.Errorf("%w: %w", errRow, err)
	}
	return keaLease{
		Address: field("address"), Hardware: field("hwaddr"), Client: field("client_id"), DUID: field("duid"),
		CLTT: expire - life, Life: life, State: status, Length: length, PD: field("lease_type") == "2",
		Context: json.RawMessage(field("user_context")),
	}.entry()
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// keaLease is a lease as Kea has it, in files and in answers.
type keaLease struct {
	Address  string
	Hardware string
	Client   string
	DUID     string
	CLTT     int64
	Life     int64
	State    int
	Length   int
	PD       bool
	Context  json.RawMessage
}

// infinite is the lifetime of leases without end (RFC 2131, 3.3).
const infinite = 0xffffffff

func (l keaLease) entry() (*entry, error) {
	ip, err := netip.ParseAddr(l.Address)
	if err != nil || ip.Zone() != "" || ip.Is4In6() || ip.IsUnspecified() {
		return nil, fmt.Errorf("%w: address %.40q", errRow, l.Address)
	}
	const year2200 = 7258118400
	if l.CLTT <= 0 || l.CLTT > year2200 || l.Life < 0 || l.Life > infinite {
		return nil, fmt.Errorf("%w: times %d and %d", errRow, l.CLTT, l.Life)
	}
	e := &entry{prefix: netip.PrefixFrom(ip, ip.BitLen()), at: time.Unix(l.CLTT, 0).UTC()}
	if l.PD {
		if e.prefix, err = ip.Prefix(l.Length); err != nil || l.Length == 0 {
			return nil, fmt.Errorf("%w: prefix length %d", errRow, l.Length)
		}
	}
	if l.Life < infinite {
		e.until = e.at.Add(time.Duration(l.Life) * time.Second)
	}
	switch {
	case l.State == keaDeclined:
		e.state = declined
	case l.State == keaReclaimed:
		e.state = expired
	case l.State == keaReleased || l.Life == 0:
		e.state, e.at = ended, time.Time{}
	}
	e.client = or(l.DUID, or(l.Client, l.Hardware))
	e.keys = []lease.Key{
		lease.NewKey(lease.KeyDUID, colons(l.DUID)), lease.NewKey(lease.KeyClient, colons(l.Client)), lease.NewKey(lease.KeyHardware, l.Hardware),
	}
	e.keys = append(e.keys, relayed(l.Context)...)
	e.keys = slices.DeleteFunc(e.keys, func(k lease.Key) bool { return k.Text == "" })
	return e, nil
}

// colons has octets as Kea writes them: two digits each, in lower case.
func colons(text string) string { return strings.ToLower(text) }

// relayed reads what Kea keeps of relays (store-extended-info): sub-options of
// RFC 3046, and the remote-id of a relay of DHCPv6 (RFC 4649).
func relayed(context json.RawMessage) (keys []lease.Key) {
	if len(context) == 0 {
		return nil
	}
	var c struct {
		ISC struct {
			Agent json.RawMessage `json:"relay-agent-info"`
			Info  []struct {
				Remote string `json:"remote-id"`
			} `json:"relay-info"`
		} `json:"ISC"`
	}
	if json.Unmarshal(context, &c) != nil {
		return nil
	}
	var digits string
	var agent struct {
		Options string `json:"sub-options"`
	}
	if json.Unmarshal(c.ISC.Agent, &digits) != nil && json.Unmarshal(c.ISC.Agent, &agent) == nil {
		digits = agent.Options
	}
	if b, err := hex.DecodeString(strings.TrimPrefix(digits, "0x")); err == nil {
		keys = agentOptions(b)
	}
	for _, relay := range c.ISC.Info {
		if b, err := hex.DecodeString(strings.TrimPrefix(relay.Remote, "0x")); err == nil && len(b) > 0 {
			return append(keys, lease.NewKey(lease.KeyRemote, octets(b)))
		}
	}
	return keys
}

// agentOptions reads sub-options of option 82.
func agentOptions(b []byte) (keys []lease.Key) {
	for len(b) >= 2 && len(b) >= 2+int(b[1]) {
		kind, value := b[0], b[2:2+int(b[1])]
		switch {
		case len(value) == 0:
		case kind == 1:
			keys = append(keys, lease.NewKey(lease.KeyCircuit, octets(value)))
		case kind == 2:
			keys = append(keys, lease.NewKey(lease.KeyRemote, octets(value)))
		}
		b = b[2+int(b[1]):]
	}
	return keys[:min(len(keys), 4)]
}
