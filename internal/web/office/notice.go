package office

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/notice"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addNotices adds the pages of customers' notices.
func (o *office) addNotices() {
	o.site.Page("GET /notices", readParties, o.notices)
	o.site.Page("GET /notices/{id}", readParties, o.notice)
	o.site.Action("POST /notices/{id}/prove", web.Needs{access.ActCases}, o.proveNotice)
}

func noticePath(id candor.ID) string { return "/notices/" + string(id) }

func (o *office) notices(r *web.Request) (web.View, error) {
	page, err := o.house.Notices(r.Context(), r.Who, candor.NoticeFilter{Party: r.FilterID("party")}, r.Cut("name", "updated"))
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "notices", Caption: r.T("office.notices"), Empty: ui.Situation{Title: r.T("office.notices.none"), Text: r.T("office.notices.none.text")}, Columns: []ui.Column{
		wide(sorted(column("name", r.T("notice.col.name")), false)), column("party", r.T("office.notice.party")), column("published", r.T("office.notice.published")), number(column("sites", r.T("office.assets.site"))),
		column("status", r.T("office.notice.proof")), sorted(column("updated", r.T("office.notice.changed")), true)}}
	for _, n := range page.Items {
		sites, err1 := o.house.NoticeStandings(r.Context(), r.Who, n.ID)
		party, err2 := o.house.Store.Party(r.Context(), r.Who.Scope(), n.Party)
		if err := errors.Join(err1, err2); err != nil {
			return web.View{}, err
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(n.ID), Label: n.Name, Href: noticePath(n.ID), Cells: cells(anchor(n.Name, noticePath(n.ID)), anchor(party.Name, partyPath(n.Party)),
			published(r, n), ui.Number(int64(len(sites)), ""), worst(r, sites), ui.Time(n.Updated))})
	}
	return web.View{Page: ui.Page{Title: r.T("office.notices"), Active: "notices", Lead: r.T("office.notices.lead")}, Body: ui.ListPage(ui.Listing{Table: t, Cursor: web.Cursor(page)})}, nil
}

func published(r *web.Request, n candor.Notice) templ.Component {
	if n.Latest == 0 {
		return ui.Badge(r.T("office.notice.draft"), ui.Neutral)
	}
	return ui.Text(r.T("portal.notice.version", phrase.Args{"number": n.Latest}))
}

// worst sums up how sites stand: the one that needs most to be looked at.
func worst(r *web.Request, sites []house.NoticeStanding) templ.Component {
	out := ui.Absent()
	rank := 0
	for _, s := range sites {
		if n := standingRank(s); n > rank {
			rank, out = n, standing(r, s)
		}
	}
	return out
}

func standingRank(s house.NoticeStanding) int {
	switch {
	case s.Pin.Number == 0:
		return 1
	case s.Status == candor.ProofSame:
		return 2
	case s.Status == "":
		return 3
	case s.Status == candor.ProofUnreachable:
		return 4
	}
	return 5
}

// standing says whether a site serves what it must.
func standing(r *web.Request, s house.NoticeStanding) templ.Component {
	switch {
	case s.Pin.Number == 0:
		return ui.Badge(r.T("portal.notice.unpinned"), ui.Neutral)
	case s.Status == "":
		return ui.Badge(r.T("portal.notice.unseen"), ui.Unknown)
	}
	return proofBadge(r, s.Status)
}

func proofBadge(r *web.Request, s candor.ProofStatus) templ.Component {
	tone := map[candor.ProofStatus]ui.Tone{candor.ProofSame: ui.Good, candor.ProofOther: ui.Warn, candor.ProofAltered: ui.Bad, candor.ProofAbsent: ui.Bad, candor.ProofUnreachable: ui.Unknown}[s]
	return ui.Badge(r.Printer.Word("portal.notice.proof.", string(s)), tone)
}

// noticeDetail is the page of a notice.
type noticeDetail struct {
	path     string
	facts    []ui.Fact
	sites    ui.Table
	proofs   ui.Table
	versions ui.Table
	prove    []ui.Option // sites that can be asked
}

