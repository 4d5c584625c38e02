package office

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	sharing "candor/internal/intel/group"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addGroups adds the pages of sharing groups.
func (o *office) addGroups() {
	s := o.site
	s.Page("GET /intel/groups", readParties, o.groups)
	s.Page("GET /intel/groups/new", manageParties, o.newGroup)
	s.Action("POST /intel/groups/new", manageParties, o.addGroup)
	s.Page("GET /intel/groups/{id}", readParties, o.group)
	s.Page("GET /intel/groups/{id}/edit", manageParties, o.editGroup)
	s.Action("POST /intel/groups/{id}/edit", manageParties, o.changeGroup)
	s.Page("GET /intel/groups/{id}/retire", manageParties, o.askRetireGroup)
	s.Action("POST /intel/groups/{id}/retire", manageParties, o.retireGroup)
	s.Action("POST /intel/groups/{id}/members", manageParties, o.addMember)
	s.Page("GET /intel/groups/{id}/members/{member}/remove", manageParties, o.askRemoveMember)
	s.Action("POST /intel/groups/{id}/members/{member}/remove", manageParties, o.removeMember)
	s.Page("GET /cases/{id}/share", actCases, o.sharePage)
	s.Action("POST /cases/{id}/share", actCases, o.shareCase)
}

const groupsPath = "/intel/groups"

func groupPath(id candor.ID) string { return groupsPath + "/" + string(id) }

func (o *office) groups(r *web.Request) (web.View, error) {
	all, err := o.house.Groups(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "groups", Caption: r.T("office.group"), Empty: ui.Situation{Title: r.T("office.group.none"), Text: r.T("office.group.none.text")}, Columns: []ui.Column{
		wide(column("name", r.T("office.name"))), column("most", r.T("office.group.most")), number(column("members", r.T("office.group.members"))), minor(number(column("objects", r.T("office.group.objects")))), column("state", r.T("office.state"))}}
	for _, v := range all {
		g := v.Group
		t.Rows = append(t.Rows, ui.Row{Key: string(g.ID), Label: g.Name, Href: groupPath(g.ID), Muted: !g.Retired.IsZero(), Cells: cells(named(g.Name, groupPath(g.ID), ""), ui.Badge("TLP:"+markWord(g.Most), ui.Neutral),
			ui.Number(int64(len(g.Members)), ""), ui.Number(int64(v.Objects), ""), groupState(r, g))})
	}
	p := ui.Page{Title: r.T("office.group"), Active: "groups", Lead: r.T("office.group.lead")}
	if r.May(access.ManageParties) {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.group.new"), Href: groupsPath + "/new"}, ui.Primary, "plus")
	}
	return web.View{Page: p, Body: ui.ListPage(ui.Listing{Table: t})}, nil
}

func groupState(r *web.Request, g sharing.Group) templ.Component {
	if g.Retired.IsZero() {
		return ui.Badge(r.T("office.group.used"), ui.Good)
	}
	return ui.Badge(r.T("office.group.retired"), ui.Neutral)
}

// groupDetail is what the page of a group shows.
type groupDetail struct {
	view          house.GroupView
	facts         []ui.Fact
	members, sent ui.Table
	may           bool
	choices       []ui.Option
	formats       []ui.Option
}

func (o *office) groupOf(r *web.Request) (house.GroupView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.GroupView{}, err
	}
	return o.house.Group(r.Context(), r.Who, id)
}

func (o *office) group(r *web.Request) (web.View, error) {
	v, err := o.groupOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := groupDetail{view: v, facts: groupFacts(r, v), sent: sentTable(r, v), may: r.May(access.ManageParties), formats: formatOptions(r)}
	d.members = memberTable(r, v.Group, d.may)
	if d.may && v.Group.Retired.IsZero() {
		if d.choices, err = o.candidates(r, v.Group); err != nil {
			return web.View{}, err
		}
	}
	p := ui.Page{Title: v.Group.Name, Active: "groups", Crumbs: groupCrumbs(r)}
	if d.may {
		path := groupPath(v.Group.ID)
		retire := r.T("office.group.retire")
		if !v.Group.Retired.IsZero() {
			retire = r.T("office.group.restore")
		}
		p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: retire, Href: path + "/retire"}, ui.Plain, ""), ui.ButtonLink(ui.Link{Text: r.T("office.group.edit"), Href: path + "/edit"}, ui.Plain, ""))
	}
	return web.View{Page: p, Body: groupBody(d)}, nil
}

