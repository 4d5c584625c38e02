package notice

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/phrase"
)

// Short gives the notice on one page, in the printer's language (X.1207,
// 11.2 a i). CheckShort tells whether it is short and easy enough.
func (n *Notice) Short(t phrase.Printer) *Page {
	a := newAuthor(n, t, true)
	title := a.titled("notice.short.title")
	a.Title = title
	a.say("notice.short.lead")
	a.para(a.free("/summary", n.Summary))

	a.heading(2, "who", "notice.who")
	a.responsible()
	a.heading(2, "data", "notice.data")
	a.shortPurposes()
	a.heading(2, "recipients", "notice.recipients")
	a.recipients()
	a.heading(2, "code", "notice.code")
	a.shortCode()
	a.heading(2, "choice", "notice.choice")
	a.choice()
	a.heading(2, "rights", "notice.rights")
	a.say("notice.rights.are")
	a.para(a.words("notice.right.", n.Rights))
	a.heading(2, "version", "notice.version")
	a.version()
	return a.Page
}

func (a *author) titled(key string) string {
	title, _ := a.n.Title.in(a.Lang, a.n.Language)
	return a.t.T(key, phrase.Args{"title": title})
}

func (a *author) responsible() {
	for _, p := range a.n.Parties {
		if p.Role != "controller" && p.Role != "joint-controller" {
			continue
		}
		a.say("notice.who.is", phrase.Args{"name": p.Name})
		a.para(a.reach(p))
	}
}

// reach gives all ways to a party.
func (a *author) reach(p Party) Inline {
	var parts []Inline
	if p.Email != "" {
		parts = append(parts, Inline{{Text: p.Email, Href: "mailto:" + p.Email, Code: true}})
	}
	if p.Phone != "" {
		parts = append(parts, Inline{{Text: p.Phone, Href: "tel:" + strings.NewReplacer(" ", "", "-", "").Replace(p.Phone), Code: true}})
	}
	if p.URL != "" {
		parts = append(parts, Inline{{Text: p.URL, Href: p.URL, Code: true}})
	}
	if p.Address != "" {
		parts = append(parts, name(p.Address))
	}
	return a.join(parts)
}

func (a *author) shortPurposes() {
	var rows [][]Inline
	for i, p := range a.n.Purposes {
		at := "/purposes/" + strconv.Itoa(i)
		kept := plain(a.keeps(p.Retention))
		if p.Retention == "purpose" && p.Note != nil {
			kept = a.free(at+"/retention_note", p.Note)
		}
		what := a.free(at+"/description", p.Description)
		if len(what) == 0 || what[0].Lang != "" { // words in another language say less than the kind of purpose
			kind := "notice.purpose." + p.Type
			what = a.labelled(kind, what)
		}
		rows = append(rows, []Inline{what, a.data(p.Data), kept})
	}
	a.table("notice.data", []string{"for", "data", "kept"}, rows)
}

func (a *author) data(all []Information) Inline {
	if len(all) == 0 {
		return plain(a.t.T("notice.data.nothing"))
	}
	var parts []Inline
	for _, d := range all {
		text := a.t.Word("notice.data.", d.Type)
		if d.Optional {
			text = a.t.T("notice.data.optional", phrase.Args{"data": text})
		}
		parts = append(parts, plain(text))
	}
	return a.join(parts)
}

func (a *author) recipients() {
	var who []Inline
	for _, p := range a.n.Parties {
		if p.Role == "controller" || p.Role == "joint-controller" {
			continue
		}
		gets := slices.ContainsFunc(a.n.Purposes, func(u Purpose) bool { return slices.Contains(u.Recipients, p.ID) })
		if gets || p.Role == "recipient" || p.Role == "processor" || a.n.brings(p.ID) {
			who = append(who, name(p.Name))
		}
	}
	if len(who) == 0 {
		a.say("notice.recipients.none")
		return
	}
	a.say("notice.recipients.some")
	a.para(a.join(who))
}

