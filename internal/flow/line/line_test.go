package line

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// books hold lines in memory.
type books struct {
	mu    sync.Mutex
	lines []candor.Asset
}

func (b *books) put(a candor.Asset) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = slices.DeleteFunc(b.lines, func(o candor.Asset) bool { return o.ID == a.ID })
	b.lines = append(b.lines, a)
}

func (b *books) Lines(_ context.Context, changed time.Time, after candor.ID, most int) ([]candor.Asset, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortFunc(b.lines, func(x, y candor.Asset) int {
		return cmp.Or(x.Updated.Compare(y.Updated), strings.Compare(string(x.ID), string(y.ID)))
	})
	var all []candor.Asset
	for _, a := range b.lines {
		if cmp.Or(a.Updated.Compare(changed), strings.Compare(string(a.ID), string(after))) > 0 && len(all) < most {
			all = append(all, a)
		}
	}
	return all, nil
}

func aLine(n int, reference string, updated time.Time) candor.Asset {
	return candor.Asset{ID: candor.NewID(noon.Add(time.Duration(n) * time.Second)), Kind: candor.Line, Name: reference, Reference: reference, Updated: updated,
		Access: candor.Access{Plan: "50", Down: 50e6, Up: 10e6, Addresses: []string{"192.0.2." + reference}}}
}

// holders tell lines by static addresses alone.
type holders struct {
	mu sync.Mutex
	of map[string]flow.Line
}

func (h *holders) set(all []Static) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of = map[string]flow.Line{}
	for _, s := range all {
		h.of[s.Prefix.Addr().String()] = s.Line
	}
}

func (h *holders) Holder(a flow.Addr, _ uint16, _ int64) flow.Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of[a.String()]
}

// desk keeps what is filed, and fails at first as often as it is told.
type desk struct {
	mu    sync.Mutex
	fails int
	filed map[candor.ID][]candor.Finding
}

func (d *desk) file(_ context.Context, line candor.ID, all []candor.Finding, _ time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails > 0 {
		d.fails--
		return errors.New("the database is away")
	}
	if d.filed == nil {
		d.filed = map[candor.ID][]candor.Finding{}
	}
	d.filed[line] = append(d.filed[line], all...)
	return nil
}

