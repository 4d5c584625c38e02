package plan

import "candor/engine/internal/ir"

// Numbers gives each pattern of each rule its number in the whole set.
// Patterns that look for the same have the same number, whatever they are
// called: rules are often written from the same parts.
type Numbers struct {
	Off  []uint32 // by rule; len = rules+1
	List []uint32
}

// Of gives the numbers of the patterns of rule r.
func (n *Numbers) Of(r uint32) []uint32 { return n.List[n.Off[r]:n.Off[r+1]] }

// Number numbers the patterns of rules, and tells how many numbers there are.
func Number(rules []*ir.Rule) (Numbers, int) {
	n := Numbers{Off: []uint32{0}}
	seen := map[string]uint32{}
	var key []byte
	for _, r := range rules {
		for i := range r.Patterns {
			key = r.Patterns[i].AppendVariants(key[:0])
			id, ok := seen[string(key)]
			if !ok {
				id = uint32(len(seen))
				seen[string(key)] = id
			}
			n.List = append(n.List, id)
		}
		n.Off = append(n.Off, uint32(len(n.List)))
	}
	return n, len(seen)
}

// Valid tells whether n is a numbering of so many rules with so many numbers.
func (n *Numbers) Valid(rules, patterns int) bool {
	return offsets(n.Off, rules, len(n.List)) && below(n.List, patterns)
}
