package portal

import (
	"context"

	"candor"
	"candor/internal/consent/gate"
	"candor/internal/house"
	"candor/internal/inventory"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// gated is what the page of a site at the gate shows.
type gated struct {
	view    house.GateView
	path    string
	banner  ui.Message
	next    string
	met     []candor.GateCheck
	unmet   []candor.GateCheck
	events  []ui.Event
	reach   contact
	account *candor.User
	acts    bool
	found   house.InventoryView // the software that was observed
}

// mostFound is how much software of a site is shown to its owner.
const mostFound = 200

func gatePath(id candor.ID) string { return "/my/sites/" + string(id) }

// gate is the page on which a customer sees whether a site may be reached, and
// what keeps it from that.
func (p *portal) gate(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	view, err := p.site.House.Gate(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	party, err := p.site.House.Party(r.Context(), r.Who, r.Who.Party)
	if err != nil {
		return web.View{}, err
	}
	r.Speak(party.Party.Language)
	r.In(party.Party.TimeZone)
	g := gated{view: view, path: gatePath(id), reach: p.reach(""), account: &r.User, acts: !view.Site.Retired}
	if g.found, err = p.site.House.SoftwareOf(r.Context(), r.Who, id, store.ItemFilter{Most: mostFound}); err != nil {
		return web.View{}, err
	}
	for _, c := range view.Checks {
		if c.Outcome.Met() {
			g.met = append(g.met, c.GateCheck)
		} else {
			g.unmet = append(g.unmet, c.GateCheck)
		}
	}
	g.banner, g.next = standing(r, view.Gate)
	g.events = moves(r, view.Moves)
	letter := r.Letter(r.T("portal.gate.title", phrase.Args{"site": view.Site.Name}))
	letter.Home = ui.Link{Text: r.T("portal.my.title"), Href: "/my"}
	return web.View{Document: exact(gatePage(letter, g))}, nil
}

// standing says how a site stands, and what happens next.
func standing(r *web.Request, g candor.Gate) (ui.Message, string) {
	key := "portal.gate." + string(g.State)
	until := phrase.Args{"time": r.Printer.Time(g.Deadline, r.Zone)}
	return ui.Message{Tone: gateTone(g.State), Title: r.Printer.T(key+".title", until), Text: r.Printer.T(key + ".text"), Stays: true}, r.Printer.T(key+".next", until)
}

// mendAt is where a customer does what is missing; empty if that is not theirs.
func mendAt(why string) string {
	switch gate.Why(why) {
	case gate.NoNotice, gate.NotServed, gate.OtherVersion:
		return "/my/notices"
	case gate.NotAccepted, gate.OldTerms:
		return "/my/agreements"
	case gate.Grave:
		return "/my"
	}
	return ""
}

func gateTone(s candor.GateState) ui.Tone {
	switch s {
	case candor.GateLive:
		return ui.Good
	case candor.GateGrace:
		return ui.Warn
	case candor.GateSuspended:
		return ui.Bad
	}
	return ui.Neutral
}

func moves(r *web.Request, all []candor.GateMove) (out []ui.Event) {
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i]
		out = append(out, ui.Event{At: m.At, Icon: "next", Tone: gateTone(m.To), Text: r.Printer.T("portal.gate.event." + string(m.To))})
	}
	return out
}

// askGate asks for a site to go live.
func (p *portal) askGate(r *web.Request) (web.View, error) {
	return p.moveGate(r, p.site.House.AskGate)
}

// checkGate has the gate look again.
func (p *portal) checkGate(r *web.Request) (web.View, error) {
	return p.moveGate(r, p.site.House.DecideGate)
}

// takeBack makes a site unreachable again.
func (p *portal) takeBack(r *web.Request) (web.View, error) {
	return p.moveGate(r, p.site.House.TakeBackGate)
}

func (p *portal) moveGate(r *web.Request, do func(context.Context, candor.Principal, candor.ID) (house.GateView, error)) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := do(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	tone, said := ui.Warn, r.T("portal.gate.said.waiting")
	switch v.Gate.State {
	case candor.GateLive:
		tone, said = ui.Good, r.T("portal.gate.said.live")
	case candor.GateDraft:
		tone, said = ui.Neutral, r.T("portal.gate.said.back")
	}
	return web.See(gatePath(id)).Say(tone, said), nil
}

// gates tells how the sites of a customer stand.
func (p *portal) gates(r *web.Request) (map[candor.ID]candor.GateState, error) {
	page, err := p.site.House.Gates(r.Context(), r.Who, candor.GateFilter{}, candor.Cut{Limit: 200, Sort: "name"})
	all := map[candor.ID]candor.GateState{}
	for _, g := range page.Items {
		all[g.Site.ID] = g.Gate.State
	}
	return all, err
}

// outcomeTone is how a check is marked. What is not known is not drawn as good.
func outcomeTone(o candor.GateOutcome) ui.Tone {
	switch o {
	case candor.GatePassed:
		return ui.Good
	case candor.GateFailed:
		return ui.Bad
	case candor.GateMissing, candor.GateStale:
		return ui.Unknown
	}
	return ui.Neutral
}

// foundName is how a customer knows a piece of software.
func foundName(i inventory.Observed) string {
	if i.Title != "" {
		return i.Title
	}
	return i.Name
}
