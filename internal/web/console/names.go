package console

import (
	"strings"

	"candor"
	"candor/internal/web"
)

// names tells whose an ID or an actor is, and remembers it for one page. Who
// reads a page sees all parties: the pages are the staff's.
type names struct {
	c     *console
	r     *web.Request
	party map[candor.ID]string
	asset map[candor.ID]string
	user  map[candor.ID]string
}

func (c *console) names(r *web.Request) *names {
	return &names{c, r, map[candor.ID]string{}, map[candor.ID]string{}, map[candor.ID]string{}}
}

// known looks a name up once. What cannot be read goes by its ID.
func known(have map[candor.ID]string, id candor.ID, look func() (string, error)) string {
	if id == "" {
		return ""
	}
	name, ok := have[id]
	if !ok {
		var err error
		if name, err = look(); err != nil || name == "" {
			name = string(id)
		}
		have[id] = name
	}
	return name
}

func (n *names) partyName(id candor.ID) string {
	return known(n.party, id, func() (string, error) {
		p, err := n.c.house.Store.Party(n.r.Context(), n.r.Who.Scope(), id)
		return p.Name, err
	})
}

func (n *names) assetName(id candor.ID) string {
	return known(n.asset, id, func() (string, error) {
		a, err := n.c.house.Store.Asset(n.r.Context(), n.r.Who.Scope(), id)
		return a.Name, err
	})
}

func (n *names) userName(id candor.ID) string {
	return known(n.user, id, func() (string, error) {
		u, err := n.c.house.Store.Access().User(n.r.Context(), id)
		return u.Name, err
	})
}

// who is the name of whoever did something: of a person, of the customer, or
// of the part of the program.
func (n *names) who(actor string) string {
	kind, id, _ := strings.Cut(actor, ":")
	switch kind {
	case "user":
		return n.userName(candor.ID(id))
	case "customer":
		return n.partyName(candor.ID(id))
	case "policy", "response", "system":
		return n.r.Printer.T("console.actor." + kind)
	case "sensor":
		if key := "console.sensor." + id; n.r.Printer.Has(key) {
			return n.r.Printer.T(key)
		}
		return id
	}
	return actor
}
