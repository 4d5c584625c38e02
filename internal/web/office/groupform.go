package office

import (
	"errors"
	"strconv"

	"candor"
	"candor/internal/directory"
	sharing "candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// groupForm is the form of a group.
type groupForm struct {
	form
	action, cancel string
	marks          []ui.Option
}

func formatOptions(r *web.Request) []ui.Option {
	all := make([]ui.Option, len(sharing.Formats()))
	for i, f := range sharing.Formats() {
		all[i] = ui.Option{Value: f, Label: r.Printer.Word("office.pack.format.", f)}
	}
	return all
}

func (o *office) newGroup(r *web.Request) (web.View, error) {
	return groupFormView(r, groupForm{form: given("most", string(tlp.Green)), action: groupsPath + "/new", cancel: groupsPath}, sharing.Group{}), nil
}

func (o *office) editGroup(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	g := v.Group
	f := given("name", g.Name, "most", string(g.Most), "classes", joinedWords(g.Classes), "note", g.Note, "sightings", yes(g.Sightings), "edition", strconv.FormatInt(g.Edition, 10))
	return groupFormView(r, groupForm{form: f, action: groupPath(g.ID) + "/edit", cancel: groupPath(g.ID)}, g), nil
}

func groupFormView(r *web.Request, f groupForm, g sharing.Group) web.View {
	f.marks = []ui.Option{{Value: "clear", Label: r.T("office.group.mark.clear")}, {Value: "green", Label: r.T("office.group.mark.green")}, {Value: "amber", Label: r.T("office.group.mark.amber")}, {Value: "red", Label: r.T("office.group.mark.red")}}
	p := ui.Page{Title: r.T("office.group.new"), Active: "groups", Crumbs: groupCrumbs(r)}
	if g.ID != "" {
		p.Title = r.T("office.edit", phrase.Args{"name": g.Name})
		p.Crumbs = append(p.Crumbs, ui.Link{Text: g.Name, Href: groupPath(g.ID)})
	}
	v := web.View{Page: p, Body: groupFormPage(f)}
	if f.bad() {
		v = v.Again()
	}
	return v
}

func (o *office) addGroup(r *web.Request) (web.View, error) {
	return o.saveGroup(r, sharing.Group{}, groupsPath+"/new", groupsPath)
}

func (o *office) changeGroup(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.saveGroup(r, v.Group, groupPath(v.Group.ID)+"/edit", groupPath(v.Group.ID))
}

func (o *office) saveGroup(r *web.Request, old sharing.Group, action, cancel string) (web.View, error) {
	f := groupForm{form: typed(r, "name", "most", "edition"), action: action, cancel: cancel}
	f.values["classes"], f.values["note"] = r.Text("classes"), r.Text("note")
	f.values["sightings"] = yes(r.Yes("sightings"))
	f.name(r)
	g := old
	g.Sightings = r.Yes("sightings")
	g.Name, g.Most, g.Note, g.Classes = f.values["name"], tlp.Mark(f.values["most"]), f.values["note"], nil
	for _, l := range lines(f.values["classes"]) {
		c, ok := candor.ParseClass(l)
		if !ok {
			f.refuse("classes", r.T("office.directory.class.bad", phrase.Args{"class": l}))
		}
		g.Classes = append(g.Classes, c)
	}
	g.Edition, _ = strconv.ParseInt(f.values["edition"], 10, 64) // none is not looked at
	if !f.bad() {
		saved, err := o.house.SaveGroup(r.Context(), r.Who, g)
		if err == nil {
			return web.See(groupPath(saved.ID)).Say(ui.Good, r.T("ui.saved")), nil
		}
		if errors.Is(err, candor.ErrChanged) {
			f.failed = r.T("office.directory.changed")
		} else if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return groupFormView(r, f, old), nil
}

// candidates are those that could become members.
func (o *office) candidates(r *web.Request, g sharing.Group) (all []ui.Option, err error) {
	all = []ui.Option{{Label: r.T("office.group.choose")}}
	for _, kind := range []candor.PartyKind{candor.Partner, candor.Authority, candor.Vendor} {
		for cut := (candor.Cut{Sort: "name", Limit: 200}); ; {
			page, err := o.house.Parties(r.Context(), r.Who, candor.PartyFilter{Kind: kind}, cut)
			if err != nil {
				return nil, err
			}
			for _, p := range page.Items {
				if _, is := g.Member(p.ID); !is && !p.Erased {
					all = append(all, ui.Option{Value: "party " + string(p.ID), Label: r.T("office.group.choice.party", phrase.Args{"name": p.Name})})
				}
			}
			if cut.Cursor = page.Next; page.Next == "" {
				break
			}
		}
	}
	entries, err := o.house.Directory(r.Context(), r.Who, directory.Filter{Takes: directory.Reports})
	for _, v := range entries {
		if _, is := g.Member(v.Entry.ID); !is && v.Entry.Address(directory.Mail) != "" {
			all = append(all, ui.Option{Value: "entry " + string(v.Entry.ID), Label: r.T("office.group.choice.entry", phrase.Args{"name": v.Entry.Name})})
		}
	}
	return all, err
}

func (o *office) addMember(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	g := v.Group
	m := sharing.Member{}
	kind, id := cut(r.Line("member"))
	if kind == "party" {
		m.Party, m.Write = candor.ID(id), r.Yes("write")
		if m.Write {
			m.Trust, _ = strconv.Atoi(r.Line("trust")) // none is not believed at all
		}
	} else {
		m.Entry, m.Format = candor.ID(id), r.Line("format")
	}
	g.Members = append(g.Members, m)
	_, err = o.house.SaveGroup(r.Context(), r.Who, g)
	return saidOfGroup(g.ID, r.T("ui.saved"), err)
}

// saidOfGroup leads back to a group with what was done, or why it was not.
func saidOfGroup(id candor.ID, text string, err error) (web.View, error) {
	if errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrChanged) {
		return web.See(groupPath(id)).SayAll(ui.Message{Tone: ui.Bad, Title: plain(err), Text: candor.Hint(err)}), nil
	}
	return web.See(groupPath(id)).Say(ui.Good, text), err
}

func groupFrame(r *web.Request, g sharing.Group) ui.Page {
	return ui.Page{Title: g.Name, Active: "groups", Crumbs: append(groupCrumbs(r), ui.Link{Text: g.Name, Href: groupPath(g.ID)})}
}

func (o *office) askRemoveMember(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	id, err := r.ID("member")
	if err != nil {
		return web.View{}, err
	}
	m, ok := v.Group.Member(id)
	if !ok {
		return web.View{}, candor.ErrNotFound
	}
	path := groupPath(v.Group.ID)
	at := path + "/members/" + string(id) + "/remove"
	q := ui.Confirmation{ID: "remove", Title: r.T("office.group.remove.title", phrase.Args{"name": m.Name}), What: []string{r.T("office.group.remove.what")}, Undo: r.T("office.group.remove.undo"),
		URL: at, Page: at, Back: path, Fields: r.Fields(), Submit: r.T("office.group.remove")}
	return web.Confirm(groupFrame(r, v.Group), q), nil
}

func (o *office) removeMember(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	id, err := r.ID("member")
	if err != nil {
		return web.View{}, err
	}
	g := v.Group
	var left []sharing.Member
	for _, m := range g.Members {
		if m.ID() != id {
			left = append(left, m)
		}
	}
	g.Members = left
	_, err = o.house.SaveGroup(r.Context(), r.Who, g)
	return saidOfGroup(g.ID, r.T("ui.saved"), err)
}

func (o *office) askRetireGroup(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	path, name := groupPath(v.Group.ID), phrase.Args{"name": v.Group.Name}
	q := ui.Confirmation{ID: "retire", Title: r.T("office.group.retire.title", name), What: []string{r.T("office.group.retire.what")}, Undo: r.T("office.group.retire.undo"),
		URL: path + "/retire", Page: path + "/retire", Back: path, Fields: r.Fields("retired", "yes"), Submit: r.T("office.group.retire")}
	if !v.Group.Retired.IsZero() {
		q.Title, q.What, q.Undo = r.T("office.group.restore.title", name), []string{r.T("office.group.restore.what")}, r.T("office.group.restore.undo")
		q.Submit, q.Fields = r.T("office.group.restore"), r.Fields()
	}
	return web.Confirm(groupFrame(r, v.Group), q), nil
}

func (o *office) retireGroup(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.RetireGroup(r.Context(), r.Who, id, r.Yes("retired"))
	return saidOfGroup(id, r.T("ui.saved"), err)
}