func (o *office) notice(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.Notice(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	faults := 0
	for _, p := range v.Problems {
		if p.Severity == notice.Fault {
			faults++
		}
	}
	n := o.names(r)
	d := noticeDetail{path: noticePath(id), facts: []ui.Fact{{Label: r.T("office.notice.party"), Value: anchor(v.Party.Name, partyPath(v.Party.ID))}, {Label: r.T("office.notice.published"), Value: published(r, v.Notice)},
		{Label: r.T("office.notice.faults"), Value: ui.Number(int64(faults), "")}, {Label: r.T("office.notice.guesses"), Value: ui.Number(int64(len(v.Notice.Guesses)), "")},
		{Label: r.T("office.notice.changed"), Value: ui.Time(v.Notice.Updated)}}}
	d.sites, d.proofs, err = o.noticeSites(r, v)
	if err != nil {
		return web.View{}, err
	}
	d.versions = ui.Table{ID: "versions", Caption: r.T("office.notice.versions"), Empty: ui.Situation{Title: r.T("office.notice.draft")}, Columns: []ui.Column{
		number(column("number", r.T("office.notice.version"))), column("published", r.T("office.notice.since")), column("by", r.T("office.agent.token.by")), minor(column("languages", r.T("office.notice.languages"))), column("digest", "SHA-256")}}
	for _, x := range v.Versions {
		at := "/notice/" + string(id) + "/v/" + strconv.FormatInt(x.Number, 10)
		d.versions.Rows = append(d.versions.Rows, ui.Row{Key: string(x.ID), Label: strconv.FormatInt(x.Number, 10), Cells: cells(anchor(strconv.FormatInt(x.Number, 10), at), ui.Time(x.Published),
			ui.Text(n.who(x.By)), ui.Text(strings.Join(x.Languages, ", ")), ui.Digest(x.Digest))})
	}
	if r.May(access.ActCases) {
		for _, s := range v.Sites {
			if s.Pin.Number > 0 {
				d.prove = append(d.prove, ui.Option{Value: string(s.Asset.ID), Label: s.Asset.Name})
			}
		}
	}
	return web.View{Page: ui.Page{Title: v.Notice.Name, Active: "notices", Crumbs: []ui.Link{{Text: r.T("office.notices"), Href: "/notices"}}}, Body: noticePage(d)}, nil
}

// noticeSites lists the sites of a notice, and what their hosts served.
func (o *office) noticeSites(r *web.Request, v house.NoticeView) (sites, proofs ui.Table, err error) {
	sites = ui.Table{ID: "sites", Caption: r.T("office.assets.site"), Empty: ui.Situation{Title: r.T("office.notice.unserved")}, Columns: []ui.Column{
		wide(column("name", r.T("notice.col.name"))), number(column("number", r.T("office.notice.pinned"))), column("status", r.T("office.notice.proof")), column("since", r.T("office.notice.since"))}}
	proofs = ui.Table{ID: "proofs", Caption: r.T("office.notice.proofs"), Empty: ui.Situation{Title: r.T("portal.notice.unseen")}, Columns: []ui.Column{
		wide(column("host", r.T("portal.notice.f.host"))), number(column("number", r.T("office.notice.pinned"))), column("status", r.T("office.notice.proof")), minor(column("detail", r.T("office.notice.detail"))),
		column("first", r.T("office.notice.first")), column("last", r.T("office.notice.last")), minor(column("digest", "SHA-256"))}}
	for _, s := range v.Sites {
		since := ui.Absent()
		if !s.Pin.Pinned.IsZero() {
			since = ui.Time(s.Pin.Pinned)
		}
		sites.Rows = append(sites.Rows, ui.Row{Key: string(s.Asset.ID), Label: s.Asset.Name, Cells: cells(anchor(s.Asset.Name, assetPath(s.Asset.ID)), count(s.Pin.Number), standing(r, s), since)})
		all, err := o.house.NoticeProofs(r.Context(), r.Who, s.Asset.ID)
		if err != nil {
			return sites, proofs, err
		}
		for _, p := range all[:min(len(all), 20)] {
			digest, detail := ui.Absent(), ui.Absent()
			if p.Digest != "" {
				digest = ui.Digest(p.Digest)
			}
			if p.Detail != "" {
				detail = ui.Text(r.Printer.Word("portal.notice.detail.", p.Detail))
			}
			proofs.Rows = append(proofs.Rows, ui.Row{Key: string(p.ID), Label: p.Host, Cells: cells(ui.Mono(p.Host), count(p.Number), proofBadge(r, p.Status), detail, ui.Time(p.First), ui.Time(p.Last), digest)})
		}
	}
	return sites, proofs, nil
}

func (o *office) proveNotice(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	site, err := r.FormID("site")
	if err == nil && site == "" {
		err = candor.WithHint(fmt.Errorf("no site was chosen: %w", candor.ErrInvalid), "Choose a site.")
	}
	if err == nil {
		err = o.house.AskForProof(r.Context(), r.Who, site)
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(noticePath(id)).Say(ui.Good, r.T("office.notice.asked")), nil
}
