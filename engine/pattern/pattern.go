// Package pattern is the one notation for byte patterns that every definition
// language of the engine is lowered to: plain text, hex strings with
// wildcards and jumps, regular expressions and ClamAV bodies alike.
//
// A pattern is a tree of Node. It says which byte sequences belong to it and
// nothing about how they are searched: package gram derives what must be
// present for a match to be possible, package automaton finds the matches.
package pattern

// Op tells what a Node is.
type Op uint8

const (
	Empty          Op = iota // matches the empty sequence
	Bytes                    // exactly Lit
	Class                    // one byte out of Set
	Concat                   // Sub, one after another
	Alternate                // one of Sub
	Repeat                   // Sub[0], Min to Max times; Max Unbounded for no upper bound
	Begin                    // zero width: offset 0 of the data
	End                      // zero width: the end of the data
	WordBoundary             // zero width: \b
	NoWordBoundary           // zero width: \B
	LineBegin                // zero width: offset 0 or after "\n"
	LineEnd                  // zero width: the end of the data or before "\n"
)

// Unbounded is the Max of a Repeat without an upper bound.
const Unbounded = -1

// Node is one node of a pattern. A Node is not changed once it is built, so
// trees may share nodes and be read from several goroutines.
type Node struct {
	Op       Op
	Lit      []byte  // Bytes; never empty
	Set      *Set    // Class; never empty
	Sub      []*Node // Concat, Alternate, Repeat
	Min, Max int     // Repeat
	Lazy     bool    // Repeat: prefers few
	Wide     bool    // WordBoundary, NoWordBoundary: characters are two bytes, the second of them zero
}

// Set is a set of byte values.
type Set [4]uint64

// Add puts b into the set.
func (s *Set) Add(b byte) { s[b>>6] |= 1 << (b & 63) }

// AddRange puts lo to hi, both included, into the set.
func (s *Set) AddRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		s.Add(byte(c))
	}
}

// Has tells whether b is in the set.
func (s *Set) Has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Negate turns the set into its complement.
func (s *Set) Negate() {
	for i := range s {
		s[i] = ^s[i]
	}
}
