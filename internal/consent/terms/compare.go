package terms

import (
	"cmp"
	"slices"

	"candor/internal/phrase"
)

// Comparison is what changed from one version of a document to another, as
// readers of one language see it.
type Comparison struct {
	Language string    `json:"language"` // of the texts
	Old      Edition   `json:"old"`
	New      Edition   `json:"new"`
	Title    []Passage `json:"title"`
	Summary  []Passage `json:"summary"`
	Clauses  []Change  `json:"clauses"` // those of the new version in its order, and where they stood those that are gone
	Reasons  []Reason  `json:"reasons,omitempty"`
	Problems []Problem `json:"problems,omitempty"` // of what the author marked and did not mark

	t        phrase.Printer
	old, new *Document
}

// Edition names a version.
type Edition struct {
	Document  string `json:"document"`
	Version   string `json:"version"`
	Effective string `json:"effective"`
	Digest    string `json:"sha256"`
}

// Change is what happened to one clause.
type Change struct {
	ID       string    `json:"id"`
	Op       Op        `json:"op"` // Kept also where its text was changed
	Moved    bool      `json:"moved,omitempty"`
	Was      int       `json:"was,omitempty"` // its number, from 1, in the old version
	Is       int       `json:"is,omitempty"`
	Heading  []Passage `json:"heading"`
	Text     []Passage `json:"text"`
	Optional bool      `json:"optional,omitempty"` // in the version in which it is last
	Before   bool      `json:"optional_before,omitempty"`
	Allows   []string  `json:"allows_now,omitempty"` // what it did not allow before
	Stops    []string  `json:"allows_no_more,omitempty"`
	Marked   bool      `json:"material,omitempty"` // by the author
	Reasons  []Reason  `json:"reasons,omitempty"`  // why it seems to matter
}

// Changed tells whether anything happened to the clause but that it moved.
func (c Change) Changed() bool {
	return c.Op != Kept || c.Optional != c.Before || len(c.Allows)+len(c.Stops) > 0 || !same(c.Heading) || !same(c.Text)
}

// Compare lays two versions over each other for readers of a language.
func Compare(old, new *Document, texts *phrase.Catalogue, language string) (*Comparison, error) {
	c := &Comparison{t: texts.For(language), old: old, new: new, Language: common(old, new, language)}
	var err error
	if c.Old, err = old.edition(); err != nil {
		return nil, err
	}
	if c.New, err = new.edition(); err != nil {
		return nil, err
	}
	c.Title = line(old.Title[c.of(old)], new.Title[c.Language])
	c.Summary = line(old.Summary[c.of(old)], new.Summary[c.Language])
	moved := moved(old, new)
	for i := range new.Clauses {
		c.Clauses = append(c.Clauses, c.clause(new.Clauses[i].ID, moved))
	}
	c.insertGone()
	c.judge()
	return c, nil
}

// common gives the language in which two versions are compared: the reader's if
// both have it, else the first that both have.
func common(old, new *Document, want string) string {
	tag := new.language(want)
	if slices.Contains(old.Languages, tag) {
		return tag
	}
	for _, t := range new.Languages {
		if slices.Contains(old.Languages, t) {
			return t
		}
	}
	return tag
}

// of gives the language in which a version is compared.
func (c *Comparison) of(d *Document) string { return d.language(c.Language) }

func (d *Document) edition() (Edition, error) {
	digest, err := d.Digest()
	return Edition{d.ID, d.Label, d.Effective, digest}, err
}

func (c *Comparison) clause(id string, moved map[string]bool) Change {
	was, i := c.old.Clause(id)
	is, k := c.new.Clause(id)
	change := Change{ID: id, Op: Kept, Moved: moved[id], Was: i + 1, Is: k + 1}
	empty := &Clause{}
	switch {
	case was == nil:
		change.Op, was = Added, empty
		change.Optional, change.Before = is.Optional, is.Optional
	case is == nil:
		change.Op, is = Taken, empty
		change.Optional, change.Before = was.Optional, was.Optional
	default:
		change.Optional, change.Before = is.Optional, was.Optional
	}
	change.Marked = is.Material
	change.Heading = line(was.Heading[c.of(c.old)], is.Heading[c.Language])
	change.Text = passages(compare(tokens(Blocks(was.Text[c.of(c.old)])), tokens(Blocks(is.Text[c.Language]))))
	change.Allows, change.Stops = without(is.Allows, was.Allows), without(was.Allows, is.Allows)
	return change
}

// without gives what is in one list and not in another.
func without(list, other []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(other, s) {
			out = append(out, s)
		}
	}
	return out
}

// insertGone puts clauses that are gone behind the one that they stood behind.
func (c *Comparison) insertGone() {
	at := 0
	for _, clause := range c.old.Clauses {
		if i := slices.IndexFunc(c.Clauses, func(x Change) bool { return x.ID == clause.ID }); i >= 0 {
			at = i + 1
			continue
		}
		c.Clauses = slices.Insert(c.Clauses, at, c.clause(clause.ID, nil))
		at++
	}
}

// moved gives the clauses that changed their place among those that are in both
// versions: the fewest that explain the new order.
func moved(old, new *Document) map[string]bool {
	var places []int // in the old version, in the order of the new one
	var ids []string
	for _, c := range new.Clauses {
		if _, i := old.Clause(c.ID); i >= 0 {
			places, ids = append(places, i), append(ids, c.ID)
		}
	}
	stay := rising(places)
	out := map[string]bool{}
	for i, id := range ids {
		if !stay[i] {
			out[id] = true
		}
	}
	return out
}

// rising marks a longest rising run among numbers, which need not be adjacent.
func rising(numbers []int) []bool {
	length, before := make([]int, len(numbers)), make([]int, len(numbers))
	best := -1
	for i, n := range numbers {
		length[i], before[i] = 1, -1
		for k := range i {
			if numbers[k] < n && length[k]+1 > length[i] {
				length[i], before[i] = length[k]+1, k
			}
		}
		if best < 0 || length[i] > length[best] {
			best = i
		}
	}
	marks := make([]bool, len(numbers))
	for i := best; i >= 0; i = before[i] {
		marks[i] = true
	}
	return marks
}

// heading names a clause for people, as it is called in the last version that
// has it.
func (c *Comparison) heading(id string) string {
	if clause, _ := c.new.Clause(id); clause != nil {
		return cmp.Or(clause.Heading[c.Language], id)
	}
	clause, _ := c.old.Clause(id)
	return cmp.Or(clause.Heading[c.of(c.old)], id)
}