func open(t *testing.T, b *books, d *desk, file string) (*Watch, *holders) {
	t.Helper()
	h := &holders{}
	w, err := Open(t.Context(), Config{
		Store: b, Clock: time.Now, Log: slog.New(slog.DiscardHandler), File: d.file, Baselines: file, Changed: h.set,
		Detect: detect.Config{Who: h, Calendar: normal.Calendar{Zone: time.UTC}, Policy: detect.DefaultPolicy(), Seed: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, h
}

// scan has a line try addresses on a port.
func scan(w *Watch, from string, at time.Time) {
	src := flow.FromIP(must(candor.Access{Addresses: []string{from}}.Prefixes())[0].Addr())
	for n := range 60 {
		end := flow.Time(at) + int64(n)*100_000
		w.Take([]flow.Record{{Start: end, End: end, Src: src, Dst: flow.V4(0xc6336400 + uint32(n)), SrcPort: 40000, DstPort: 23, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 40, Packets: 1}})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFilesWhatIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, d := &books{}, &desk{fails: 2}
		one, two := aLine(1, "1", noon), aLine(2, "2", noon)
		b.put(one)
		w, _ := open(t, b, d, "")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var work sync.WaitGroup
		work.Go(func() { w.Run(ctx) })

		scan(w, "192.0.2.1", time.Now())
		scan(w, "192.0.2.2", time.Now()) // of nobody yet
		time.Sleep(10 * time.Second)     // virtual: two attempts fail
		two.Updated = noon.Add(-10 * time.Second)
		b.put(two) // kept late, with an earlier time
		time.Sleep(10 * time.Second)
		scan(w, "192.0.2.2", time.Now())
		time.Sleep(10 * time.Second)
		stop()
		work.Wait()

		for _, a := range []candor.Asset{one, two} {
			all := d.filed[a.ID]
			if len(all) != 1 {
				t.Fatalf("of %s were filed %+v", a.Name, all)
			}
			f := all[0]
			if f.Rule != "Candor.Traffic.horizontal-scan" || f.Class != "information-gathering/scanner" || f.Severity != candor.High || f.Path != "traffic/horizontal-scan/*/tcp/23" {
				t.Errorf("filed %+v", f)
			}
			if !slices.Contains(f.Tags, "confirmed") || len(f.Strings) == 0 || !strings.Contains(string(f.Strings[0].Data), "192.0.2."+a.Name+":40000 -> 198.51.100.") || !strings.Contains(f.Description, "addresses") {
				t.Errorf("it is not proved: %+v", f)
			}
		}
		if st := w.Stats(); st.Filed != 2 || st.Dropped != 0 || st.Lines != 2 || st.Unattributed != 60 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestChangesOfLines(t *testing.T) {
	b := &books{}
	one := aLine(1, "1", noon)
	b.put(one)
	w, h := open(t, b, &desk{}, "")
	n, ok := w.Line("1")
	if !ok || n == 0 || w.ID(n) != one.ID || w.Number(one.ID) != n {
		t.Fatalf("line 1 is %d, %v", n, ok)
	}
	if at := h.Holder(flow.FromIP(must(one.Access.Prefixes())[0].Addr()), 0, 0); at != n {
		t.Errorf("its address is of %d", at)
	}
	one.Retired, one.Updated = true, noon.Add(time.Hour)
	b.put(one)
	if err := w.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Line("1"); ok || len(h.of) != 0 {
		t.Errorf("a line that is retired still has its number or address: %v", h.of)
	}
}

// TestPeers: a new line begins as lines of its plan and class are; those that run
// servers by agreement are no peers of those that do not.
func TestPeers(t *testing.T) {
	b := &books{}
	b.put(aLine(1, "1", noon))
	w, _ := open(t, b, &desk{}, "")
	one, _ := w.Line("1")
	for s := range normal.Slot(normal.Slots) {
		w.Detect.Normal.Learn(int(one), s, normal.Hour{normal.Up: 20})
	}
	like, server := aLine(2, "2", noon.Add(time.Hour)), aLine(3, "3", noon.Add(time.Hour))
	server.Access.Mail = true
	b.put(like)
	b.put(server)
	if err := w.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	begins := func(reference string) float64 {
		n, _ := w.Line(reference)
		row := w.Detect.Normal.Read(int(n))
		return row.Usual(normal.Up, 7).Median
	}
	if home, servers := begins("2"), begins("3"); home < 100 || servers >= home/2 {
		t.Errorf("a line of the plan begins with %v KiB/s, one with servers with %v", home, servers)
	}
}

func TestBaselinesSurvive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "baselines")
	b := &books{}
	b.put(aLine(1, "1", noon))
	b.put(aLine(2, "2", noon))
	w, _ := open(t, b, &desk{}, file)
	two, _ := w.Line("2")
	for s := range normal.Slot(normal.Slots) {
		w.Detect.Normal.Learn(int(two), s, normal.Hour{normal.Up: 9})
	}
	if err := w.Save(); err != nil {
		t.Fatal(err)
	}
	b.put(aLine(0, "3", noon)) // comes before the others by its ID
	again, _ := open(t, b, &desk{}, file)
	if n, _ := again.Line("2"); n != two {
		t.Errorf("line 2 was %d and is %d", two, n)
	}
	if row := again.Detect.Normal.Read(int(two)); row.Weeks() != 1 {
		t.Errorf("it knows %d weeks", row.Weeks())
	}
	data := must(os.ReadFile(file))
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged, _ := open(t, b, &desk{}, file)
	if n, _ := damaged.Line("2"); damaged.Detect.Normal.Len() <= int(n) {
		t.Error("there is no room for line 2")
	}
	if _, err := os.Stat(file + ".damaged"); err != nil {
		t.Errorf("the damaged file is not put aside: %v", err)
	}
}

func TestWords(t *testing.T) {
	for _, k := range detect.Kinds() {
		if says[k] == "" {
			t.Errorf("nothing is said of %s", k)
		}
		f := Word(detect.Finding{Kind: k, Seen: 2.5e6, Unit: detect.BitsPerSecond, Since: flow.Time(noon), Why: "unanswered"})
		seen := "2.5 Mbit/s"
		if k == detect.Silence {
			seen = "0 bit/s"
		}
		if _, ok := candor.ParseClass(string(f.Class)); !ok || !strings.Contains(f.Description, seen) || !strings.Contains(f.Path, k.String()) {
			t.Errorf("%s: %+v", k, f)
		}
	}
	r := flow.Record{Start: flow.Time(noon), End: flow.Time(noon) + 1500, Src: flow.V4(1<<24 | 1), Dst: flow.Addr{0x20, 1, 0xd, 0xb8, 15: 1}, SrcPort: 1, DstPort: 2, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK, Packets: 2, Bytes: 80, Sampling: 10}
	if got, want := Flow(&r), "2026-03-02T12:00:00.000Z 0.002s 1.0.0.1:1 -> [2001:db8::1]:2 tcp .A..S. 20 packets 800 bytes"; got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
}
