package consent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"candor"
)

// manyStore has parties that agreed to one version and then to the next.
type manyStore struct{ versions map[candor.ID]*Version }

func (s manyStore) History(_ context.Context, party candor.ID) ([]Event, map[candor.ID]*Version, error) {
	at := time.Unix(1_700_000_000, 0)
	return []Event{{ID: party + "a", Party: party, Version: "1", Act: Agreed, Clauses: []string{"isolation"}, At: at},
		{ID: party + "b", Party: party, Version: "2", Act: Agreed, Clauses: []string{"isolation"}, At: at.Add(time.Hour)}}, s.versions, nil
}

func (manyStore) Changes(context.Context, int64) (Changes, error) { return Changes{Mark: 1}, nil }

// BenchmarkBasisCold asks about random parties out of 10,000 whose accounts are in
// memory. Between two asks something else has the processor's cache, as on a node
// that does other things too; what an ask takes alone is
// told, with its looks at the clock; beside other programs the lowest tenth (p10) is
// what compares.
func BenchmarkBasisCold(b *testing.B) {
	v := func(id candor.ID, from int64) *Version {
		return &Version{ID: id, Document: "hosting-terms", Label: string(id), Effective: time.Unix(from, 0),
			Clauses: []Clause{{ID: "measures", Allows: []string{"notify", "quarantine"}}, {ID: "isolation", Optional: true, Allows: []string{"isolate"}}}}
	}
	r := NewRegister(manyStore{map[candor.ID]*Version{"1": v("1", 1_600_000_000), "2": v("2", 1_650_000_000)}}, time.Now)
	parties := make([]candor.ID, 10_000)
	refresh := func() {
		if err := r.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	refresh()
	for i := range parties {
		parties[i] = candor.ID(fmt.Sprintf("0190a000-0000-7000-8000-%012x", i))
		if _, err := r.Basis(b.Context(), parties[i], "isolate", time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	other, sum := make([]byte, 32<<20), byte(0)
	random := rand.New(rand.NewPCG(1, 2))
	var alone []time.Duration
	for b.Loop() {
		for i := 0; i < len(other); i += 64 {
			sum += other[i]
		}
		refresh()
		id := candor.ID([]byte(parties[random.IntN(len(parties))])) // its text is another's
		begin := time.Now()
		_, err := r.Basis(b.Context(), id, "isolate", time.Now())
		alone = append(alone, time.Since(begin))
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(alone)
	b.ReportMetric(float64(alone[len(alone)/10]), "alone-p10-ns")
	b.ReportMetric(float64(alone[len(alone)/2]), "alone-ns")
	b.ReportMetric(float64(alone[len(alone)*99/100]), "alone-p99-ns")
	_ = sum
}
