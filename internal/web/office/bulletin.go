package office

import (
	"strconv"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intel/bulletin"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

var approveResponses = web.Needs{access.ApproveResponses}

// addBulletins adds the pages of bulletins of best practice.
func (o *office) addBulletins() {
	s := o.site
	s.Page("GET /intel/bulletins", readParties, o.bulletins)
	s.Page("GET /intel/bulletins/new", actCases, o.newBulletin)
	s.Action("POST /intel/bulletins/new", actCases, o.addBulletin)
	s.Page("GET /intel/bulletins/{id}", readParties, o.bulletin)
	s.Page("GET /intel/bulletins/{id}/edit", actCases, o.editBulletin)
	s.Action("POST /intel/bulletins/{id}/edit", actCases, o.changeBulletin)
	s.Page("GET /intel/bulletins/{id}/publish", approveResponses, o.askPublish)
	s.Action("POST /intel/bulletins/{id}/publish", approveResponses, o.publishBulletin)
	s.Page("GET /intel/bulletins/{id}/withdraw", approveResponses, o.askWithdrawal)
	s.Action("POST /intel/bulletins/{id}/withdraw", approveResponses, o.withdrawBulletin)
}

const bulletinsPath = "/intel/bulletins"

func bulletinPath(id candor.ID) string { return bulletinsPath + "/" + string(id) }

func (o *office) bulletins(r *web.Request) (web.View, error) {
	page, err := o.house.Bulletins(r.Context(), r.Who, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "bulletins", Caption: r.T("office.bulletins"), Empty: ui.Situation{Title: r.T("office.bulletin.none"), Text: r.T("office.bulletin.none.text")}, Columns: []ui.Column{
		wide(column("title", r.T("office.bulletin.title"))), column("state", r.T("office.state")), column("mark", r.T("office.pack.mark")), minor(number(column("version", r.T("office.bulletin.version")))), number(column("read", r.T("office.bulletin.read"))), column("until", r.T("office.bulletin.until"))}}
	for _, v := range page.Items {
		b := v.Bulletin
		t.Rows = append(t.Rows, ui.Row{Key: string(b.ID), Label: b.Title(), Href: bulletinPath(b.ID), Muted: b.State == bulletin.Withdrawn, Cells: cells(named(b.Title(), bulletinPath(b.ID), ""), bulletinState(r, b), ui.Badge("TLP:"+markWord(b.Draft.Mark), ui.Neutral),
			ui.Number(int64(b.Number), ""), readCount(r, b.Number, v.Count), ui.Time(b.Draft.Until))})
	}
	p := ui.Page{Title: r.T("office.bulletins"), Active: "bulletins", Lead: r.T("office.bulletin.lead")}
	if r.May(access.ActCases) {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.bulletin.new"), Href: bulletinsPath + "/new"}, ui.Primary, "plus")
	}
	return web.View{Page: p, Body: ui.ListPage(ui.Listing{Table: t, Cursor: web.Cursor(page)})}, nil
}

// readCount says how many of those who got a version read it; nothing is not none.
func readCount(r *web.Request, version int, c bulletin.Count) templ.Component {
	if version == 0 || c.Sent == 0 {
		return ui.Absent()
	}
	return ui.Text(r.T("office.bulletin.of", phrase.Args{"read": strconv.Itoa(c.Read), "sent": strconv.Itoa(c.Sent)}))
}

func bulletinState(r *web.Request, b bulletin.Bulletin) templ.Component {
	switch {
	case b.State == bulletin.Withdrawn:
		return ui.Badge(r.T("office.bulletin.state.withdrawn"), ui.Neutral)
	case b.State == bulletin.Drafted:
		return ui.Badge(r.T("office.bulletin.state.draft"), ui.Neutral)
	case !r.Now.Before(b.Draft.Until) && !b.Changed:
		return ui.Badge(r.T("office.bulletin.state.over"), ui.Neutral)
	}
	return ui.Badge(r.T("office.bulletin.state.published"), ui.Good)
}

// bulletinDetail is what the page of a bulletin shows.
type bulletinDetail struct {
	view             house.BulletinView
	facts            []ui.Fact
	banner           *ui.Message
	texts            []bulletinText
	copies, versions ui.Table
}

// bulletinText is a text in a language.
type bulletinText struct{ language, tag, title, body string }

func (o *office) bulletinOf(r *web.Request, version int) (house.BulletinView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.BulletinView{}, err
	}
	return o.house.Bulletin(r.Context(), r.Who, id, version)
}

func (o *office) bulletin(r *web.Request) (web.View, error) {
	version := 0
	if said := r.Query("version"); said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n < 1 {
			return web.View{}, candor.ErrNotFound
		}
		version = n
	}
	v, err := o.bulletinOf(r, version)
	if err != nil {
		return web.View{}, err
	}
	shown := v.Bulletin.Draft
	for _, one := range v.Versions {
		if version > 0 && one.Number == version {
			shown = one.Draft
		}
	}
	d := bulletinDetail{view: v, texts: bulletinTexts(r, shown), copies: copyTable(r, v), versions: versionTable(r, o.names(r), v), facts: bulletinFacts(r, o.names(r), v, shown), banner: bulletinBanner(r, v.Bulletin, version)}
	p := ui.Page{Title: shown.Title(), Active: "bulletins", Crumbs: bulletinCrumbs(r), Actions: bulletinActions(r, v.Bulletin)}
	return web.View{Page: p, Body: bulletinBody(d)}, nil
}

func bulletinCrumbs(r *web.Request) []ui.Link {
	return []ui.Link{{Text: r.T("office.bulletins"), Href: bulletinsPath}}
}

