package terms

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/phrase"
	"candor/internal/x1207"
)

// Validate reports what the format cannot say of a version: texts that lack a
// language, requirements that there are not, clauses that act on people without
// a clause on how to say no, and what makes people agree without knowing it. It
// does not change d.
func (d *Document) Validate() []Problem {
	v := validator{d: d}
	v.checkWhole()
	for i, c := range d.Clauses {
		v.checkClause(c, "/clauses/"+strconv.Itoa(i))
	}
	v.checkControl()
	return v.problems
}

type validator struct {
	report
	d *Document
}

func (v *validator) checkWhole() {
	v.checkLanguages(v.d.Title, "/title")
	v.checkLanguages(v.d.Summary, "/summary")
	for _, tag := range v.d.Languages {
		at := "/summary/" + tag
		v.checkSilence(v.d.Summary[tag], tag, at)
	}
	if host := strings.TrimPrefix(strings.TrimPrefix(v.d.Provider.Contact, "https://"), "mailto:"); exampleHost(host) {
		v.advise("/provider", "example", phrase.Args{"value": excerpt(v.d.Provider.Contact)})
	}
}

// exampleHost tells whether an address is of those for documentation (RFC 2606,
// RFC 6761).
func exampleHost(address string) bool {
	host, _, _ := strings.Cut(address[strings.LastIndexByte(address, '@')+1:], "/")
	host, _, _ = strings.Cut(host, ":")
	return strings.HasSuffix("."+host, ".example") || slices.ContainsFunc([]string{"com", "net", "org"}, func(top string) bool {
		return strings.HasSuffix("."+host, ".example."+top)
	})
}

// checkLanguages tells whether a text is there in all languages of the document
// and in no other.
func (v *validator) checkLanguages(t Text, at string) {
	for _, tag := range v.d.Languages {
		if t[tag] == "" {
			v.fault(at, "language", phrase.Args{"tag": tag})
		}
	}
	for _, tag := range t.tags() {
		if !slices.Contains(v.d.Languages, tag) {
			v.fault(under(at, tag), "surplus", phrase.Args{"tag": tag})
		}
	}
}

func (t Text) tags() (tags []string) {
	for tag := range t {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

func (v *validator) checkClause(c Clause, at string) {
	v.checkLanguages(c.Heading, at+"/heading")
	v.checkLanguages(c.Text, at+"/text")
	for i, id := range c.Serves {
		if !slices.Contains(x1207.IDs(), id) {
			v.fault(at+"/serves/"+strconv.Itoa(i), "requirement", phrase.Args{"name": id})
		}
	}
	for i, action := range c.Allows {
		if !slices.Contains(Actions(), action) {
			v.advise(at+"/allows/"+strconv.Itoa(i), "action", phrase.Args{"name": action, "words": strings.Join(Actions(), ", ")})
		}
	}
	for _, tag := range v.d.Languages {
		v.checkText(c, tag, at+"/text/"+tag)
	}
	v.checkAlike(c, at+"/text")
}

func (v *validator) checkText(c Clause, tag, at string) {
	for _, b := range Blocks(c.Text[tag]) {
		for _, s := range b.Text {
			if id, is := strings.CutPrefix(s.Href, "#"); is {
				if _, i := v.d.Clause(id); i < 0 {
					v.fault(at, "reference", phrase.Args{"name": id})
				}
			}
		}
		text := words(b)
		v.checkSilence(text, tag, at)
		if n, most := longest(text, tag); n > most {
			v.advise(at, "wordy", phrase.Args{"n": n, "most": most})
		}
	}
}

// words gives the text of a block alone.
func words(b Block) string {
	var out strings.Builder
	for _, s := range b.Text {
		out.WriteString(s.Text)
	}
	return out.String()
}

// checkAlike holds the languages of a text against the first one: numbers and
// the shape have to be the same.
func (v *validator) checkAlike(c Clause, at string) {
	first := c.Text[v.d.Languages[0]]
	for _, tag := range v.d.Languages[1:] {
		text := c.Text[tag]
		if first == "" || text == "" {
			continue
		}
		if a, b := numbers(first), numbers(text); !slices.Equal(a, b) {
			v.advise(under(at, tag), "numbers", phrase.Args{"value": strings.Join(a, " "), "other": strings.Join(b, " "), "tag": v.d.Languages[0]})
		}
		if shape(first) != shape(text) {
			v.advise(under(at, tag), "shape", phrase.Args{"tag": v.d.Languages[0]})
		}
	}
}

// shape gives what kinds of blocks a text has, in order.
func shape(text string) string {
	var b strings.Builder
	for _, block := range Blocks(text) {
		b.WriteString("/" + string(block.List))
	}
	return b.String()
}

// checkControl asks that terms say how to end and to refuse what they allow
// (X.1207, 11.2 b and c).
func (v *validator) checkControl() {
	acts, optional := false, false
	served := map[string]bool{}
	for _, c := range v.d.Clauses {
		acts, optional = acts || len(c.Allows) > 0, optional || c.Optional
		for _, id := range c.Serves {
			served[id] = served[id] || !c.Optional
		}
	}
	if acts && !served["2.1c"] && !served["1.2b"] {
		v.fault("/clauses", "control", nil)
	}
	if (acts || optional) && !served["2.1b"] && !served["1.2b"] {
		v.advise("/clauses", "refusal", nil)
	}
}
