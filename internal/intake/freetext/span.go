package freetext

import (
	"net/netip"
	"slices"

	"candor/internal/intake"
	"candor/internal/regex"
)

// through stands between the first and the last address of a network.
var through = regex.Of(`(?i)^\s{0,3}(?:-{1,2}|–|—|~|\.{2,3}|to|bis|through|thru|à|al?|до|по|do|至|到|から)\s{0,3}$`)

// spans makes one network of the first and the last address of one, as registries and
// people write them: "192.0.2.0 - 192.0.2.255".
func (d *document) spans(l *line) {
	for i := 0; i+1 < len(l.names); i++ {
		a, b := l.names[i], l.names[i+1]
		if a.kind != intake.Address || b.kind != intake.Address || a.within || b.within || a.port != 0 || b.port != 0 || a.end > b.start || b.start > len(l.text) || b.start-a.end > 12 || !through.MatchString(l.text[a.end:b.start]) {
			continue
		}
		if p, ok := network(a.value, b.value); ok {
			a.kind, a.value, a.end = intake.Network, p.String(), b.end
			l.names = slices.Delete(l.names, i+1, i+2)
		}
	}
}

// network is the one that has these as its first and last address.
func network(first, last string) (netip.Prefix, bool) {
	a, err := netip.ParseAddr(first)
	b, err2 := netip.ParseAddr(last)
	if err != nil || err2 != nil || a.BitLen() != b.BitLen() || a.Compare(b) >= 0 {
		return netip.Prefix{}, false
	}
	x, y := a.AsSlice(), b.AsSlice()
	bits := 0
	for bits < a.BitLen() && x[bits/8]>>(7-bits%8)&1 == y[bits/8]>>(7-bits%8)&1 {
		bits++
	}
	for i := bits; i < a.BitLen(); i++ {
		if x[i/8]>>(7-i%8)&1 != 0 || y[i/8]>>(7-i%8)&1 != 1 {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(a, bits), bits >= 8
}