func bulletinActions(r *web.Request, b bulletin.Bulletin) templ.Component {
	path := bulletinPath(b.ID)
	var all []templ.Component
	if b.State == bulletin.Published && r.May(access.ApproveResponses) {
		all = append(all, ui.ButtonLink(ui.Link{Text: r.T("office.bulletin.withdraw"), Href: path + "/withdraw"}, ui.Plain, ""))
	}
	if r.May(access.ActCases) {
		all = append(all, ui.ButtonLink(ui.Link{Text: r.T("office.bulletin.edit"), Href: path + "/edit"}, ui.Plain, ""))
	}
	if b.Changed && r.May(access.ApproveResponses) {
		all = append(all, ui.ButtonLink(ui.Link{Text: r.T("office.bulletin.publish"), Href: path + "/publish"}, ui.Primary, ""))
	}
	return ui.InTurn(all...)
}

// bulletinBanner says what a reader might take for something else.
func bulletinBanner(r *web.Request, b bulletin.Bulletin, version int) *ui.Message {
	args := phrase.Args{"n": strconv.Itoa(b.Number), "version": strconv.Itoa(version)}
	switch {
	case version > 0 && version < b.Number:
		return &ui.Message{Title: r.T("office.bulletin.old.title", args), Text: r.T("office.bulletin.old.text", args), Stays: true}
	case b.State == bulletin.Withdrawn:
		return &ui.Message{Tone: ui.Bad, Title: r.T("office.bulletin.withdrawn.title"), Text: b.Reason, Stays: true}
	case b.Number == 0:
		return &ui.Message{Title: r.T("office.bulletin.draft.title"), Text: r.T("office.bulletin.draft.text"), Stays: true}
	case b.Changed && version == 0:
		return &ui.Message{Title: r.T("office.bulletin.changed.title"), Text: r.T("office.bulletin.changed.text", args), Stays: true}
	}
	return nil
}

func bulletinTexts(r *web.Request, d bulletin.Draft) (all []bulletinText) {
	for _, t := range d.Texts {
		all = append(all, bulletinText{languageName(r, t.Language), t.Language, t.Title, t.Body})
	}
	return all
}

func bulletinFacts(r *web.Request, n *names, v house.BulletinView, d bulletin.Draft) []ui.Fact {
	remind := r.T("office.bulletin.remind.never")
	if d.Remind > 0 {
		remind = r.N("office.bulletin.remind.after", d.Remind, phrase.Args{"most": strconv.Itoa(bulletin.MostReminders)})
	}
	return []ui.Fact{{Label: r.T("office.state"), Value: bulletinState(r, v.Bulletin)}, {Label: r.T("office.pack.mark"), Value: ui.Badge("TLP:"+markWord(d.Mark), ui.Neutral)},
		{Label: r.T("office.bulletin.until"), Value: ui.Time(d.Until)}, {Label: r.T("office.bulletin.read"), Value: readCount(r, v.Bulletin.Number, v.Count)},
		{Label: r.T("office.bulletin.remind"), Value: ui.Text(remind)}, {Label: r.T("office.bulletin.author"), Value: ui.Text(n.who(v.Bulletin.Author))}}
}

// copyTable says who read a version, and who has not: those first.
func copyTable(r *web.Request, v house.BulletinView) ui.Table {
	t := ui.Table{ID: "copies", Caption: r.T("office.bulletin.copies", phrase.Args{"n": strconv.Itoa(v.Shown)}), Empty: ui.Situation{Title: r.T("office.bulletin.copies.none"), Text: r.T("office.bulletin.copies.none.text")}, Columns: []ui.Column{
		column("name", r.T("office.name")), column("read", r.T("office.bulletin.receipt")), minor(number(column("reminders", r.T("office.bulletin.reminders")))), wide(column("comment", r.T("office.bulletin.comment")))}}
	for _, waits := range []bool{true, false} {
		for _, c := range v.Copies {
			if c.Read.IsZero() != waits {
				continue
			}
			href := "/parties/" + string(c.Party)
			if c.Entry != "" {
				href = entryPath(c.Entry)
			}
			said := ui.Badge(r.T("office.bulletin.unread"), ui.Neutral)
			if !waits {
				said = ui.Time(c.Read)
			}
			remark := ui.Absent()
			if c.Comment != "" {
				remark = whole(c.Comment)
			}
			t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Name, Cells: cells(named(c.Name, href, languageName(r, c.Language)), said, ui.Number(int64(c.Reminders), ""), remark)})
		}
	}
	return t
}

func versionTable(r *web.Request, n *names, v house.BulletinView) ui.Table {
	t := ui.Table{ID: "versions", Caption: r.T("office.bulletin.versions"), Empty: ui.Situation{Title: r.T("office.bulletin.versions.none"), Text: r.T("office.bulletin.draft.text")}, Columns: []ui.Column{
		number(column("version", r.T("office.bulletin.version"))), wide(column("title", r.T("office.bulletin.title"))), column("at", r.T("office.bulletin.published")), column("by", r.T("office.bulletin.by")), number(column("read", r.T("office.bulletin.read"))), minor(column("sha256", "SHA-256"))}}
	for _, one := range v.Versions {
		number := strconv.Itoa(one.Number)
		t.Rows = append(t.Rows, ui.Row{Key: number, Label: number, Cells: cells(ui.Anchor(ui.Link{Text: number, Href: bulletinPath(v.Bulletin.ID) + "?version=" + number}), ui.Text(one.Draft.Title()), ui.Time(one.At), ui.Text(n.who(one.By)), readCount(r, one.Number, v.Counts[one.Number]), ui.Digest(one.SHA256))})
	}
	return t
}
