package notice

import (
	"strconv"
	"strings"

	"candor/internal/phrase"
)

// Full gives all that the notice says, in the printer's language.
func (n *Notice) Full(t phrase.Printer) *Page {
	a := newAuthor(n, t, false)
	a.Title = a.titled("notice.full.title")
	a.para(a.free("/summary", n.Summary))
	a.heading(2, "applies", "notice.applies")
	a.applies()
	a.heading(2, "who", "notice.parties")
	a.parties()
	a.heading(2, "data", "notice.data")
	a.purposes()
	a.heading(2, "recipients", "notice.recipients")
	a.recipients()
	a.heading(2, "code", "notice.code")
	a.code()
	a.heading(2, "choice", "notice.choice")
	a.choice()
	a.heading(2, "rights", "notice.rights")
	a.say("notice.rights.are")
	var all []Inline
	for _, r := range n.Rights {
		all = append(all, plain(t.Word("notice.right.", r)))
	}
	a.list(all...)
	a.heading(2, "security", "notice.security")
	a.security()
	if len(n.Jurisdictions) > 0 {
		a.heading(2, "law", "notice.jurisdictions")
		a.para(a.countries(n.Jurisdictions))
	}
	a.heading(2, "version", "notice.version")
	a.version()
	return a.Page
}

func (a *author) applies() {
	var items []Inline
	for _, s := range a.n.Applies.Sites {
		if below, all := strings.CutPrefix(s, "*."); all {
			items = append(items, plain(a.t.T("notice.applies.below", phrase.Args{"host": below})))
			continue
		}
		items = append(items, Inline{{Text: s, Href: "https://" + s + "/", Code: true}})
	}
	for _, p := range a.n.Applies.Programs {
		item := name(p.Name)
		if p.Version != "" {
			item = append(item, Span{Text: " "}, Span{Text: p.Version, Code: true})
		}
		for _, d := range p.SHA256 {
			item = append(item, Span{Text: " "}, Span{Text: d, Code: true})
		}
		items = append(items, item)
	}
	a.list(items...)
}

func (a *author) parties() {
	var rows [][]Inline
	for _, p := range a.n.Parties {
		rows = append(rows, []Inline{name(p.Name), plain(a.t.Word("notice.role.", p.Role)), a.reach(p), a.countries([]string{p.Country})})
	}
	a.table("notice.parties", []string{"name", "role", "reach", "country"}, rows)
}

// countries writes ISO 3166 codes as they are: they are the same everywhere.
func (a *author) countries(all []string) Inline {
	var parts []Inline
	for _, c := range all {
		if c != "" {
			parts = append(parts, code(c))
		}
	}
	return a.join(parts)
}

func (a *author) purposes() {
	for i, p := range a.n.Purposes {
		at := "/purposes/" + strconv.Itoa(i)
		a.Blocks = append(a.Blocks, Block{Level: 3, ID: "purpose-" + p.ID, Text: plain(a.t.Word("notice.purpose.", p.Type))})
		a.para(a.free(at+"/description", p.Description))
		kept := plain(a.keeps(p.Retention))
		if note := a.free(at+"/retention_note", p.Note); note != nil {
			kept = a.join([]Inline{kept, note})
		}
		facts := []Inline{a.fact("ground", a.ground(p.Basis, at)), a.fact("kept", kept), a.fact("where", a.countries(p.Locations))}
		if len(p.Recipients) > 0 {
			facts = append(facts, a.fact("receives", a.partyNames(p.Recipients)))
		}
		a.list(facts...)
		a.information(p, at)
	}
}

func (a *author) fact(column string, what Inline) Inline {
	key := "notice.col." + column
	return a.labelled(key, what)
}

func (a *author) ground(b Basis, at string) Inline {
	parts := []Inline{plain(a.t.Word("notice.basis.", b.Type))}
	if b.Law != "" {
		parts = append(parts, code(b.Law))
	}
	if reason := a.free(at+"/lawful_basis/reason", b.Reason); reason != nil {
		parts = append(parts, reason)
	}
	return a.join(parts)
}

func (a *author) partyNames(ids []string) Inline {
	var parts []Inline
	for _, id := range ids {
		parts = append(parts, name(a.partyName(id)))
	}
	return a.join(parts)
}

func (a *author) partyName(id string) string {
	for _, p := range a.n.Parties {
		if p.ID == id {
			return p.Name
		}
	}
	return id
}

func (a *author) information(p Purpose, at string) {
	if len(p.Data) == 0 {
		a.para(plain(a.t.T("notice.data.nothing")))
		return
	}
	var rows [][]Inline
	for i, d := range p.Data {
		what := plain(a.t.Word("notice.data.", d.Type))
		if more := a.free(at+"/pii_information/"+strconv.Itoa(i)+"/description", d.Description); more != nil {
			what = a.join([]Inline{what, more})
		}
		rows = append(rows, []Inline{what, plain(a.t.Word("notice.source.", d.Source)), a.yes(d.Optional)})
	}
	a.table("notice.col.data", []string{"data", "source", "optional"}, rows)
}

func (a *author) security() {
	var items []Inline
	for _, p := range a.n.Security.Practices {
		items = append(items, plain(a.t.Word("notice.practice.", p)))
	}
	a.list(items...)
	a.para(a.free("/security/description", a.n.Security.Description))
	if c := a.n.Security.Contact; c != "" {
		a.para(Inline{{Text: a.t.T("notice.security.report"), Href: c}})
	}
}
