package cgnat

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/lease"
)

// noon is the time of the messages of these tests.
var noon = time.Date(2023, 11, 14, 12, 0, 0, 0, time.UTC)

// samples are messages as translators write them, and what they tell.
var samples = []struct {
	name, text string
	want       string
}{
	{"juniper", "<14>1 2023-11-14T12:00:00.123Z mx1 - - - - {NSP1}[jservices-nat]: JSERVICES_NAT_PORT_BLOCK_ALLOC: 100.64.0.5 -> 203.0.113.7:1024-1151 0x4fd5e3", "begin 100.64.0.5 203.0.113.7 ports 1024-1151 "},
	{"juniper", "<14>1 2023-11-14T12:00:00.123Z mx1 - - - - JSERVICES_NAT_PORT_BLOCK_RELEASE: 100.64.0.5 -> 203.0.113.7:1024-1151 0x4fd5e3", "end 100.64.0.5 203.0.113.7 ports 1024-1151 "},
	{"juniper", "JSERVICES_NAT_PORT_BLOCK_ACTIVE: 100.64.0.5 -> 203.0.113.7:1024-1151 0x4fd5e3", "renew 100.64.0.5 203.0.113.7 ports 1024-1151 "},
	{"srx", "<14>Nov 14 12:00:00 srx RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 100.64.0.5 used/maximum [1/8] blocks, allocates port block [5632-6655] from 203.0.113.7 in source pool p1 lsys_id: 0", "begin 100.64.0.5 203.0.113.7 ports 5632-6655 "},
	{"asa", "<166>Nov 14 2023 12:00:00 asa : %ASA-6-305014: Allocated TCP block of ports for translation from inside:100.64.0.5 to outside:203.0.113.7/1024-1535.", "begin 100.64.0.5 203.0.113.7 ports 1024-1535 tcp"},
	{"asa", "<166>%FTD-6-305015: Released UDP block of ports for translation from inside:100.64.0.5 to outside:203.0.113.7/1024-1535.", "end 100.64.0.5 203.0.113.7 ports 1024-1535 udp"},
	{"asa", "%ASA-6-305011: Built dynamic TCP translation from inside:100.64.0.5/40000 to outside:203.0.113.7/1024", "begin 100.64.0.5 203.0.113.7 ports 1024-1024 tcp"},
	{"asa", "%ASA-6-305012: Teardown dynamic TCP translation from inside:100.64.0.5/40000(LOCAL\\carol) to outside:203.0.113.7/1024 duration 0:00:30", "end 100.64.0.5 203.0.113.7 ports 1024-1024 tcp"},
	{"ios", "<189>12: *Nov 14 12:00:00.000: %IPNAT-6-CREATED: Created tcp 100.64.0.5:4000 203.0.113.7:1025 198.51.100.1:80 198.51.100.1:80", "begin 100.64.0.5 203.0.113.7 ports 1025-1025 tcp"},
	{"xr", "<134>1 2023 Nov 14 12:00:00 192.0.2.1 - - NAT44 - [UserbasedA - 100.64.0.5 cust - 203.0.113.7 - 1024 1535 - - - ]", "begin 100.64.0.5 203.0.113.7 ports 1024-1535 "},
	{"nokia", "2023/11/14 12:00:00.00 UTC: NAT #2012 vprn2 \"{3} Map  203.0.113.7 [1024-1279] MDA 5/1 -- 1085276160 classic-lsn-sub %12 vprn2 100.64.0.5 at 2023/11/14 12:00:00\"", "begin 100.64.0.5 203.0.113.7 ports 1024-1279 "},
	{"a10", "<134>Nov 14 12:00:00 th NAT-PORT-BATCH-ALLOC: 100.64.0.5 -> 203.0.113.7:1024-1087", "begin 100.64.0.5 203.0.113.7 ports 1024-1087 "},
}

