package capture_test

import (
	"bufio"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/flow"
	"candor/internal/flow/capture"
	"candor/internal/flow/collect"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// need gives the path of a program of Debian.
func need(t testing.TB, program string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", program)
	}
	t.Skipf("%s is missing", program)
	return ""
}

// ends are what packets of one flow have in common.
type ends struct {
	src, dst         netip.Addr
	srcPort, dstPort uint16
	protocol         uint8
}

// sum is what flows between ends hold.
type sum struct {
	Bytes, Packets uint64
	Flags          uint8
}

// keeper sums up records.
type keeper struct {
	lock sync.Mutex
	by   map[ends]sum
	n    int
}

func (k *keeper) Take(records []flow.Record) {
	k.lock.Lock()
	defer k.lock.Unlock()
	for i := range records {
		r := &records[i]
		e := ends{r.Src.IP(), r.Dst.IP(), r.SrcPort, r.DstPort, r.Protocol}
		s := k.by[e]
		k.by[e] = sum{s.Bytes + r.Total(), s.Packets + r.Count(), s.Flags | r.Flags}
		k.n++
	}
}

func (k *keeper) records() int {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.n
}

// talk is a capture of ordinary traffic: TCP both ways, UDP, ICMP, of IPv4 and
// IPv6.
func talk() (packets []stamped) {
	r := rand.New(rand.NewPCG(4, 4))
	be := binary.BigEndian
	at := int64(now)
	add := func(b []byte) {
		at += int64(r.IntN(5000))
		packets = append(packets, stamped{at, b})
	}
	for i := range 400 {
		var head []byte
		six := i%5 == 0
		a, b := byte(r.IntN(8)+1), byte(r.IntN(8)+101)
		protocol, transport := uint8(flow.UDP), be.AppendUint16(be.AppendUint16(nil, 1000+uint16(a)), 53)
		transport = append(transport, 0, 108, 0, 0)
		switch {
		case i%2 == 0:
			protocol = flow.TCP
			transport = append(transport[:4], make([]byte, 16)...)
			transport[12], transport[13] = 5<<4, 1<<r.IntN(5)
		case i%7 == 0 && !six:
			protocol, transport = flow.ICMP, []byte{3, 1, 0, 0, 0, 0, 0, 0}
		}
		transport = append(transport, make([]byte, 100)...)
		kind := uint16(0x0800)
		if six {
			kind = 0x86dd
			head = append([]byte{0x60, 0, 0, 0}, be.AppendUint16(nil, uint16(len(transport)))...)
			head = append(head, protocol, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b)
		} else {
			head = append([]byte{0x45, 0}, be.AppendUint16(nil, uint16(20+len(transport)))...)
			head = append(head, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, a, 192, 0, 2, b)
		}
		add(append(append(be.AppendUint16(make([]byte, 12), kind), head...), transport...))
	}
	return packets
}

// TestSoftflowd has a real exporter read a capture and tell of it: what comes out
// of the collector is what the capture holds.
func TestSoftflowd(t *testing.T) {
	softflowd := need(t, "softflowd")
	name := write(t, pcapOf(binary.LittleEndian, false, 1, talk()))
	want := &keeper{by: map[ends]sum{}}
	_, all, err := play(t, name, capture.Options{Mode: capture.Traffic})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		want.Take(b.Records)
	}
	for _, version := range []string{"5", "9", "10"} {
		t.Run(version, func(t *testing.T) {
			in, err := collect.NewIntake(collect.Options{Accept: true})
			if err != nil {
				t.Fatal(err)
			}
			got := &keeper{by: map[ends]sum{}}
			c := collect.New(in, collect.Listening{Addresses: []string{"127.0.0.1:0"}}, got)
			if err := c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), softflowd, "-d", "-6", "-r", name, "-n", c.Addresses()[0].String(), "-v", version,
				"-p", "none", "-c", "none") // else it waits for who controls it
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			expect := map[ends]sum{}
			for e, s := range want.by {
				if version == "5" && !e.src.Is4() {
					continue // it has no place for it
				}
				expect[e] = s
			}
			for end := time.Now().Add(10 * time.Second); got.records() < len(expect) && time.Now().Before(end); {
				runtime.Gosched() // loopback delivers at once, the readers soon
			}
			if err := c.Stop(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expect, got.by, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
			x := c.Stats().Exporters[0]
			if x.Errors != 0 || x.Dropped != 0 || x.NoRoom != 0 || x.Expired != 0 || x.Records != uint64(len(expect)) {
				t.Errorf("%+v", x)
			}
			for _, s := range x.Streams {
				if s.Lost != 0 || s.Waiting != 0 {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

// TestNfcapd has nfcapd write a file of what an encoder of ours sends, and reads
// that.
func TestNfcapd(t *testing.T) {
	nfcapd := need(t, "nfcapd")
	need(t, "nfdump")
	dir := t.TempDir()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := conn.LocalAddr().String()
	conn.Close() // nfcapd takes the port
	_, port, err := net.SplitHostPort(to)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), nfcapd, "-b", "127.0.0.1", "-p", port, "-w", dir, "-t", "3600")
	said := says(t, cmd)
	said("Startup")
	at := flow.Time(time.Now()) / 1000 * 1000
	want := []flow.Record{
		{Src: flow.V4(0x0a000001), Dst: flow.V4(0x08080808), SrcPort: 1234, DstPort: 53, Protocol: flow.UDP, Bytes: 5e9, Packets: 3, In: 7, Out: 9, Start: at - 5e6, End: at - 1e6, NatAddr: flow.V4(0x01010101), NatPort: 99},
		{Src: flow.FromIP(netip.MustParseAddr("2001:db8::1")), Dst: flow.FromIP(netip.MustParseAddr("2001:db8::2")), SrcPort: 1234, DstPort: 443, Protocol: flow.TCP, Flags: 0x1b, Bytes: 500, Packets: 3, In: 7, Out: 9, Start: at - 4e6, End: at - 1e6},
		{Src: flow.V4(0x0a000001), Dst: flow.V4(0x0a000002), Protocol: flow.UDP, SrcPort: 1, DstPort: 2, Bytes: 84, Packets: 1, Start: at - 3e6, End: at - 1e6},
	}
	e, err := export.New(export.Options{Version: decode.NetFlow9, Domain: 3, Booted: at - 1e9, NAT: true})
	if err != nil {
		t.Fatal(err)
	}
	out, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := e.Append(want, at, func(d []byte) error { _, err := out.Write(d); return err }); err != nil {
		t.Fatal(err)
	}
	said("New v9 exporter")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "nfcapd.2*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("nfcapd wrote %v, %v", names, err)
	}
	f, all, err := play(t, names[0], capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []flow.Record
	for _, b := range all {
		if b.Exporter != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("told by %s", b.Exporter)
		}
		got = append(got, b.Records...)
	}
	if diff := cmp.Diff(want, got); diff != "" || f.Kind != capture.Nfcapd {
		t.Error(f.Kind, diff)
	}
	if _, all, err := play(t, write(t, []byte("\x0c\xa5\x02\x00 and nothing more")), capture.Options{}); err == nil || len(all) > 0 {
		t.Errorf("of a damaged file: %v, %v", all, err)
	}
	if _, _, err := play(t, names[0], capture.Options{Nfdump: "/does/not/exist"}); err == nil {
		t.Error("without nfdump there is no error")
	}
}

// says starts a program, and gives what waits until it says something.
func says(t *testing.T, cmd *exec.Cmd) func(what string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := bufio.NewScanner(r)
	return func(what string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), what) {
				return
			}
		}
		t.Fatalf("%s never says %q", cmd, what)
	}
}
