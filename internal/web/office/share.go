package office

import (
	"errors"
	"slices"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/intel"
	sharing "candor/internal/intel/group"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func sharePath(id candor.ID) string { return "/cases/" + string(id) + "/share" }

// shareDetail is what the page of sharing a case shows.
type shareDetail struct {
	path, group string
	groups      []ui.Option
	to          []string
	entries     []ui.Option // members that get mails
	offered     bool
	offer       house.ShareOffer
	refused     string
	facts, left []ui.Fact
	choices     []ui.Option // indicators that may go
	chosen      []string
	held        []ui.Fact // what may not go, and why
	whole       []ui.Fact // why nothing may go
	ways        []ui.Fact
	groupName   string
	nobody      bool
}

// cut splits a word from what follows it.
func cut(s string) (word, rest string) {
	word, rest, _ = strings.Cut(s, " ")
	return word, rest
}

func ids(all []string) []candor.ID {
	var out []candor.ID
	for _, s := range all {
		out = append(out, candor.ID(s))
	}
	return out
}

func (o *office) sharePage(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := shareDetail{path: sharePath(c.ID), group: r.Query("group"), to: r.URL.Query()["to"]}
	groups, err := o.house.Groups(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	for _, v := range groups {
		if !v.Group.Retired.IsZero() {
			continue
		}
		d.groups = append(d.groups, ui.Option{Value: string(v.Group.ID), Label: v.Group.Name + " (TLP:" + markWord(v.Group.Most) + ")"})
		if string(v.Group.ID) == d.group {
			d.groupName, d.entries = v.Group.Name, mailed(v.Group)
		}
	}
	d.nobody = len(d.groups) == 0
	if d.groupName != "" {
		d.offer, err = o.house.OfferShare(r.Context(), r.Who, house.ShareOrder{Case: c.ID, Group: candor.ID(d.group), To: ids(d.to)})
		if d.refused = refusal(r, err); d.refused == "" && err != nil {
			return web.View{}, err
		}
		if d.refused == "" {
			d.show(r)
		}
	}
	page := ui.Page{Title: r.T("office.share"), Active: "cases", Lead: r.T("office.share.lead"), Crumbs: []ui.Link{{Text: c.Label(), Href: "/cases/" + string(c.ID)}}}
	return web.View{Page: page, Body: shareBody(d)}, nil
}

// mailed are the members that get mails.
func mailed(g sharing.Group) (all []ui.Option) {
	for _, m := range g.Members {
		if m.Entry != "" {
			all = append(all, ui.Option{Value: string(m.Entry), Label: m.Name})
		}
	}
	return all
}

// show sorts what may go from what may not.
func (d *shareDetail) show(r *web.Request) {
	d.left = packLeft(r, d.offer.Left)
	held := map[string]bool{}
	for _, f := range d.offer.Faults {
		fact := ui.Fact{Label: f.What, Value: ui.Text(faultWord(r, f))}
		at := slices.IndexFunc(d.offer.Bundle.Indicators, func(i intel.Indicator) bool { return i.Value == f.What })
		if at < 0 {
			fact.Label = r.T("office.share.whole")
			d.whole = append(d.whole, fact)
			continue
		}
		held[f.What] = true
		d.held = append(d.held, fact)
	}
	for _, i := range d.offer.Bundle.Indicators {
		if !held[i.Value] {
			d.choices, d.chosen = append(d.choices, ui.Option{Value: i.Value, Label: r.Printer.Word("office.pack.kind.", string(i.Kind)) + ": " + i.Value + " (TLP:" + markWord(i.TLP) + ")"}), append(d.chosen, i.Value)
		}
	}
	if d.offer.Collection {
		d.ways = append(d.ways, ui.Fact{Label: r.T("office.share.collection"), Value: ui.Text(d.groupName)})
	}
	if len(d.offer.Mails) > 0 {
		d.ways = append(d.ways, ui.Fact{Label: r.T("office.share.mails"), Value: ui.Text(strings.Join(d.offer.Mails, r.T("office.list.comma")))})
	}
	b := d.offer.Bundle
	d.facts = []ui.Fact{{Label: r.T("office.pack.mark"), Value: ui.Badge("TLP:"+markWord(b.TLP), ui.Neutral)}, {Label: r.T("office.pack.class"), Value: ui.Mono(string(b.Class))}, {Label: r.T("office.pack.severity"), Value: ui.Severity(b.Severity)}}
	d.offered = len(d.whole) == 0
}

// faultWord says why something may not go.
func faultWord(r *web.Request, f sharing.Fault) string {
	args := phrase.Args{"mark": "TLP:" + markWord(f.Mark)}
	switch f.Why {
	case sharing.WhyRetired:
		return r.T("office.share.why.retired")
	case sharing.WhyClass:
		return r.T("office.share.why.class")
	case sharing.WhyOwn:
		return r.T("office.share.why.own", args)
	case sharing.WhyRed:
		return r.T("office.share.why.red", args)
	case sharing.WhyGiven:
		return r.T("office.share.why.given", args)
	}
	return r.T("office.share.why.strict", args)
}

// faultWords says why some things may not go: the first of them.
func faultWords(r *web.Request, all []sharing.Fault) string {
	var said []string
	for _, f := range all[:min(len(all), 5)] {
		said = append(said, strings.TrimSpace(f.What+" "+faultWord(r, f)))
	}
	return strings.Join(said, " ")
}

func (o *office) shareCase(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	order := house.ShareOrder{Case: c.ID, Group: candor.ID(r.Line("group")), To: ids(r.Lines("to")), Values: append([]string{}, r.Lines("value")...)}
	sent, err := o.house.Share(r.Context(), r.Who, order)
	var refused *sharing.Refused
	if errors.As(err, &refused) {
		return web.See(sharePath(c.ID) + "?group=" + string(order.Group)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.share.refused"), Text: faultWords(r, refused.Faults)}), nil
	}
	if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrUnavailable) || errors.Is(err, candor.ErrChanged) {
		return web.See(sharePath(c.ID) + "?group=" + string(order.Group)).SayAll(ui.Message{Tone: ui.Bad, Title: plain(err), Text: candor.Hint(err)}), nil
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(groupPath(sent.Group)).Say(ui.Good, r.N("office.share.done", sent.Indicators)), nil
}
