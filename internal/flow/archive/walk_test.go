package archive_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// shelf has flows, the newest first, and refuses questions of too much.
type shelf struct {
	archive.Reader
	all   []archive.Flow
	most  time.Duration // of a question; 0 for any
	parts int
	asked time.Duration // by all questions together
}

func (s *shelf) Part(_ context.Context, q archive.Question, skip, most int) ([]archive.Flow, error) {
	if s.most > 0 && q.Until.Sub(q.Since) > s.most {
		return nil, archive.ErrTooMuch
	}
	s.parts++
	s.asked += q.Until.Sub(q.Since)
	first, _ := slices.BinarySearchFunc(s.all, flow.Time(q.Until), func(f archive.Flow, end int64) int {
		if f.End >= end {
			return -1
		}
		return 1
	})
	var out []archive.Flow
	for _, f := range s.all[min(len(s.all), first+skip):] {
		if f.End < flow.Time(q.Since) || len(out) == min(most, archive.MaxPart) {
			break
		}
		out = append(out, f)
	}
	return out, nil
}

func numbered(ends []int64) (all []archive.Flow) {
	slices.Sort(ends)
	slices.Reverse(ends)
	for i, end := range ends {
		all = append(all, archive.Flow{Record: flow.Record{End: end, Bytes: uint64(i)}})
	}
	return all
}

// TestWalk: each flow comes once, the newest first, however many ended at one
// moment and however far apart they are; no more than asked for; and what is
// asked of at a time becomes less where it is too much.
func TestWalk(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	dice := rand.New(rand.NewPCG(1, 2))
	at := func(ago time.Duration) int64 { return flow.Time(now.Add(-ago)) }
	var crowd, dense, sparse []int64
	for i := range 35_000 {
		crowd = append(crowd, at(time.Duration(1+i%2)*time.Minute))
		dense = append(dense, at(time.Duration(1+dice.Int64N(int64(40*time.Second)))))
		sparse = append(sparse, at(time.Duration(1+dice.Int64N(int64(7*24*time.Hour)))))
	}
	for name, tt := range map[string]struct {
		ends  []int64
		most  int
		limit time.Duration
	}{
		"at one moment": {crowd, 1_000_000, 0}, "in a moment": {dense, 1_000_000, 0}, "in a week": {sparse, 1_000_000, 0}, "none": {nil, 10, 0},
		"cut within a part": {dense, 12_345, 0}, "cut at its end": {dense, archive.MaxPart, 0}, "all, just": {dense, 35_000, 0}, "one": {sparse, 1, 0}, "in pieces": {sparse, 1_000_000, 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{all: numbered(tt.ends), most: tt.limit}
			w, err := archive.NewWalk(s, archive.Question{Since: now.Add(-7 * 24 * time.Hour), Until: now, Limit: 5}, tt.most)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for {
				part, err := w.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(part) == 0 {
					break
				}
				for _, f := range part {
					if f.Bytes != uint64(n) {
						t.Fatalf("flow %d comes as number %d", f.Bytes, n)
					}
					n++
				}
			}
			if n != min(len(tt.ends), tt.most) || w.More() != (len(tt.ends) > tt.most) {
				t.Errorf("%d of %d flows, more: %v", n, len(tt.ends), w.More())
			}
			if name == "in a moment" && s.asked > 8*24*time.Hour { // each once, and a little more
				t.Errorf("%s were asked of in %d parts", s.asked, s.parts)
			}
		})
	}
	if _, err := archive.NewWalk(&shelf{}, archive.Question{Since: now, Until: now}, 1); err == nil {
		t.Error("no time can be walked")
	}
	never := &shelf{most: time.Nanosecond}
	w, err := archive.NewWalk(never, archive.Question{Since: now.Add(-time.Hour), Until: now}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Next(t.Context()); !errors.Is(err, archive.ErrTooMuch) {
		t.Errorf("what is too much however little gives %v", err)
	}
}

var _ archive.Reader = (*shelf)(nil)
