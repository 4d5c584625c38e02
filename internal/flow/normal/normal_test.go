package normal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func TestLevels(t *testing.T) {
	for m := range Metrics {
		last := Level(0)
		for v := 0.001; v < 1e7; v *= 1.1 {
			l := LevelOf(m, v)
			if l < last || l > Top {
				t.Fatalf("metric %d: %g is level %d after %d", m, v, l, last)
			}
			if m != Fails && l > 0 && l < Top {
				if back := Value(m, float64(l)); back < v/1.6 || back > v*1.6 {
					t.Fatalf("metric %d: %g is level %d, which stands for %g", m, v, l, back)
				}
			}
			last = l
		}
		if LevelOf(m, 0) != 0 || LevelOf(m, -1) != 0 {
			t.Errorf("metric %d: nothing is not level 0", m)
		}
	}
	if LevelOf(Fails, 0.5) != 16 || LevelOf(Fails, 7) != Top {
		t.Error("shares are not spread over the levels")
	}
}

// TestPacked writes every slot of every metric and sees that none touches
// another.
func TestPacked(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var row Row
	var want [Metrics][Slots]Level
	for range 20_000 {
		m, s, l := Metric(rnd.IntN(int(Metrics))), Slot(rnd.IntN(Slots)), Level(rnd.IntN(32))
		want[m][s] = l
		row.setMedian(m, s, l)
	}
	for m := range Metrics {
		for s := range Slot(Slots) {
			if got := row.median(m, s); got != want[m][s] {
				t.Fatalf("metric %d, slot %d: %d, not %d", m, s, got, want[m][s])
			}
		}
	}
}

func TestSize(t *testing.T) {
	if Size > 800 {
		t.Errorf("a row takes %d bytes", Size)
	}
}

// weeks has a line live through weeks: level of an hour by its slot.
func weeks(table *Table, n, count int, level func(week int, s Slot) Level) {
	for w := range count {
		for s := range Slot(Slots) {
			var h Hour
			for m := range Metrics {
				h[m] = level(w, s)
			}
			table.Learn(n, s, h)
		}
	}
}

// evening is busy at 20 o'clock and quiet at 4.
func evening(s Slot) Level {
	switch s % 24 {
	case 20:
		return 15
	case 4:
		return 0
	}
	return 6
}

func TestLearnsHours(t *testing.T) {
	table := NewTable(1)
	table.Grow(1)
	rnd := rand.New(rand.NewPCG(2, 2))
	weeks(table, 0, 6, func(_ int, s Slot) Level { return min(evening(s)+Level(rnd.IntN(2)), Top) })
	row := table.Read(0)
	if row.Weeks() != 6 || !row.Known() {
		t.Errorf("weeks = %d", row.Weeks())
	}
	for day := range Slot(7) {
		busy, quiet := row.Usual(Down, day*24+20), row.Usual(Down, day*24+4)
		if busy.Median < Value(Down, 14) || busy.Median > Value(Down, 17) {
			t.Errorf("day %d at 20: usually %v", day, busy)
		}
		if quiet.High > Value(Down, 4) {
			t.Errorf("day %d at 4: usually %v", day, quiet)
		}
	}
}

// TestOneWeekMakesNoDifference has a week of full rate in a quiet life.
func TestOneWeekMakesNoDifference(t *testing.T) {
	table := NewTable(1)
	table.Grow(1)
	weeks(table, 0, 8, func(int, Slot) Level { return 3 })
	before := table.Usual(0, Up, 100)
	weeks(table, 0, 1, func(int, Slot) Level { return 30 })
	after := table.Usual(0, Up, 100)
	if after.Median > before.Median*1.7 {
		t.Errorf("a week of 30 took the median from %g to %g", before.Median, after.Median)
	}
	weeks(table, 0, 12, func(int, Slot) Level { return 12 })
	if moved := table.Usual(0, Up, 100); moved.Median < Value(Up, 11) {
		t.Errorf("after twelve weeks of 12 it is usually %v", moved)
	}
}

