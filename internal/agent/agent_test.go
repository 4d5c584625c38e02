package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan/known"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestOutbox makes sure that reports are there after a crash, in their order,
// until they were taken, and that no number is given twice.
func TestOutbox(t *testing.T) {
	name := filepath.Join(t.TempDir(), "reports.db")
	open := func() *outbox {
		o, err := openOutbox(name)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	add := func(o *outbox) int64 {
		r := &wire.Report{Cause: "x"}
		if err := o.add(r); err != nil {
			t.Fatal(err)
		}
		return r.Number
	}
	o := open()
	if add(o) != 1 || add(o) != 2 || add(o) != 3 || o.waiting() != 3 {
		t.Error("reports are not counted up")
	}
	if _, err := openOutboxOnce(name); err == nil {
		t.Error("two agents use one folder")
	}
	if err := o.close(); err != nil {
		t.Fatal(err)
	}
	o = open()
	if number, data, err := o.first(); number != 1 || len(data) == 0 || err != nil {
		t.Errorf("the first is %d, %s, %v", number, data, err)
	}
	if err := o.taken(2); err != nil || o.waiting() != 1 {
		t.Errorf("%d wait, %v", o.waiting(), err)
	}
	if err := o.taken(3); err != nil || o.waiting() != 0 || add(o) != 4 {
		t.Error("a number was given twice")
	}
	if err := o.taken(9); err != nil || add(o) != 10 {
		t.Error("a node that has more would pass over what is new")
	}
	if err := o.close(); err != nil {
		t.Fatal(err)
	}
}

func openOutboxOnce(name string) (*outbox, error) {
	o, err := openOutbox(name)
	if err == nil {
		err = o.close()
	}
	return o, err
}

// TestState makes sure that scans are there after a crash, and until a node
// has their end.
func TestState(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	s, err := openState(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []job{{Scan: "1", Asset: "a", Task: "t"}, {Scan: "1", Asset: "a", Task: "t"}, {Scan: "2", Asset: "a"}, {Scan: "3", Asset: "b"}} {
		if err := s.add(j); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = openState(name); err != nil || len(s.kept.Jobs) != 2 {
		t.Fatalf("the list is %v, %v", s.kept.Jobs, err)
	}
	if j, ok := s.next(); !ok || j.Scan != "1" {
		t.Errorf("the next is %v", j)
	}
	if err := s.change(func(k *kept) { k.Jobs[0].End = 7 }); err != nil {
		t.Fatal(err)
	}
	if j, ok := s.next(); !ok || j.Scan != "3" {
		t.Errorf("the next is %v", j)
	}
	if err := s.delivered(6); err != nil || len(s.kept.Jobs) != 2 {
		t.Error("a scan was forgotten whose end nobody has")
	}
	if err := s.delivered(7); err != nil || len(s.kept.Jobs) != 1 {
		t.Error("a scan is kept whose end was taken")
	}
}

func TestDue(t *testing.T) {
	a := &Agent{state: &state{kept: kept{Last: map[candor.ID]time.Time{"own": noon, "old": noon.Add(-3 * time.Hour)}, Jobs: []job{{Asset: "busy"}},
		Sites: []wire.Site{{Asset: "never", Every: time.Hour}, {Asset: "old", Every: time.Hour}, {Asset: "own", Every: time.Hour}, {Asset: "told", Every: time.Hour, Last: noon},
			{Asset: "busy", Every: time.Hour}, {Asset: "asked"}}}}}
	var got []candor.ID
	for _, j := range a.due(noon.Add(30 * time.Minute)) {
		got = append(got, j.Asset)
	}
	if want := []candor.ID{"never", "old"}; !slices.Equal(got, want) {
		t.Errorf("due are %v, want %v", got, want)
	}
}

// TestSharedList makes sure that a list that was half written, or rests on
// other definitions, is not used.
func TestSharedList(t *testing.T) {
	one, two := known.SumOf([]byte("1")), known.SumOf([]byte("2"))
	s := &shared{dir: t.TempDir()}
	s.open("g")
	s.list.Store(&sharedList{Under: "g", Sums: []known.Sum{one}})
	if err := s.keep(); err != nil {
		t.Fatal(err)
	}
	s = &shared{dir: s.dir}
	if s.open("g"); !s.Clean(one) || s.Clean(two) || s.spared.Load() != 1 {
		t.Error("the list is another")
	}
	if s.open("h"); s.Clean(one) {
		t.Error("a list of other definitions is used")
	}
	if err := os.Truncate(s.file()+".sums", 31); err != nil {
		t.Fatal(err)
	}
	if s.open("g"); s.Clean(one) {
		t.Error("half a list is used")
	}
	s.Tell(two)
	s.close()
	if s.Clean(one) {
		t.Error("the list stays in memory")
	}
}

// TestPace burns time on a processor: only the share may be used.
func TestPace(t *testing.T) {
	p := newPace(0.1)
	began := used()
	for time.Since(began.at) < 2*time.Second {
		for x := range 1_000_000 { // a file, as it were
			_ = x * x
		}
		p.wait(t.Context())
	}
	if got := used().since(began); got > 0.2 {
		t.Errorf("%.2f of a processor were used, 0.10 were allowed", got)
	}
}
