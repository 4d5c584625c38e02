package simulate

import (
	"slices"

	"candor/internal/flow"
)

// slice is what is made at once: records in the order of their ends.
type slice struct {
	from, to int64
	records  []flow.Record
	keys     []uint64 // end, shard and place of each record
	spare    []uint64
}

// Parts of a key.
const (
	placeBits = 24
	shardBits = 8
	endShift  = placeBits + shardBits
)

// gather puts the records of all shards in the order of their ends; of those
// that end together that of the lower line comes first.
func (s *slice) gather(shards []*shard) {
	s.keys = s.keys[:0]
	for i, sh := range shards {
		for j := range sh.ready {
			if end := sh.ready[j].End; end < s.to {
				s.keys = append(s.keys, uint64(end-s.from)<<endShift|uint64(i)<<placeBits|uint64(j))
			}
		}
	}
	s.sort()
	s.records = slices.Grow(s.records[:0], len(s.keys))[:len(s.keys)]
	for i, k := range s.keys {
		s.records[i] = shards[k>>placeBits&(1<<shardBits-1)].ready[k&(1<<placeBits-1)]
	}
}

// sort sorts the keys by their ends, digit by digit from the last on; they are in
// the order of shards and places already.
func (s *slice) sort() {
	if len(s.keys) < 300 {
		slices.Sort(s.keys)
		return
	}
	const digit = 11
	s.spare = slices.Grow(s.spare[:0], len(s.keys))[:len(s.keys)]
	for shift := endShift; uint64(s.to-s.from)<<endShift>>shift > 0; shift += digit {
		var at [1 << digit]int
		for _, k := range s.keys {
			at[k>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, n := range at {
			at[i] = sum
			sum += n
		}
		for _, k := range s.keys {
			d := k >> shift & (1<<digit - 1)
			s.spare[at[d]] = k
			at[d]++
		}
		s.keys, s.spare = s.spare, s.keys
	}
}
