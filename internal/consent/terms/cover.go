package terms

import (
	"slices"
	"strings"

	"candor/internal/x1207"
)

// Coverage says which clause carries which requirement of X.1207.
type Coverage struct {
	Rows    []Row `json:"rows"`    // in the order of the Recommendation
	Covered int   `json:"covered"` // of the expected ones
	Asked   int   `json:"expected"`
}

// Row is a requirement with the clauses that serve it.
type Row struct {
	Requirement string     `json:"requirement"`
	Expected    bool       `json:"expected"` // terms are where it belongs
	State       State      `json:"state"`
	Clauses     []Carriage `json:"clauses,omitempty"` // in the order of the documents
}

// State says how far a requirement is carried.
type State string

// The states.
const (
	Covered  State = "covered"
	ByChoice State = "by choice" // only for who says yes to an optional clause
	Missing  State = "missing"
)

// Carriage is a clause that serves a requirement.
type Carriage struct {
	Document string `json:"document"`
	Version  string `json:"version"`
	Clause   string `json:"clause"`
	Optional bool   `json:"optional,omitempty"`
}

// Expected gives the requirements that belong into terms: all of 11.2, and of
// the rest what is between a provider and a party rather than the provider's own
// work.
func Expected() []string {
	return strings.Fields(`1.1h 1.2a 1.2b 1.2c 1.2e 1.3d 1.3e 1.4a 1.4b
		2.1a 2.1b 2.1c 2.1d 2.2a-i 2.2a-ii 2.2a-iii 2.2a-iv 2.2a-v 2.2b 2.2c 2.2d 2.2e 2.2f 2.2g
		3.1a 3.2a 3.2b 3.2d 3.2e`)
}

// Cover tells which clauses of documents serve which requirement. There is a row
// for each requirement that is expected or served.
func Cover(docs []*Document) Coverage {
	var c Coverage
	for _, id := range x1207.IDs() {
		row := Row{Requirement: id, Expected: slices.Contains(Expected(), id), State: Missing}
		for _, d := range docs {
			for _, clause := range d.Clauses {
				if slices.Contains(clause.Serves, id) {
					row.add(Carriage{d.ID, d.Label, clause.ID, clause.Optional})
				}
			}
		}
		if !row.Expected && len(row.Clauses) == 0 {
			continue
		}
		if row.Expected {
			c.Asked++
			if row.State != Missing {
				c.Covered++
			}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func (r *Row) add(c Carriage) {
	r.Clauses = append(r.Clauses, c)
	switch {
	case !c.Optional:
		r.State = Covered
	case r.State == Missing:
		r.State = ByChoice
	}
}

// Whole tells whether each expected requirement is carried, be it by choice.
func (c Coverage) Whole() bool {
	return !slices.ContainsFunc(c.Rows, func(r Row) bool { return r.Expected && r.State == Missing })
}
