package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"

	"candor"
)

const width = layout.EntryBundleWidth

// sweep computes the tree of a log anew, bundle after bundle of 256 entries.
// The bundles are read by all processors and joined in order.
type sweep struct {
	files
	size      uint64
	marks     []uint64 // sizes of smaller trees whose roots are wanted too
	wantBlobs bool

	factory compact.RangeFactory // one for all: only its ranges can be joined

	// What came out. A root that could not be computed is missing.
	roots   map[uint64][]byte
	entries troubles
	tiles   troubles
	blobs   map[Digest]uint64 // to the first entry that names it
	erased  map[Digest]struct{}
}

// part is what one bundle comes to.
type part struct {
	ranges  []*compact.Range // in order; they end at marks
	node    *Digest          // the root of a full bundle
	entries troubles
	tiles   troubles
	blobs   map[Digest]uint64
	erased  map[Digest]struct{}
	lost    bool  // neither entries nor hashes are there
	err     error // of the machine
}

func (s *sweep) run(ctx context.Context) error {
	s.roots = map[uint64][]byte{0: rfc6962.DefaultHasher.EmptyRoot()}
	s.blobs, s.erased = map[Digest]uint64{}, map[Digest]struct{}{}
	s.factory.Hash = rfc6962.DefaultHasher.HashChildren
	s.marks = append(s.marks, s.size)
	slices.Sort(s.marks)
	tree := s.factory.NewEmptyRange(0)
	var nodes []Digest
	for p := range s.parts(ctx) {
		if p.err != nil {
			return p.err
		}
		s.entries.join(p.entries)
		s.tiles.join(p.tiles)
		if p.lost {
			return nil // no root beyond this place
		}
		if err := s.join(tree, p); err != nil {
			return err
		}
		if p.node != nil {
			nodes = append(nodes, *p.node)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.checkUpper(ctx, nodes)
}

// parts gives the parts in order, read ahead by as many as there are
// processors.
func (s *sweep) parts(ctx context.Context) func(yield func(*part) bool) {
	return func(yield func(*part) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ahead := make(chan chan *part, 4*runtime.GOMAXPROCS(0))
		tokens := make(chan struct{}, runtime.GOMAXPROCS(0))
		go func() {
			defer close(ahead)
			for i := uint64(0); i*width < s.size; i++ {
				answer := make(chan *part, 1)
				select {
				case ahead <- answer:
				case <-ctx.Done():
					return
				}
				tokens <- struct{}{} // never waits for long: a worker always ends
				go func() {
					answer <- s.part(ctx, i)
					<-tokens
				}()
			}
		}()
		for answer := range ahead {
			if !yield(<-answer) {
				return
			}
		}
	}
}

// join appends a part to the tree and notes the roots at the marks.
func (s *sweep) join(tree *compact.Range, p *part) error {
	for _, r := range p.ranges {
		if err := tree.AppendRange(r, nil); err != nil {
			return fmt.Errorf("join the tree: %w", err)
		}
		if _, marked := slices.BinarySearch(s.marks, tree.End()); !marked {
			continue
		}
		root, err := tree.GetRootHash(nil)
		if err != nil {
			return fmt.Errorf("root of %d entries: %w", tree.End(), err)
		}
		s.roots[tree.End()] = root
	}
	for d, index := range p.blobs {
		if _, has := s.blobs[d]; !has {
			s.blobs[d] = index
		}
	}
	for d := range p.erased {
		s.erased[d] = struct{}{}
	}
	return nil
}

// part reads one bundle and its tile of hashes.
func (s *sweep) part(ctx context.Context, bundle uint64) *part {
	p := &part{blobs: map[Digest]uint64{}, erased: map[Digest]struct{}{}}
	first := bundle * width
	count := min(width, s.size-first)
	raw, err := s.files.entries(ctx, bundle, s.size)
	switch {
	case err != nil && !tampered(err):
		p.err = err
		return p
	case errors.Is(err, candor.ErrNotFound):
		p.entries.add("entries %d to %d are missing", first, first+count-1)
	case err != nil:
		p.entries.add("entries %d to %d: %v", first, first+count-1, err)
	}
	stored, err := s.tile(ctx, 0, bundle, count)
	if err != nil {
		p.err = err
		return p
	}
	leaves := s.leaves(p, first, raw, stored)
	if uint64(len(leaves)) < count { // go on with the hashes, to see what else is wrong
		leaves = stored
	}
	if uint64(len(leaves)) < count {
		p.lost = true
		return p
	}
	p.err = s.hash(p, first, leaves)
	return p
}

// leaves hashes entries and compares them with the tile.
func (s *sweep) leaves(p *part, first uint64, raw [][]byte, stored []Digest) []Digest {
	if stored == nil {
		p.tiles.add("the hashes of the entries from %d on are missing", first)
	}
	leaves := make([]Digest, len(raw))
	h := sha256.New()
	for i, data := range raw {
		index := first + uint64(i)
		h.Reset()
		h.Write([]byte{rfc6962.RFC6962LeafHashPrefix})
		h.Write(data)
		h.Sum(leaves[i][:0])
		if stored != nil && leaves[i] != stored[i] {
			p.entries.add("entry %d does not have the hash that the log stores for it", index)
		}
		e, err := parseEntry(data)
		if err != nil {
			p.entries.add("entry %d: %v", index, err)
			continue
		}
		s.note(p, index, &e)
	}
	return leaves
}

// note keeps in mind the blobs of an entry.
func (s *sweep) note(p *part, index uint64, e *Entry) {
	if !s.wantBlobs {
		return
	}
	for _, d := range e.Blobs {
		if e.Kind == candor.RecordErasure {
			p.erased[d] = struct{}{}
		} else if _, has := p.blobs[d]; !has {
			p.blobs[d] = index
		}
	}
}

// hash makes ranges of the leaves, which end at marks.
func (s *sweep) hash(p *part, first uint64, leaves []Digest) (err error) {
	end := first + uint64(len(leaves))
	if len(leaves) == width {
		p.node = rootOf(slices.Clone(leaves))
	}
	for from := first; from < end; {
		to := end
		if at, _ := slices.BinarySearch(s.marks, from+1); at < len(s.marks) {
			to = min(end, s.marks[at])
		}
		r := s.factory.NewEmptyRange(from)
		if to-from == width {
			r, err = s.factory.NewRange(from, to, [][]byte{p.node[:]})
		} else {
			err = appendLeaves(r, leaves[from-first:to-first])
		}
		if err != nil {
			return fmt.Errorf("hash entries from %d on: %w", from, err)
		}
		p.ranges = append(p.ranges, r)
		from = to
	}
	return nil
}

func appendLeaves(r *compact.Range, leaves []Digest) error {
	for i := range leaves {
		if err := r.Append(leaves[i][:], nil); err != nil {
			return err
		}
	}
	return nil
}

// rootOf gives the root of a full tree over hashes, whose number is a power of
// two. It overwrites them.
func rootOf(level []Digest) *Digest {
	var both [1 + 2*sha256.Size]byte
	both[0] = rfc6962.RFC6962NodeHashPrefix
	for len(level) > 1 {
		for i := range len(level) / 2 {
			copy(both[1:], level[2*i][:])
			copy(both[1+sha256.Size:], level[2*i+1][:])
			level[i] = sha256.Sum256(both[:])
		}
		level = level[:len(level)/2]
	}
	return &level[0]
}

// tile reads the first count hashes of a tile, nil if they are not there.
func (s *sweep) tile(ctx context.Context, level, index, count uint64) ([]Digest, error) {
	data, err := s.ReadTile(ctx, level, index, layout.PartialTileSize(level, index, s.size))
	if err != nil && !tampered(err) {
		return nil, err
	}
	if len(data)%sha256.Size != 0 || uint64(len(data)) < count*sha256.Size { // also if there was none
		return nil, nil
	}
	out := make([]Digest, count)
	for i := range out {
		copy(out[i][:], data[i*sha256.Size:])
	}
	return out, nil
}

// checkUpper compares the tiles above those of entries, level after level.
func (s *sweep) checkUpper(ctx context.Context, nodes []Digest) error {
	for level := uint64(1); len(nodes) > 0; level++ {
		var above []Digest
		for index := uint64(0); len(nodes) > 0; index++ {
			n := min(width, len(nodes))
			stored, err := s.tile(ctx, level, index, uint64(n))
			if err != nil {
				return err
			}
			if !slices.Equal(stored, nodes[:n]) {
				p := layout.TilePath(level, index, layout.PartialTileSize(level, index, s.size))
				s.tiles.add("the file %s is missing or has other hashes", p)
			}
			if n == width {
				above = append(above, *rootOf(slices.Clone(nodes[:n])))
			}
			nodes = nodes[n:]
		}
		nodes = above
	}
	return nil
}
