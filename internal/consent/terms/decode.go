package terms

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"

	"candor/internal/phrase"
	"candor/internal/x1207"
)

// Decode reads a version strictly: each thing that the format forbids is a
// problem, with a pointer to where it is and its line, and there is no document
// then. It reads the canonical form too. It is safe for hostile input: size,
// depth and lengths are bounded.
func Decode(data []byte) (*Document, []Problem) {
	d, r := decode(data)
	return d, r.problems
}

// Check is Decode and Validate. The document is there even if Validate found
// faults: it can be shown, but nobody should be asked to agree to it.
func Check(data []byte) (*Document, []Problem) {
	d, r := decode(data)
	if d == nil {
		return nil, r.problems
	}
	problems := d.Validate()
	for i, p := range problems {
		problems[i].Line = r.lineAt(p.Pointer)
	}
	return d, append(r.problems, problems...)
}

func decode(data []byte) (*Document, *reader) {
	r := &reader{lines: map[string]int{}}
	root := tree(data, &r.report)
	if root == nil {
		return nil, r
	}
	d := &Document{}
	r.document(root, d)
	if Faulty(r.problems) {
		return nil, r
	}
	return d, r
}

func (r *reader) document(n *yaml.Node, d *Document) {
	r.object(n, "",
		member{"schema", true, r.word(&d.Schema, Schema)},
		member{"document", true, r.form(&d.ID, "id")},
		member{"kind", true, r.word((*string)(&d.Kind), kindWords()...)},
		member{"version", true, r.form(&d.Label, "version")},
		member{"effective", true, r.moment(&d.Effective)},
		member{"replaces", false, r.form(&d.Replaces, "sha256")},
		member{"material", false, r.flag(&d.Material)},
		member{"languages", true, r.tags(&d.Languages)},
		member{"age", false, r.age(&d.Age)},
		member{"provider", true, r.provider(&d.Provider)},
		member{"title", true, r.texts(&d.Title, 120, false)},
		member{"summary", true, r.texts(&d.Summary, 1000, false)},
		member{"clauses", true, r.clauses(&d.Clauses)})
}

func kindWords() (words []string) {
	for _, k := range Kinds() {
		words = append(words, string(k))
	}
	return words
}

func (r *reader) provider(p *Provider) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		r.object(n, at,
			member{"name", true, func(n *yaml.Node, at string) { p.Name = r.line1(n, at, 120) }},
			member{"contact", true, r.form(&p.Contact, "contact")})
	}
}

func (r *reader) clauses(all *[]Clause) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		seen := map[string]bool{}
		r.list(n, at, 1, 100, func(n *yaml.Node, at string) {
			var c Clause
			r.clause(n, at, &c)
			if seen[c.ID] && c.ID != "" {
				r.wrong(n, at+"/id", "twice", phrase.Args{"name": c.ID})
			}
			seen[c.ID] = true
			*all = append(*all, c)
		})
	}
}

func (r *reader) clause(n *yaml.Node, at string, c *Clause) {
	r.object(n, at,
		member{"id", true, r.form(&c.ID, "id")},
		member{"optional", false, r.flag(&c.Optional)},
		member{"allows", false, r.set(&c.Allows, "action")},
		member{"serves", false, r.set(&c.Serves, "requirement")},
		member{"material", false, r.flag(&c.Material)},
		member{"heading", true, r.texts(&c.Heading, 120, false)},
		member{"text", true, r.texts(&c.Text, 8000, true)})
	slices.Sort(c.Allows)
	order := x1207.IDs()
	slices.SortFunc(c.Serves, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a), slices.Index(order, b)), cmp.Compare(a, b))
	})
}