// brings tells whether code or hosts are a party's: it learns of the visitor by
// that alone.
func (n *Notice) brings(party string) bool {
	for _, u := range n.uses() {
		if u.Party == party {
			return true
		}
	}
	return false
}

func (a *author) shortCode() {
	before, after := a.moments()
	switch {
	case before+after == 0:
		a.say("notice.code.nothing")
		return
	case after == 0:
		a.say("notice.code.all")
	case before == 0:
		a.say("notice.code.waits")
	default:
		a.say("notice.code.before")
	}
	a.list(a.sums()...)
}

func (a *author) moments() (before, after int) {
	for _, u := range a.n.uses() {
		if u.Before {
			before++
		} else {
			after++
		}
	}
	return before, after
}

// sums says of each kind of code how much of it there is.
func (a *author) sums() (items []Inline) {
	c := a.n.Code
	items = append(items, a.count("notice.scripts", len(c.Scripts), count(c.Scripts, func(s Script) bool { return s.Origin != "self" && s.Origin != "inline" }))...)
	items = append(items, a.count("notice.storage", len(c.Storage), count(c.Storage, func(s Storage) bool { return s.Kind == "third" }))...)
	var workers, hosts, asked, files, added, changed []Inline
	for _, w := range c.Workers {
		workers = append(workers, code(w.Path))
	}
	for _, r := range c.Requests {
		hosts = append(hosts, code(r.Host))
	}
	for _, p := range c.Permissions {
		asked = append(asked, plain(a.t.Word("notice.permission.", p.Name)))
	}
	for _, d := range c.Downloads {
		files = append(files, code(d.Name))
	}
	for _, e := range c.Extensions {
		added = append(added, name(e.Name))
	}
	for _, ch := range c.Changes {
		changed = append(changed, plain(a.t.Word("notice.change.", ch.What)))
	}
	for _, s := range []struct {
		key string
		all []Inline
	}{{"notice.workers", workers}, {"notice.requests", hosts}, {"notice.permissions", asked}, {"notice.downloads", files}, {"notice.extensions", added}, {"notice.changes", changed}} {
		if len(s.all) > 0 {
			items = append(items, a.labelled(s.key, a.join(s.all)))
		}
	}
	return items
}

func (a *author) count(key string, n, others int) []Inline {
	if n == 0 {
		return nil
	}
	return []Inline{plain(a.t.T("notice.code.count", phrase.Args{"what": a.t.T(key), "n": n, "others": others}))}
}

func count[T any](all []T, is func(T) bool) (n int) {
	for _, one := range all {
		if is(one) {
			n++
		}
	}
	return n
}

// labelled puts a list behind what it is of, where the language puts it.
func (a *author) labelled(key string, list Inline) Inline {
	const mark = "\x00"
	before, after, _ := strings.Cut(a.t.T("notice.code.sum", phrase.Args{"what": a.t.T(key), "list": mark}), mark)
	out := append(plain(strings.TrimSuffix(before, "\u2068")), list...)
	if after = strings.TrimPrefix(after, "\u2069"); after != "" {
		out = append(out, Span{Text: after})
	}
	return out
}

func (a *author) choice() {
	if c := a.n.Consent; c == nil {
		a.say("notice.choice.none")
	} else {
		a.para(a.free("/consent/collection_method", c.Ask))
		a.say("notice.choice.no")
		a.para(a.free("/consent/withdrawal_method", c.Withdrawal))
		if c.URL != "" {
			a.para(Inline{{Text: a.t.T("notice.choice.page"), Href: c.URL}})
		}
	}
	if a.n.Removal != nil {
		a.heading(2, "removal", "notice.removal")
		a.para(a.free("/removal", a.n.Removal))
	}
}

func (a *author) version() {
	a.para(plain(a.t.T("notice.version.is", phrase.Args{"version": a.n.Version, "date": a.t.Date(a.n.Since(), nil)})))
	if a.Short && a.n.URL != "" {
		a.para(Inline{{Text: a.t.T("notice.full"), Href: a.n.URL}})
	}
	a.para(a.labelled("notice.version.digest", code(a.digest())))
}