func TestBeginsWithPeers(t *testing.T) {
	table := NewTable(1)
	table.Grow(40)
	for n := range 30 {
		table.Join(n, 7)
	}
	for w := range 3 {
		for n := range 30 {
			weeks(table, n, 1, func(int, Slot) Level { return 10 + Level((w+n)%3) })
		}
	}
	table.Join(35, 7)
	u := table.Usual(35, Flows, 50)
	if u.Median < Value(Flows, 9) || u.Median > Value(Flows, 13) {
		t.Errorf("a new line of the group is expected at %v", u)
	}
	if row := table.Read(35); row.Known() {
		t.Error("a new line counts as known")
	}
	table.Join(36, 8)
	if u := table.Usual(36, Flows, 50); u.Median != 0 {
		t.Errorf("a line of another group is expected at %v", u)
	}
}

func TestCalendar(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := Calendar{Zone: zone, Holiday: func(d time.Time) bool { return d.Month() == 12 && d.Day() == 25 }}
	for _, tt := range []struct {
		at   time.Time
		want Slot
	}{
		{time.Date(2026, 11, 23, 0, 30, 0, 0, zone), 0},             // a Monday
		{time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC), 0},        // the same moment
		{time.Date(2026, 7, 5, 21, 30, 0, 0, time.UTC), 6*24 + 23},  // a Sunday in summer
		{time.Date(2026, 12, 25, 20, 0, 0, 0, zone), 6*24 + 20},     // a Friday that is a holiday
		{time.Date(2026, 12, 24, 23, 59, 59, 0, zone), 3*24 + 23},   // the Thursday before
		{time.Date(2026, 12, 25, 23, 30, 0, 0, time.UTC), 5*24 + 0}, // is Saturday there
	} {
		if got := c.Slot(tt.at); got != tt.want {
			t.Errorf("%s is slot %d, not %d", tt.at, got, tt.want)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	table := NewTable(1)
	table.Grow(300)
	for n := range 300 {
		table.Join(n, Group(n%3))
		weeks(table, n, 1, func(_ int, s Slot) Level { return Level(n+int(s)) % 32 })
	}
	var saved bytes.Buffer
	if err := table.Save(&saved); err != nil {
		t.Fatal(err)
	}
	whole := saved.Bytes()
	back, err := Load(bytes.NewReader(whole), 1, 300)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 300 {
		if table.Read(n) != back.Read(n) || table.groups[n] != back.groups[n] {
			t.Fatalf("row %d came back otherwise", n)
		}
	}
	for g, r := range table.peers {
		if *back.peers[g] != *r {
			t.Errorf("group %d came back otherwise", g)
		}
	}
	if _, err := Load(bytes.NewReader(whole), 1, 299); !errors.Is(err, ErrForeign) {
		t.Errorf("more rows than allowed: %v", err)
	}
	for _, at := range []int{0, 9, 17, 100, len(whole) / 2, len(whole) - 1} {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x40
		if _, err := Load(bytes.NewReader(bad), 1, 1<<40); !errors.Is(err, ErrForeign) {
			t.Errorf("byte %d flipped: %v", at, err)
		}
		if _, err := Load(bytes.NewReader(whole[:at]), 1, 300); !errors.Is(err, ErrForeign) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
}

func BenchmarkLearn(b *testing.B) {
	table := NewTable(1)
	table.Grow(100_000)
	h := Hour{5, 6, 7, 8, 9, 10, 11}
	for i := 0; b.Loop(); i++ {
		table.Learn(i%100_000, Slot(i%Slots), h)
	}
}

func BenchmarkUsual(b *testing.B) {
	table := NewTable(1)
	table.Grow(100_000)
	for i := 0; b.Loop(); i++ {
		table.Usual(i%100_000, Up, Slot(i%Slots))
	}
}

// TestOddFirstMember: a group is not taken for what its first member happened to
// do, in no hour of the week.
func TestOddFirstMember(t *testing.T) {
	table := NewTable(1)
	table.Grow(101)
	for n := range 101 {
		table.Join(n, 1)
	}
	table.Learn(0, 3, Hour{Ports: 14})
	for n := 1; n <= 100; n++ {
		table.Learn(n, 3, Hour{Ports: 4})
	}
	fresh := 102
	table.Grow(fresh + 1)
	table.Join(fresh, 1)
	for s := range Slot(Slots) {
		if u := table.Usual(fresh, Ports, s); u.Median > Value(Ports, 5) {
			t.Fatalf("in hour %d a new member is thought to use %.0f ports", s, u.Median)
		}
	}
}
