package dhcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/lease"
)

type lines map[string]flow.Line

func (l lines) Line(kind, key string) (flow.Line, bool) {
	line, ok := l[kind+":"+key]
	return line, ok
}

// known are the lines of testdata.
var known = lines{
	"hardware:02:00:00:00:00:0a": 10, "hardware:02:00:00:00:00:0b": 11, "hardware:02:00:00:00:00:0c": 12,
	"duid:00:03:00:01:02:00:00:00:00:0a": 10, "circuit:olt1/": 10, "circuit:olt1/3/7": 10, "remote:cust-a": 10,
}

// base is when testdata begins.
var base = time.Unix(1_700_000_000, 0).UTC()

func open(t *testing.T) *lease.Table {
	t.Helper()
	table, err := lease.Open(lease.Options{Dir: t.TempDir(), Lines: known})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
	return table
}

// holds checks who had what, in seconds after base.
func holds(t *testing.T, table *lease.Table, ip string, at int, want flow.Line) {
	t.Helper()
	when := base.Add(time.Duration(at) * time.Second)
	if got := table.Holder(flow.FromIP(netip.MustParseAddr(ip)), 80, flow.Time(when)); got != want {
		t.Errorf("%s at %d: line %d, not %d: %+v", ip, at, got, want, table.Explain(netip.MustParseAddr(ip), 80, when))
	}
}

func poll(t *testing.T, p interface{ Poll(context.Context) error }) {
	t.Helper()
	if err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestKea4(t *testing.T) {
	table := open(t)
	k := NewKea("testdata/kea-leases4.csv", Options{Source: "kea", Sink: table, Now: func() time.Time { return base.Add(time.Hour) }})
	poll(t, k)
	holds(t, table, "10.1.0.10", -1, 0)
	holds(t, table, "10.1.0.10", 10, 10)
	holds(t, table, "10.1.0.10", 5000, 10) // renewed
	holds(t, table, "10.1.0.10", 5400, 0)
	holds(t, table, "10.1.0.11", 90, 0)    // released we do not know when, after 100 at the latest known
	holds(t, table, "10.1.0.11", 1010, 12) // given to the next
	holds(t, table, "10.1.0.12", 2000, 0)  // declined
	if e := table.Explain(netip.MustParseAddr("10.1.0.12"), 0, base.Add(2000*time.Second)); e.Reason != lease.Unmapped {
		t.Errorf("declined: %+v", e)
	}
	if s := k.Stats(); s.Entries != 6 || s.Malformed != 1 {
		t.Errorf("%+v", s)
	}
}

func TestKea6(t *testing.T) {
	table := open(t)
	poll(t, NewKea("testdata/kea-leases6.csv", Options{Source: "kea6", Sink: table}))
	holds(t, table, "2001:db8:1::10", 10, 10)
	holds(t, table, "2001:db8:1::11", 10, 0)
	holds(t, table, "2001:db8:a00:ff::1", 10, 10)
	holds(t, table, "2001:db8:a01::1", 10, 0)
	holds(t, table, "2001:db8:a00:ff::1", 7300, 0)
}

// TestKeaGrows follows a file as it grows, is released from, and is replaced by
// the clean-up.
func TestKeaGrows(t *testing.T) {
	table := open(t)
	name := filepath.Join(t.TempDir(), "kea-leases4.csv")
	now := base
	k := NewKea(name, Options{Source: "kea", Sink: table, Now: func() time.Time { return now }})
	poll(t, k) // there is none yet
	const head = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
	write := func(text string) {
		t.Helper()
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(text)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	row := func(ip, mac string, at, life int) string {
		return fmt.Sprintf("%s,02:00:00:00:00:%s,,%d,%d,1,0,0,,0,\n", ip, mac, life, base.Unix()+int64(at+life))
	}
	write(head + row("10.0.0.1", "0a", 0, 3600)[:20])
	poll(t, k)
	holds(t, table, "10.0.0.1", 10, 0) // half a line is none
	write(row("10.0.0.1", "0a", 0, 3600)[20:])
	poll(t, k)
	holds(t, table, "10.0.0.1", 10, 10)

	now = base.Add(100 * time.Second)
	write(row("10.0.0.1", "0a", 0, 0)) // released, and we look at once
	poll(t, k)
	holds(t, table, "10.0.0.1", 90, 10)
	holds(t, table, "10.0.0.1", 101, 0)

	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	poll(t, k)
	write(head + row("10.0.0.2", "0b", 200, 3600))
	poll(t, k)
	holds(t, table, "10.0.0.2", 210, 11)

	// A new run finds the rest in the older file.
	other := open(t)
	poll(t, NewKea(name, Options{Source: "kea", Sink: other, Now: func() time.Time { return now }}))
	holds(t, other, "10.0.0.2", 210, 11)
	holds(t, other, "10.0.0.1", 101, 0)
}

func TestISC(t *testing.T) {
	table := open(t)
	i := NewISC("testdata/dhcpd.leases", Options{Source: "dhcpd", Sink: table, Keys: []string{lease.KeyHardware, lease.KeyCircuit, lease.KeyDUID}})
	poll(t, i)
	holds(t, table, "10.2.0.10", 10, 10)
	holds(t, table, "10.2.0.10", 1799, 10)
	holds(t, table, "10.2.0.10", 1801, 0) // released then
	holds(t, table, "10.2.0.11", 1_000_000, 11)
	holds(t, table, "10.2.0.12", 10, 0)
	holds(t, table, "2001:db8:2::10", 10, 10)
	holds(t, table, "2001:db8:b00:1::1", 10, 10)
	holds(t, table, "2001:db8:b00:1::1", 7300, 0)
	if s := i.Stats(); s.Entries != 6 || s.Malformed != 0 {
		t.Errorf("%+v", s)
	}
}

// kea answers commands as its control agent does.
func kea(t *testing.T, leases func() []map[string]any) func([]byte) []byte {
	return func(request []byte) []byte {
		var r struct {
			Command   string
			Arguments struct {
				From  string
				Limit int
			}
		}
		if err := json.Unmarshal(request, &r); err != nil || r.Command != "lease4-get-page" {
			t.Errorf("request %s: %v", request, err)
		}
		all := leases()
		if r.Arguments.From != "start" {
			for len(all) > 0 && all[0]["ip-address"] != r.Arguments.From {
				all = all[1:]
			}
			all = all[min(1, len(all)):]
		}
		all = all[:min(len(all), r.Arguments.Limit)]
		result := 0
		if len(all) == 0 {
			result = keaEmpty
		}
		b, err := json.Marshal(map[string]any{"result": result, "text": "found", "arguments": map[string]any{"leases": all, "count": len(all)}})
		if err != nil {
			t.Error(err)
		}
		return b
	}
}

// TestAPI asks for several pages, and then again when some leases are gone.
func TestAPI(t *testing.T) {
	table := open(t)
	n := 2500
	answer := kea(t, func() (all []map[string]any) {
		for i := range n {
			all = append(all, map[string]any{
				"ip-address": netip.AddrFrom4([4]byte{10, 3, byte(i >> 8), byte(i)}).String(), "hw-address": "02:00:00:00:00:0a",
				"client-id": "", "cltt": base.Unix(), "valid-lft": 3600, "state": 0, "subnet-id": 1, "hostname": "",
			})
		}
		return all
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "[ %s ]", answer(b))
	}))
	defer server.Close()
	now := base.Add(60 * time.Second)
	a := NewAPI(server.URL, false, nil, Options{Source: "api", Sink: table, Now: func() time.Time { return now }})
	poll(t, a)
	holds(t, table, "10.3.0.0", 100, 10)
	holds(t, table, "10.3.9.195", 100, 10)
	if s := a.Stats(); s.Leases != n {
		t.Errorf("%+v", s)
	}
	now, n = base.Add(120*time.Second), 2000
	poll(t, a)
	holds(t, table, "10.3.0.0", 100, 10)
	holds(t, table, "10.3.9.195", 59, 10)
	holds(t, table, "10.3.9.195", 61, 0) // after it was last listed nobody knows
}