func TestPatterns(t *testing.T) {
	for _, tt := range samples {
		got, ok, err := match(Builtin(), tt.text)
		if err != nil || !ok {
			t.Errorf("%s: %q: %v, %v", tt.name, tt.text, ok, err)
			continue
		}
		if text := fmt.Sprintf("%s %s %s %s %s", got.kind, got.inner, got.outer, got.ports, got.protocol); text != tt.want {
			t.Errorf("%s: %q, not %q", tt.name, text, tt.want)
		}
	}
	for _, text := range []string{"", "sshd[1]: Accepted publickey for root from 192.0.2.1", "JSERVICES_NAT_PORT_BLOCK_ALLOC: nothing"} {
		if _, ok, err := match(Builtin(), text); ok || err != nil {
			t.Errorf("%q is told of ports", text)
		}
	}
	if _, _, err := match(Builtin(), "JSERVICES_NAT_PORT_BLOCK_ALLOC: 100.64.0.5 -> 203.0.113.7:2000-1000"); err == nil {
		t.Error("ports from 2000 to 1000 were taken")
	}
}

// TestOwnPatterns has an operator teach a translator.
func TestOwnPatterns(t *testing.T) {
	own, err := Read(strings.NewReader("# ours\nname: ours\nbegin: nat\\+ (?P<inner>\\S+) (?P<outer>\\S+) (?P<low>\\d+)\\.\\.(?P<high>\\d+)\nend: nat- (?P<outer>\\S+) (?P<low>\\d+)\nrestart: nat reset\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := match(own, "x nat+ 10.0.0.1 192.0.2.1 5..9")
	if !ok || err != nil || got.ports != (lease.Ports{Low: 5, High: 9}) {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	if got, ok, _ := match(own, "nat reset"); !ok || got.kind != lease.Restart {
		t.Errorf("%+v %v", got, ok)
	}
	for _, bad := range []string{
		"begin: x", "name: x\n", "name: x\nbegin: (", "name: x\nbegin: (?P<outer>a)(?P<low>b)", "name: x\nend: (?P<outer>a)", "name: x\nmiddle: y", "nonsense",
	} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestStamp(t *testing.T) {
	zone := time.FixedZone("UTC+2", 7200)
	for _, tt := range []struct {
		text string
		want time.Time
	}{
		{"<14>1 2023-11-14T12:00:00.5Z host - - - - x", noon.Add(500 * time.Millisecond)},
		{"<14>1 2023-11-14T13:00:00+01:00 host - - - - x", noon},
		{"<14>Nov 14 14:00:00 host x", noon},
		{"<134>1 2023 Nov 14 14:00:00 192.0.2.1 - - NAT44 - x", noon},
		{"<166>Nov 14 2023 14:00:00 asa : %ASA-6-305014: x", noon},
		{"<14>Jan  2 14:00:00 host x", time.Date(2024, 1, 2, 12, 0, 0, 0, time.UTC)},
		{"<14>host x", time.Time{}},
		{"", time.Time{}},
	} {
		if got := stamp(tt.text, noon, zone); !got.Equal(tt.want) {
			t.Errorf("%q: %s, not %s", tt.text, got, tt.want)
		}
	}
}

func TestMessages(t *testing.T) {
	long := strings.Repeat("y", 2*longestMessage)
	var got []string
	err := messages(bufio.NewReaderSize(strings.NewReader(fmt.Sprintf("<1>one\r\n7 <1>two\n%d %s<1>three\n<2>%s\n<1>four", len(long), long, long)), longestMessage), func(m string) { got = append(got, m) })
	if err == nil {
		t.Error("a stream has no end")
	}
	want := []string{"<1>one", "<1>two", long[:longestMessage], "<1>three", ("<2>" + long)[:longestMessage], "<1>four"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%d messages: %.200q", len(got), got)
	}
}

type lines map[string]flow.Line

func (l lines) Line(kind, key string) (flow.Line, bool) {
	line, ok := l[kind+":"+key]
	return line, ok
}

// TestListener hears a block given out, released and given to the next, by UDP
// and TCP, and finds lines through leases of inner addresses, one of which is
// told of late.
func TestListener(t *testing.T) {
	table, err := lease.Open(lease.Options{Dir: t.TempDir(), Lines: lines{"user:alice": 1, "user:bob": 2}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(Options{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", Senders: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Sink: table, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
	begin := func(user, inner string) lease.Event {
		return lease.Event{
			Kind: lease.Begin, Source: "radius", Session: user, Keys: []lease.Key{{Kind: lease.KeyUser, Text: user}},
			Prefixes: []netip.Prefix{netip.MustParsePrefix(inner + "/32")}, At: noon.Add(-time.Hour),
		}
	}
	if err := table.Apply(t.Context(), begin("alice", "100.64.0.5")); err != nil {
		t.Fatal(err)
	}
	say := func(network string, addr net.Addr, events uint64, text ...string) {
		t.Helper()
		conn, err := net.Dial(network, addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, m := range text {
			if _, err := conn.Write([]byte(m + "\n")); err != nil {
				t.Fatal(err)
			}
		}
		for deadline := time.Now().Add(30 * time.Second); l.Stats().Events < events; {
			if time.Now().After(deadline) {
				t.Fatalf("%+v", l.Stats())
			}
		}
	}
	message := func(clock, what, inner string) string {
		return fmt.Sprintf("<14>1 2023-11-14T%sZ mx1 - - - - JSERVICES_NAT_PORT_BLOCK_%s: %s -> 203.0.113.7:1024-1151 0x1", clock, what, inner)
	}
	say("udp", l.UDPAddr(), 1, message("11:00:00", "ALLOC", "100.64.0.5"))
	say("tcp", l.TCPAddr(), 3, message("11:10:00", "RELEASE", "100.64.0.5"), message("11:20:00", "ALLOC", "100.64.0.6"))
	outer := flow.FromIP(netip.MustParseAddr("203.0.113.7"))
	holds := func(port uint16, minutes int, want flow.Line) {
		t.Helper()
		if got := table.Holder(outer, port, flow.Time(noon.Add(time.Duration(minutes-60)*time.Minute))); got != want {
			t.Errorf("port %d after %d minutes: line %d, not %d: %+v", port, minutes, got, want, table.Explain(outer.IP(), port, noon.Add(time.Duration(minutes-60)*time.Minute)))
		}
	}
	holds(1024, 5, 1)
	holds(1151, 5, 1)
	holds(1152, 5, 0)
	holds(1024, 15, 0)
	holds(1024, 25, 0)
	if e := table.Explain(outer.IP(), 1024, noon.Add(-35*time.Minute)); e.Reason != lease.Inner || e.Behind == nil || e.Behind.Reason != lease.Nobody {
		t.Errorf("%+v", e)
	}
	if err := table.Apply(t.Context(), begin("bob", "100.64.0.6")); err != nil {
		t.Fatal(err)
	}
	holds(1024, 25, 2)
	if s := l.Stats(); s.Messages != 3 || s.Unmatched != 0 {
		t.Errorf("%+v", s)
	}
}

func FuzzMessage(f *testing.F) {
	for _, s := range samples {
		f.Add(s.text)
	}
	patterns := Builtin()
	f.Fuzz(func(t *testing.T, text string) {
		stamp(text, noon, time.UTC)
		got, ok, err := match(patterns, text)
		if ok && err == nil && got.kind != lease.Restart && (!got.outer.IsValid() || got.ports.Low > got.ports.High) {
			t.Errorf("%+v", got)
		}
	})
}

func FuzzStream(f *testing.F) {
	f.Add("7 <1>two\n<1>one\n")
	f.Fuzz(func(t *testing.T, text string) {
		total := 0
		err := messages(bufio.NewReaderSize(strings.NewReader(text), longestMessage), func(m string) {
			if total += len(m); len(m) > longestMessage || total > len(text) {
				t.Errorf("a message of %d bytes, %d in all", len(m), total)
			}
		})
		if err == nil {
			t.Error("no end")
		}
	})
}

func FuzzPatterns(f *testing.F) {
	f.Add(builtin)
	f.Fuzz(func(t *testing.T, text string) {
		patterns, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range samples[:2] {
			_, _, _ = match(patterns, s.text)
		}
	})
}