func groupCrumbs(r *web.Request) []ui.Link {
	return []ui.Link{{Text: r.T("office.group"), Href: groupsPath}}
}

func groupFacts(r *web.Request, v house.GroupView) []ui.Fact {
	g := v.Group
	classes := ui.Text(r.T("office.directory.classes.all"))
	if len(g.Classes) > 0 {
		classes = ui.Text(words(r, "class.", g.Classes))
	}
	address := ui.Absent()
	if v.Address != "" {
		address = ui.FilePath(v.Address)
	}
	return []ui.Fact{{Label: r.T("office.state"), Value: groupState(r, g)}, {Label: r.T("office.group.most"), Value: ui.Badge("TLP:"+markWord(g.Most), ui.Neutral)},
		{Label: r.T("office.group.takes"), Value: classes}, {Label: r.T("office.group.objects"), Value: ui.Number(int64(v.Objects), "")}, {Label: r.T("office.group.address"), Value: address}}
}

func memberTable(r *web.Request, g sharing.Group, may bool) ui.Table {
	t := ui.Table{ID: "members", Caption: r.T("office.group.members"), Empty: ui.Situation{Title: r.T("office.group.members.none"), Text: r.T("office.group.members.none.text")},
		Columns: []ui.Column{column("name", r.T("office.name")), wide(column("way", r.T("office.group.way")))}}
	if may {
		t.Columns = append(t.Columns, column("remove", r.T("office.group.remove")))
	}
	for _, m := range g.Members {
		way, href := r.T("office.group.way.read"), "/parties/"+string(m.Party)
		switch {
		case m.Entry != "":
			way, href = r.T("office.group.way.mail", phrase.Args{"format": r.Printer.Word("office.pack.format.", m.Format)}), entryPath(m.Entry)
		case m.Write:
			way = r.T("office.group.way.write", phrase.Args{"trust": strconv.Itoa(m.Trust)})
		}
		row := ui.Row{Key: string(m.ID()), Label: m.Name, Cells: cells(ui.Anchor(ui.Link{Text: m.Name, Href: href}), ui.Text(way))}
		if may {
			row.Cells = append(row.Cells, ui.Anchor(ui.Link{Text: r.T("office.group.remove"), Href: groupPath(g.ID) + "/members/" + string(m.ID()) + "/remove"}))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func sentTable(r *web.Request, v house.GroupView) ui.Table {
	t := ui.Table{ID: "sent", Caption: r.T("office.group.sent"), Empty: ui.Situation{Title: r.T("office.group.sent.none"), Text: r.T("office.group.sent.none.text")}, Columns: []ui.Column{
		column("at", r.T("office.group.at")), column("case", r.T("office.group.case")), column("mark", r.T("office.pack.mark")), number(column("indicators", r.T("office.group.indicators"))), wide(column("ways", r.T("office.group.ways")))}}
	for _, s := range v.Sent {
		var ways []string
		if s.Objects > 0 {
			ways = append(ways, r.N("office.group.collected", s.Objects))
		}
		for _, m := range s.Mails {
			word := r.T("office.group.mailed", phrase.Args{"name": m.Name, "format": r.Printer.Word("office.pack.format.", m.Format)})
			if m.Encrypted {
				word += " " + r.T("office.group.encrypted")
			}
			if m.State != "" {
				word += " · " + r.Printer.Word("console.mail.state.", string(m.State))
			}
			ways = append(ways, word)
		}
		kase := ui.Absent()
		if s.Case != "" {
			kase = ui.Anchor(ui.Link{Text: r.T("office.group.case.open"), Href: "/cases/" + string(s.Case)})
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(s.ID), Label: string(s.ID), Cells: cells(ui.Time(s.At), kase, ui.Badge("TLP:"+markWord(s.Mark), ui.Neutral), ui.Number(int64(s.Indicators), ""), ui.Text(strings.Join(ways, r.T("office.list.comma"))))})
	}
	return t
}
