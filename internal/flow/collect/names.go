package collect

import (
	"net/netip"
	"sync"
)

// names are the numbers of sources. They are never given twice.
type names struct {
	lock    sync.Mutex
	numbers map[Source]uint32 // by source with no name
	sources map[uint32]Source
	highest uint32
}

// number gives a source its number, from 1 on.
func (n *names) number(s Source) uint32 {
	n.lock.Lock()
	defer n.lock.Unlock()
	of := s
	of.Name = ""
	if known, ok := n.numbers[of]; ok {
		return known
	}
	n.highest++
	n.numbers[of], n.sources[n.highest] = n.highest, s
	return n.highest
}

func (n *names) source(number uint32) (Source, bool) {
	n.lock.Lock()
	defer n.lock.Unlock()
	s, ok := n.sources[number]
	return s, ok
}

// forget takes a number from its source.
func (n *names) forget(number uint32) {
	n.lock.Lock()
	defer n.lock.Unlock()
	s := n.sources[number]
	s.Name = ""
	delete(n.numbers, s)
	delete(n.sources, number)
}

// forgetAll takes the numbers of an exporter.
func (n *names) forgetAll(a netip.Addr) {
	n.lock.Lock()
	defer n.lock.Unlock()
	for s, number := range n.numbers {
		if s.Exporter == a {
			delete(n.numbers, s)
			delete(n.sources, number)
		}
	}
}
