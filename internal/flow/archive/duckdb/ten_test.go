//go:build cgo && duckdb

package duckdb

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// TestTenMinutes keeps flows as they come, for two hours and a half, and asks all
// the time: what is answered from sums of hours, of ten minutes and of minutes
// together is what the model has, and the coarser ones are used for all that they
// can be.
func TestTenMinutes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	now, dir := archivetest.Begin, t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }})
	a.slice, a.many = 800, 20
	d, m := archivetest.NewDice(seed), &archivetest.Memory{}
	used := map[string]int{}
	for n := range 150 {
		flows := d.Flows(24)
		for i := range flows {
			flows[i].End = now.UnixMicro() + d.Int64N(60_000_000)
			flows[i].Start = flows[i].End
			if d.IntN(50) == 0 {
				flows[i].End -= d.Int64N(1_000_000_000) // late
				flows[i].Start = flows[i].End
			}
		}
		if n == 0 { // one is late for certain: what is asked below of the time before the first hour
			flows[0].End = now.Add(-90 * time.Second).UnixMicro()
			flows[0].Start = flows[0].End
		}
		now = now.Add(time.Minute)
		a.Keep(flows)
		m.Keep(flows)
		a.settled(t)
		if n%4 > 0 {
			continue
		}
		q := archive.Question{Since: now.Add(-time.Hour).Truncate(time.Minute), Until: now.Truncate(time.Minute).Add(time.Minute), By: []archive.Field{archive.FieldLine, archive.FieldPort}}
		if d.IntN(3) == 0 {
			q.Since, q.Step = q.Since.Truncate(10*time.Minute), 10*time.Minute
		}
		if d.IntN(3) == 0 {
			q.Since = q.Since.Add(-time.Duration(d.IntN(120)) * time.Minute)
		}
		tier := archivetest.Same(t, a, m, q)
		c, err := a.files.catalogue()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.pieces(tier, q) {
			used[fmt.Sprint(tier, "/", p.files[0].tier)]++
		}
	}
	for _, what := range []string{"minute/hour", "minute/ten", "minute/minute"} {
		if used[what] == 0 {
			t.Errorf("nothing was told from %s: %v", what, used)
		}
	}
	// Of the first whole hour its sums tell, of what follows those of ten minutes.
	c, _ := a.files.catalogue()
	begin := archivetest.Begin
	for _, tt := range []struct {
		name         string
		since, until time.Duration
		step         time.Duration
		want         map[archive.Tier]time.Duration
	}{
		{"an hour that is summed", 0, time.Hour, 0, map[archive.Tier]time.Duration{archive.Hour: time.Hour}},
		{"an hour and some minutes", -3 * time.Minute, 63 * time.Minute, 0, map[archive.Tier]time.Duration{archive.Hour: time.Hour, archive.Minute: 3 * time.Minute}},
		{"within an hour", 13 * time.Minute, 47 * time.Minute, 0, map[archive.Tier]time.Duration{ten: 20 * time.Minute, archive.Minute: 14 * time.Minute}},
		{"steps of ten minutes", 0, time.Hour, 10 * time.Minute, map[archive.Tier]time.Duration{ten: time.Hour}},
		{"steps that are none of ten minutes", 0, time.Hour, 4 * time.Minute, map[archive.Tier]time.Duration{archive.Minute: time.Hour}},
		{"steps between", 5 * time.Minute, 45 * time.Minute, 10 * time.Minute, map[archive.Tier]time.Duration{archive.Minute: 40 * time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[archive.Tier]time.Duration{}
			for _, p := range c.pieces(archive.Minute, archive.Question{Since: begin.Add(tt.since), Until: begin.Add(tt.until), Step: tt.step}) {
				if p.files[0].hour.Equal(begin) {
					got[p.files[0].tier] += time.Duration(p.until-p.since) * time.Microsecond
				}
			}
			for tier, want := range tt.want {
				if got[tier] < want || tier != archive.Minute && got[tier] > want {
					t.Errorf("%v are told from %s, want %v", got[tier], tier, want)
				}
			}
			for tier := range got {
				if tt.want[tier] == 0 && tier != archive.Minute {
					t.Errorf("%s tells of %v", tier, got[tier])
				}
			}
		})
	}
}

// TestATenInPart: a sum of ten minutes of which a file of minutes is only a part
// is not used, nor is one that an hour has only a part of.
func TestATenInPart(t *testing.T) {
	f := func(first, last uint64) file { return file{hour: archivetest.Begin, first: first, last: last} }
	for _, tt := range []struct {
		name    string
		ten     file
		minutes []file
		hours   []file
		used    bool
	}{
		{"whole", f(3, 5), []file{f(0, 2), f(3, 4), f(5, 5), f(6, 9)}, nil, true},
		{"a file before goes on in it", f(3, 5), []file{f(0, 3), f(4, 5)}, nil, false},
		{"a file goes on behind it", f(3, 5), []file{f(3, 4), f(5, 6)}, nil, false},
		{"its minutes are gone", f(3, 5), []file{f(0, 2), f(6, 9)}, nil, false},
		{"an hour has it", f(3, 5), []file{f(3, 5)}, []file{f(0, 9)}, true},
		{"an hour has some of it", f(3, 5), []file{f(3, 5)}, []file{f(0, 4)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := len(uncut(complete([]file{tt.ten}, tt.minutes), tt.hours)) > 0; got != tt.used {
				t.Errorf("that it is used is %t", got)
			}
		})
	}
}

func TestFilesGoTogetherByTens(t *testing.T) {
	now, dir := archivetest.Begin, t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }})
	a.many = 1
	d := archivetest.NewDice(9)
	for range 119 { // half a minute each
		flows := d.Flows(3)
		for i := range flows {
			flows[i].End, flows[i].Start = now.UnixMicro(), now.UnixMicro()
		}
		now = now.Add(30 * time.Second)
		a.Keep(flows)
		a.settled(t)
	}
	now = now.Add(time.Hour)
	a.settled(t)
	now = now.Add(reread + 1)
	a.settled(t)
	tens, _ := filepath.Glob(filepath.Join(dir, string(ten), "*", "*"))
	minutes, _ := filepath.Glob(filepath.Join(dir, string(archive.Minute), "*", "*"))
	if len(tens) != 6 || len(minutes) != 6 {
		t.Errorf("of an hour there are %d sums of ten minutes and %d files of minutes; want six of each", len(tens), len(minutes))
	}
}