func TestAPISocket(t *testing.T) {
	table := open(t)
	path := filepath.Join(t.TempDir(), "kea.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		b := make([]byte, 4096)
		n, _ := conn.Read(b)
		_, _ = conn.Write(kea(t, func() []map[string]any {
			return []map[string]any{{"ip-address": "10.3.0.1", "hw-address": "02:00:00:00:00:0a", "cltt": base.Unix(), "valid-lft": 3600, "state": 0}}
		})(b[:n]))
	}()
	poll(t, NewAPI(path, false, nil, Options{Source: "api", Sink: table}))
	holds(t, table, "10.3.0.1", 100, 10)
}

func TestAPIErrors(t *testing.T) {
	for _, body := range []string{"", "[]", "{", `{"result":1,"text":"no such command"}`} {
		if _, err := keaPage([]byte(body)); err == nil {
			t.Errorf("%q was taken", body)
		}
	}
}

// TestTailLongLines leaves out what is too long, and goes on after it.
func TestTailLongLines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("one\n"+strings.Repeat("x", 3*longestLine)+"\ntwo\r\nrest"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := readAll(name, func() {}, func(b []byte) { got = append(got, string(b)) }); err != nil {
		t.Fatal(err)
	}
	if strings.Join(got, "|") != "one|two" {
		t.Errorf("%q", got)
	}
}

type nothing struct{}

func (nothing) Apply(context.Context, ...lease.Event) error { return nil }

func fuzzSeeds(f *testing.F, names ...string) {
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzKeaFile(f *testing.F) {
	fuzzSeeds(f, "kea-leases4.csv", "kea-leases6.csv")
	f.Fuzz(func(t *testing.T, b []byte) {
		k := NewKea("", Options{Source: "kea", Sink: nothing{}})
		for line := range strings.Lines(string(b)) {
			k.line(strings.TrimRight(line, "\r\n"), true)
		}
		checkBatch(t, k.tracker)
	})
}

func FuzzISCFile(f *testing.F) {
	fuzzSeeds(f, "dhcpd.leases")
	f.Fuzz(func(t *testing.T, b []byte) {
		i := NewISC("", Options{Source: "isc", Sink: nothing{}})
		for line := range strings.Lines(string(b)) {
			for _, e := range i.blocks.line(line) {
				i.tracker.take(e, true)
			}
		}
		checkBatch(t, i.tracker)
	})
}

func FuzzKeaAnswer(f *testing.F) {
	f.Add([]byte(`[{"result":0,"arguments":{"leases":[{"ip-address":"2001:db8::","type":"IA_PD","prefix-len":56,"cltt":1700000000,"valid-lft":60,"duid":"00:01"}]}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		leases, err := keaPage(b)
		if err != nil {
			return
		}
		tr := newTracker("api", nil, time.Now)
		for _, l := range leases {
			if e, err := l.entry(); err == nil {
				tr.take(e, true)
			}
		}
		checkBatch(t, tr)
	})
}

// checkBatch holds that events are whole.
func checkBatch(t *testing.T, tr *tracker) {
	t.Helper()
	for _, e := range tr.batch {
		if e.Session == "" || e.Kind != lease.End && (len(e.Prefixes) != 1 || !e.Prefixes[0].IsValid() || e.At.Unix() <= 0) {
			t.Errorf("%+v", e)
		}
	}
}
