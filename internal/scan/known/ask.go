package known

import (
	"runtime"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"candor/engine"
	"candor/internal/scan/index"
)

// queryOf gives what asks for the rules of some fingerprints.
func queryOf(rules *engine.Rules, of map[engine.Fingerprint]bool) (*index.Query, error) {
	formulas, err := rules.Formulas(func(f engine.Fingerprint) bool { return of[f] })
	if err != nil {
		return nil, err
	}
	var wanted []index.Asked
	all := rules.All()
	for i, f := range rules.Fingerprints() {
		if of[f] {
			wanted = append(wanted, index.Asked{Formula: formulas[i], Words: all[i].Language == "clamav"})
		}
	}
	return index.NewQuery(wanted), nil
}

// candidates gives the contents that may match, and whether something may lie
// inside them.
func (v *revisit) candidates(q *index.Query) (map[uint32]bool, error) {
	all := map[uint32]bool{}
	err := v.store.db.View(func(tx *bbolt.Tx) error {
		said := v.ask(q, tx)
		return tx.Bucket(bucketContents).ForEach(func(k, _ []byte) error {
			v.done.Contents++
			if is := said[toNumber(k)]; is != ruledOut {
				all[toNumber(k)] = is != whole
			}
			return v.ctx.Err()
		})
	})
	v.done.Candidates = len(all)
	return all, err
}

// What an index says of a content. What it does not tell of is a candidate.
const (
	ruledOut = 1 + iota
	whole    // it is a candidate, but nothing lies inside
)

// ask asks the index, a shard or a batch a processor at a time. What of it cannot
// be read rules nothing out.
func (v *revisit) ask(q *index.Query, tx *bbolt.Tx) map[uint32]int {
	shards, fresh := valuesOf(tx.Bucket(bucketShards)), valuesOf(tx.Bucket(bucketFresh))
	said := map[uint32]int{}
	var lock sync.Mutex
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1) - 1); i < len(shards)+len(fresh) && v.ctx.Err() == nil; i = int(next.Add(1) - 1) {
				var some []saying
				if i < len(shards) {
					some = askShard(q, shards[i])
				} else {
					some = askBatch(q, fresh[i-len(shards)])
				}
				lock.Lock()
				for _, x := range some {
					said[x.number] = x.is
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	return said
}

// saying is what an index says of a content.
type saying struct {
	number uint32
	is     int
}

func askShard(q *index.Query, b []byte) (out []saying) {
	s, err := index.Open(b)
	if err != nil {
		return nil
	}
	possible := s.Candidates(q)
	for i := range s.Len() {
		if len(possible) == 0 || possible[0] != i {
			out = append(out, saying{s.Number(i), ruledOut})
			continue
		}
		if possible = possible[1:]; !s.Parts(i) {
			out = append(out, saying{s.Number(i), whole})
		}
	}
	return out
}

func askBatch(q *index.Query, b []byte) (out []saying) {
	_ = each(b, func(n uint32, s index.Sketch) {
		switch {
		case !q.Possible(s):
			out = append(out, saying{n, ruledOut})
		case !s.Parts:
			out = append(out, saying{n, whole})
		}
	})
	return out
}

// valuesOf gives the values of a bucket, valid as long as its transaction.
func valuesOf(b *bbolt.Bucket) (all [][]byte) {
	_ = b.ForEach(func(_, v []byte) error { all = append(all, v); return nil }) // it has no error of its own
	return all
}
