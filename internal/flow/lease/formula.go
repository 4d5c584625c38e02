package lease

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"candor/internal/flow"
)

// Formula is how a translator gives out ports without telling of it
// (deterministic NAT, RFC 7422): the inner addresses, in order, get one block of
// ports each, the first blocks of the first outer address and so on. Only
// addresses of IPv4.
type Formula struct {
	Inner netip.Prefix
	Outer netip.Prefix
	Ports Ports // of each outer address that are given out
	Block int   // ports of each inner address
}

// check tells what is wrong with a formula.
func (f Formula) check() error {
	if !f.Inner.IsValid() || !f.Outer.IsValid() || !f.Inner.Addr().Is4() || !f.Outer.Addr().Is4() {
		return errors.New("a formula needs inner and outer prefixes of IPv4")
	}
	if f.Ports.Low > f.Ports.High || f.Block < 1 || f.Block > int(f.Ports.High)-int(f.Ports.Low)+1 {
		return fmt.Errorf("a formula cannot take blocks of %d from %s", f.Block, f.Ports)
	}
	inner, outer := uint64(1)<<(32-f.Inner.Bits()), uint64(1)<<(32-f.Outer.Bits())
	if f.each()*outer < inner {
		return fmt.Errorf("a formula has %d blocks for %d inner addresses", f.each()*outer, inner)
	}
	return nil
}

// each is how many blocks an outer address has.
func (f Formula) each() uint64 {
	return uint64((int(f.Ports.High) - int(f.Ports.Low) + 1) / f.Block)
}

// SetFormulas says which translators give out ports by formula, in place of what
// it was told before. What they give out counts as held by whoever holds the
// inner address.
func (t *Table) SetFormulas(all []Formula) error {
	list := make([]Formula, 0, len(all))
	for _, f := range all {
		if err := f.check(); err != nil {
			return err
		}
		f.Inner, f.Outer = f.Inner.Masked(), f.Outer.Masked()
		list = append(list, f)
	}
	if len(list) == 0 {
		t.formulas.Store(nil)
		return nil
	}
	t.formulas.Store(&list)
	return nil
}

// byFormula gives the inner address of an outer one, if a formula has it.
func byFormula(all []Formula, a flow.Addr, port uint16) (inner flow.Addr, ok bool) {
	if !a.Is4() {
		return inner, false
	}
	outer := binary.BigEndian.Uint32(a[12:])
	for i := range all {
		if inner, ok := all[i].inner(outer, port); ok {
			return flow.V4(inner), true
		}
	}
	return inner, false
}

// inner turns the formula round.
func (f *Formula) inner(outer uint32, port uint16) (uint32, bool) {
	first := number(f.Outer)
	if outer < first || uint64(outer-first) >= uint64(1)<<(32-f.Outer.Bits()) || port < f.Ports.Low || port > f.Ports.High {
		return 0, false
	}
	of := uint64(int(port)-int(f.Ports.Low)) / uint64(f.Block)
	if of >= f.each() {
		return 0, false // what is left over at the end
	}
	at := uint64(outer-first)*f.each() + of
	if at >= uint64(1)<<(32-f.Inner.Bits()) {
		return 0, false
	}
	return number(f.Inner) + uint32(at), true
}

// number is the first address of a prefix.
func number(p netip.Prefix) uint32 {
	b := p.Addr().As4()
	return binary.BigEndian.Uint32(b[:])
}
