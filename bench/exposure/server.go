package exposure

import (
	"fmt"
	"math/rand/v2"

	"candor/internal/inventory"
)

// binaries is how many packages a server has.
const binaries = 1000

// packagesOf are the packages of a server: of Debian, some 500 source packages, some
// of which all servers have, brought up to date to a level of its own.
func packagesOf(server int) inventory.List {
	r := rand.New(rand.NewPCG(3, uint64(server))) //nolint:gosec // the same each time
	of := releases[[]int{0, 1, 1, 1, 2}[server%5]]
	level := r.IntN(levels)
	l := inventory.List{System: "Debian GNU/Linux (" + of.name + ")"}
	add := func(rank, at int) {
		for n := range 1 + mixed(rank)%3 {
			l.Items = append(l.Items, inventory.Item{Kind: inventory.Package, Ecosystem: of.ecosystem, Name: fmt.Sprintf("%s-%d", nameOf(rank), n), Source: nameOf(rank), Version: versionOf(rank, of, at), Architecture: "amd64"})
		}
	}
	have := map[int]bool{}
	for rank := 0; len(l.Items) < binaries; rank++ {
		source := rank
		if rank >= 250 { // others have others
			source = int(float64(sources) * r.Float64() * r.Float64())
		}
		if have[source] {
			continue
		}
		have[source] = true
		at := level
		if r.IntN(5) == 0 {
			at = r.IntN(levels)
		}
		add(source, at)
		if source == 0 {
			add(source, max(0, at-1)) // the kernel before it stays
		}
	}
	return l
}

// updated is a list in which some packages were brought up to date, to versions that
// nobody else has.
func updated(l inventory.List) inventory.List {
	l.Items = append([]inventory.Item(nil), l.Items...)
	for i := range l.Items {
		if i%20 == 0 {
			l.Items[i].Version += ".1"
		}
	}
	return l
}
