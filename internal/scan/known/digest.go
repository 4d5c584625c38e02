package known

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"

	"github.com/zeebo/blake3"
)

// Sum is the BLAKE3 digest of a content.
type Sum [32]byte

// SumOf is the digest by which a content is known.
func SumOf(data []byte) Sum { return blake3.Sum256(data) }

// Of makes of a digest one of a file that may be written to while it is looked
// at: what is said of the one moment must not be taken for what another file
// holds.
func (s Sum) Of(device, inode uint64) Sum {
	b := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(s[:], device), inode)
	return blake3.Sum256(b)
}

// Named makes of a digest one of a content of which its name decides, too, what it
// is.
func (s Sum) Named() Sum { return s.Of(0, 0) }

const (
	// mostMet bounds the contents that a Digester remembers.
	mostMet = 1 << 16
	// metFrom is the size from which remembering is worth it.
	metFrom = 1 << 10
)

// Digester gives the digests of contents of which many are copies of others that
// it has seen. A copy costs less than half: it is known by a GMAC (NIST SP
// 800-38D) under a key that nobody else has and that tells nothing of itself,
// since no tag leaves it. Two contents that were chosen without the key have
// the same tag with a probability of their length in blocks in 2^128. The tag is
// taken of what looks like something that was there before, so that contents of
// which there are no copies cost their digest alone. It belongs to one goroutine.
type Digester struct {
	mac  cipher.AEAD
	seen map[uint64]struct{} // looks
	met  map[[16]byte]Sum
	tag  []byte
}

// NewDigester makes a Digester.
func NewDigester() *Digester {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the length of the key is right
	}
	d := &Digester{seen: map[uint64]struct{}{}, met: map[[16]byte]Sum{}}
	if d.mac, err = cipher.NewGCM(block); err != nil {
		panic(err) // and that of the block
	}
	return d
}

// Sum is SumOf. Nobody else may change data meanwhile: else what it was at one
// moment would be taken for what it was at another.
func (d *Digester) Sum(data []byte) Sum {
	if len(data) < metFrom || !d.again(data) {
		return SumOf(data)
	}
	var nonce [12]byte // the same each time: a tag is compared with others and shown to nobody
	d.tag = d.mac.Seal(d.tag[:0], nonce[:], nil, data)
	tag := [16]byte(d.tag)
	sum, ok := d.met[tag]
	if !ok {
		if len(d.met) >= mostMet {
			clear(d.met)
		}
		sum = SumOf(data)
		d.met[tag] = sum
	}
	return sum
}

// again tells whether a content looks like one before, and remembers its look.
func (d *Digester) again(data []byte) bool {
	look := uint64(len(data))
	for _, at := range [3]int{len(data) / 4, len(data) / 2, len(data) - 8} {
		look = (look ^ binary.LittleEndian.Uint64(data[at:])) * 0x9e3779b97f4a7c15
		look ^= look >> 32
	}
	if _, is := d.seen[look]; is {
		return true
	}
	if len(d.seen) >= mostMet {
		clear(d.seen)
	}
	d.seen[look] = struct{}{}
	return false
}
