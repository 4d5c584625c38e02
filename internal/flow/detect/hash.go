package detect

import (
	"encoding/binary"
	"math"
	"math/bits"

	"candor/internal/flow"
)

// mix spreads what it is given over 64 bits (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// hashAddr hashes an address with a seed, so that nobody outside can choose
// addresses that fall together.
func hashAddr(a *flow.Addr, seed uint64) uint64 {
	return mix(mix(binary.LittleEndian.Uint64(a[:8])^seed) ^ binary.LittleEndian.Uint64(a[8:]))
}

// network hashes the part of an address by which services are known, since
// they have many: the first 24 bits of IPv4, 48 of IPv6.
func network(a *flow.Addr, seed uint64) uint64 {
	n := *a
	if n.Is4() {
		n[15] = 0
	} else {
		clear(n[6:])
	}
	return hashAddr(&n, seed)
}

func zeros(words []uint64) int {
	n := 0
	for _, w := range words {
		n += 64 - bits.OnesCount64(w)
	}
	return n
}

// linear estimates how many hashes were put into a set of size bits of which
// some are still zero.
func linear(size, zero int) float64 {
	return float64(size) * math.Log(float64(size)/max(float64(zero), 0.5))
}
