package receipt

import (
	"fmt"
	"slices"

	"candor"
)

// Fault is what is wrong with one of several receipts.
type Fault struct {
	Index int // of the receipt
	Err   error
}

// Chains holds receipts against each other, in whatever order they come. One
// that was seen before is replayed (candor.ErrExists). Those of one party about
// one document must be one unbroken chain (candor.ErrChanged): one of them may
// have a predecessor that is not among them, where the chain begins earlier; no
// two have the same; and none tells of an event before that of its predecessor.
func Chains(all []*Signed) []Fault {
	var faults []Fault
	first := map[candor.ID]int{}
	chains := map[chain][]int{}
	for i, v := range all {
		if before, ok := first[v.ID]; ok {
			faults = append(faults, Fault{i, fmt.Errorf("receipt %s was shown before, as number %d: %w", v.ID, before+1, candor.ErrExists)})
			continue
		}
		first[v.ID] = i
		c := chain{v.Issuer, v.Principal, v.Agreement.Document}
		chains[c] = append(chains[c], i)
	}
	for _, members := range chains {
		faults = append(faults, chained(all, members)...)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Index - b.Index })
	return faults
}

// chain is what the receipts of a chain have in common.
type chain struct{ issuer, principal, document string }

// chained checks the receipts of one chain.
func chained(all []*Signed, members []int) (faults []Fault) {
	wrong := func(i int, format string, args ...any) {
		faults = append(faults, Fault{i, fmt.Errorf("receipt %s "+format+": %w", append(append([]any{all[i].ID}, args...), candor.ErrChanged)...)})
	}
	digests := map[string]int{}
	for _, i := range members {
		digests[all[i].Digest] = i
	}
	begin := beginning(all, members, digests)
	follows := map[string]int{} // by the digest of the predecessor
	for _, i := range members {
		r := all[i]
		before, there := digests[r.Previous]
		other, forked := follows[r.Previous]
		switch {
		case r.Previous != "" && forked:
			wrong(i, "follows the same one as %s", all[other].ID)
		case there && r.Event.At.Before(all[before].Event.At):
			wrong(i, "follows %s, but tells of what was before", all[before].ID)
		case !there && i != begin && r.Previous == "":
			wrong(i, "follows none, as %s does", all[begin].ID)
		case !there && i != begin:
			wrong(i, "follows one that is missing, though %s comes before", all[begin].ID)
		}
		follows[r.Previous] = i
	}
	return faults
}

// beginning gives the one that may have no predecessor among the members: one
// that follows none, or else the earliest whose predecessor is not there.
func beginning(all []*Signed, members []int, digests map[string]int) int {
	begin := -1
	for _, i := range members {
		r := all[i]
		if _, there := digests[r.Previous]; there {
			continue
		}
		if begin < 0 || all[begin].Previous != "" && (r.Previous == "" || r.Event.At.Before(all[begin].Event.At)) {
			begin = i
		}
	}
	return begin
}
