package evidence

import (
	"context"
	"fmt"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"

	"candor"
)

// Inclusion proves that a log has an entry.
type Inclusion struct {
	Index      uint64
	Leaf       Digest   // RFC 6962 hash of the entry's bytes
	Hashes     []Digest // RFC 6962, 2.1.1
	Checkpoint []byte   // signed note, of the tree that has the entry
}

// Text gives the proof in the form of C2SP tlog-proof.
func (p Inclusion) Text() []byte {
	out := proof.TLogProof{Index: p.Index, Checkpoint: p.Checkpoint}
	for _, h := range p.Hashes {
		out.Hashes = append(out.Hashes, h)
	}
	return out.Marshal()
}

// Inclusion proves that the entry at an index is in the tree of the published
// checkpoint. One that no checkpoint covers yet gives candor.ErrUnavailable
// (Await waits for it).
func (r *Reader) Inclusion(ctx context.Context, index uint64) (Inclusion, error) {
	p, err := r.prover()
	if err != nil {
		return Inclusion{}, err
	}
	return p.inclusion(ctx, index)
}

// Consistency proves that the tree of from entries is the beginning of that of
// to entries (RFC 6962, 2.1.2).
func (r *Reader) Consistency(ctx context.Context, from, to uint64) ([]Digest, error) {
	size, err := r.Size(ctx)
	if err != nil {
		return nil, err
	}
	if from > to || to > size {
		return nil, fmt.Errorf("consistency from %d to %d of %d: %w", from, to, size, candor.ErrInvalid)
	}
	builder, err := client.NewProofBuilder(ctx, size, r.files.ReadTile)
	if err != nil {
		return nil, fmt.Errorf("consistency: %w: %w", candor.ErrUnavailable, err)
	}
	return consistency(ctx, builder, from, to)
}

func consistency(ctx context.Context, builder *client.ProofBuilder, from, to uint64) ([]Digest, error) {
	if from == 0 {
		return nil, nil // everything begins with nothing
	}
	hashes, err := builder.ConsistencyProof(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("consistency: %w: %w", candor.ErrUnavailable, err)
	}
	return digests(hashes), nil
}

// prover makes proofs against one checkpoint. It is for one goroutine.
type prover struct {
	reader     *Reader
	builder    *client.ProofBuilder
	checkpoint []byte
	log.Checkpoint
}

func (r *Reader) prover() (*prover, error) {
	data, err := r.Checkpoint()
	if err != nil {
		return nil, err
	}
	c, err := parseCheckpoint(data, r.verifier)
	if err != nil {
		return nil, err
	}
	builder, err := client.NewProofBuilder(context.Background(), c.Size, r.files.ReadTile)
	return &prover{r, builder, data, c}, err
}

func (p *prover) inclusion(ctx context.Context, index uint64) (Inclusion, error) {
	data, err := p.reader.raw(ctx, index)
	if err != nil {
		return Inclusion{}, err
	}
	if index >= p.Size {
		return Inclusion{}, fmt.Errorf("no checkpoint covers entry %d yet: %w", index, candor.ErrUnavailable)
	}
	hashes, err := p.builder.InclusionProof(ctx, index)
	if err != nil {
		return Inclusion{}, fmt.Errorf("inclusion of entry %d: %w: %w", index, candor.ErrUnavailable, err)
	}
	leaf := Digest(rfc6962.DefaultHasher.HashLeaf(data))
	return Inclusion{Index: index, Leaf: leaf, Hashes: digests(hashes), Checkpoint: p.checkpoint}, nil
}

func digests(hashes [][]byte) []Digest {
	out := make([]Digest, len(hashes))
	for i, h := range hashes {
		out[i] = Digest(h)
	}
	return out
}
