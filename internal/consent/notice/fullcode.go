package notice

import "strconv"

// code writes a table for each kind of code that there is.
func (a *author) code() {
	before, after := a.moments()
	if before+after == 0 {
		a.say("notice.code.nothing")
		return
	}
	c := a.n.Code
	section(a, "scripts", "notice.scripts", c.Scripts, []string{"origin"}, func(s Script) ([]Inline, Use) {
		return []Inline{a.originName(s.Origin, s.Path)}, s.Use
	})
	section(a, "service_workers", "notice.workers", c.Workers, []string{"origin", "scope"}, func(w Worker) ([]Inline, Use) {
		return []Inline{code(w.Path), code(w.Scope)}, w.Use
	})
	section(a, "storage", "notice.storage", c.Storage, []string{"name", "kind", "lives"}, func(s Storage) ([]Inline, Use) {
		kind := a.join([]Inline{plain(a.t.Word("notice.storage.", s.Type)), plain(a.t.Word("notice.kind.", s.Kind))})
		return []Inline{code(s.Name), kind, plain(a.keeps(s.Lifetime))}, s.Use
	})
	section(a, "requests", "notice.requests", c.Requests, []string{"origin", "learns"}, func(r Request) ([]Inline, Use) {
		return []Inline{code(r.Host), a.words("notice.data.", r.Data)}, r.Use
	})
	section(a, "permissions", "notice.permissions", c.Permissions, []string{"name"}, func(p Permission) ([]Inline, Use) {
		return []Inline{plain(a.t.Word("notice.permission.", p.Name))}, p.Use
	})
	section(a, "downloads", "notice.downloads", c.Downloads, []string{"name", "signer", "starts"}, func(d Download) ([]Inline, Use) {
		signer := name(d.Signer)
		if d.Signer == "" {
			signer = plain(a.t.T("notice.none"))
		}
		return []Inline{code(d.Name), signer, plain(a.t.Word("notice.start.", d.Started))}, d.Use
	})
	section(a, "extensions", "notice.extensions", c.Extensions, []string{"name", "kind"}, func(e Extension) ([]Inline, Use) {
		return []Inline{name(e.Name), plain(a.t.Word("notice.extension.", e.Kind))}, e.Use
	})
	section(a, "changes", "notice.changes", c.Changes, []string{"name", "undone"}, func(c Change) ([]Inline, Use) {
		return []Inline{plain(a.t.Word("notice.change.", c.What)), a.yes(c.Undone)}, c.Use
	})
}

// section is a heading and a table of one kind of code.
func section[T any](a *author, list, key string, all []T, head []string, row func(T) ([]Inline, Use)) {
	if len(all) == 0 {
		return
	}
	var rows [][]Inline
	for i, one := range all {
		cells, u := row(one)
		rows = append(rows, append(cells, a.does(u, "/code/"+list+"/"+strconv.Itoa(i)), a.whose(u), a.yes(u.Before)))
	}
	a.heading(3, list, key)
	a.table(key, append(head, "does", "whose", "before"), rows)
}

func (a *author) does(u Use, at string) Inline {
	var parts []Inline
	for _, id := range u.Purposes {
		for _, p := range a.n.Purposes {
			if p.ID == id {
				parts = append(parts, Inline{{Text: a.t.Word("notice.purpose.", p.Type), Href: "#purpose-" + id}})
			}
		}
	}
	if more := a.free(at+"/description", u.Description); more != nil {
		parts = append(parts, more)
	}
	return a.join(parts)
}

func (a *author) whose(u Use) Inline {
	if u.Party == "" {
		return plain(a.t.T("notice.kind.first"))
	}
	return name(a.partyName(u.Party))
}

func (a *author) originName(origin, path string) Inline {
	var out Inline
	switch origin {
	case "self":
		out = plain(a.t.T("notice.self"))
	case "inline":
		out = plain(a.t.T("notice.inline"))
	default:
		return code(origin + path)
	}
	if path != "" {
		out = append(out, Span{Text: " "}, Span{Text: path, Code: true})
	}
	return out
}
