package office

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func exposurePath(id string) string { return "/intel/exposures/" + url.PathEscape(id) }

func (o *office) exposures(r *web.Request) (web.View, error) {
	f := house.ExposureFilter{Product: r.Query("q")}
	switch web.FilterOne(r, "known", allKnown) {
	case knownExploited:
		f.Exploited = true
	case knownRansomware:
		f.Ransomware = true
	}
	if d := web.FilterOne(r, "due", allDue); d != "" {
		f.Due = o.site.Clock().AddDate(0, 0, d.days())
	}
	page, err := o.house.Exposures(r.Context(), r.Who, f, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "exposures", Caption: r.T("office.exposures"), Empty: ui.Situation{Title: r.T("office.exposures.none"), Text: r.T("office.exposures.none.text")}, Columns: []ui.Column{
		wide(column("id", r.T("office.exposure"))), column("known", r.T("office.exposure.known")), column("due", r.T("office.exposure.due")), number(minor(column("epss", r.T("office.exposure.epss")))),
		column("who", r.T("office.exposure.who")), column("warned", r.T("office.exposure.warned"))}}
	if f != (house.ExposureFilter{}) {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	for _, e := range page.Items {
		t.Rows = append(t.Rows, ui.Row{Key: e.ID, Label: e.ID, Href: exposurePath(e.ID), Cells: cells(exposureLink(e), knownFor(r, e), ui.Due(e.Due), chance(r, e.EPSS), exposedWho(r, e), exposedWarned(r, e))})
	}
	l := ui.Listing{Label: r.T("office.intel"), Tabs: intelTabs(r, true), Table: t, Cursor: web.Cursor(page), Filters: []ui.Filter{{Name: "q", Label: r.T("office.exposure.words"), Kind: ui.Words},
		{Name: "known", Label: r.T("office.exposure.known"), Kind: ui.Choice, Options: web.Options(r, "office.exposure.known.", allKnown)},
		{Name: "due", Label: r.T("office.exposure.due"), Kind: ui.Choice, Options: web.Options(r, "office.exposure.due.", allDue)}}}
	return web.View{Page: ui.Page{Title: r.T("office.exposures"), Active: "intel", Lead: r.T("office.exposures.lead"), Crumbs: []ui.Link{{Text: r.T("office.intel"), Href: "/intel"}}}, Body: ui.ListPage(l)}, nil
}

// exposureLink leads to an exposure, with what is wrong if a feed says so.
func exposureLink(e house.Exposure) templ.Component {
	if e.Title == "" {
		return anchor(exposureName(e), exposurePath(e.ID))
	}
	return named(exposureName(e), exposurePath(e.ID), excerpt(e.Title))
}

// exposureName is the identifier with what it is of.
func exposureName(e house.Exposure) string {
	return strings.TrimSpace(e.ID + " " + excerpt(productOf(e.Vendor, e.Product)))
}

// productOf is a product with who makes it, if that says more.
func productOf(vendor, product string) string {
	if strings.HasPrefix(strings.ToLower(product), strings.ToLower(vendor)) {
		return product
	}
	return strings.TrimSpace(vendor + " " + product)
}

func knownFor(r *web.Request, e house.Exposure) templ.Component {
	switch {
	case e.Ransomware:
		return ui.Badge(r.T("office.exposure.known.ransomware"), ui.Bad)
	case e.Exploited:
		return ui.Badge(r.T("office.exposure.known.exploited"), ui.Bad)
	}
	return ui.Absent()
}

// chance is a share as percent, and a dash where nobody tells.
func chance(r *web.Request, share float64) templ.Component {
	if share == 0 {
		return ui.Absent()
	}
	return ui.Text(r.Printer.Percent(share))
}

func exposedWho(r *web.Request, e house.Exposure) templ.Component {
	says := r.N("office.exposure.maybe", e.Customers)
	if e.Affected {
		says = r.N("office.exposure.are", e.Customers)
	}
	return whole(says)
}

// exposedWarned tells how many of the customers have a case about it.
func exposedWarned(r *web.Request, e house.Exposure) templ.Component {
	text := r.T("office.exposure.warned.of", phrase.Args{"filed": r.Printer.Number(int64(e.Filed)), "all": r.Printer.Number(int64(e.Customers))})
	switch {
	case e.Filed == 0:
		return ui.Badge(r.T("office.exposure.warned.none"), ui.Warn)
	case e.Filed < e.Customers:
		return ui.Badge(text, ui.Warn)
	}
	return ui.Badge(text, ui.Good)
}

// exposureDetail is what the page of one exposure shows.
type exposureDetail struct {
	facts   []ui.Fact
	note    ui.Message
	sites   ui.Table
	more    string // that not all sites are shown
	sources ui.Table
}

func (o *office) exposure(r *web.Request) (web.View, error) {
	v, err := o.house.ExposureOf(r.Context(), r.Who, r.PathValue("id"))
	if err != nil {
		return web.View{}, err
	}
	e := v.Exposure
	d := exposureDetail{facts: exposureFacts(r, v), note: exposureNote(r, v), sites: siteTable(r, e), sources: toldTable(r, v.Sources)}
	if e.Number > len(e.Sites) {
		d.more = r.T("office.exposure.more", phrase.Args{"shown": r.Printer.Number(int64(len(e.Sites))), "all": r.Printer.Number(int64(e.Number))})
	}
	p := exposureFrame(r, e)
	p.Title, p.Crumbs = exposureName(e), p.Crumbs[:2]
	p.Lead = e.Title
	if r.May(access.ActCases) && e.Number > 0 {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.exposure.warn"), Href: exposurePath(e.ID) + "/warn"}, ui.Primary, "mail")
	}
	return web.View{Page: p, Body: exposurePage(d)}, nil
}

func exposureFrame(r *web.Request, e house.Exposure) ui.Page {
	return ui.Page{Title: e.ID, Active: "intel", Crumbs: []ui.Link{{Text: r.T("office.intel"), Href: "/intel"}, {Text: r.T("office.exposures"), Href: "/intel/exposures"}, {Text: e.ID, Href: exposurePath(e.ID)}}}
}

// exposureNote says who is exposed, in a sentence.
func exposureNote(r *web.Request, v house.ExposureView) ui.Message {
	e := v.Exposure
	rest := r.N("office.exposure.rest", e.Number-v.Sure)
	switch {
	case e.Number == 0:
		return ui.Message{Title: r.T("office.exposure.nobody"), Text: r.T("office.exposure.nobody.text"), Stays: true}
	case v.Sure == 0:
		return ui.Message{Tone: ui.Warn, Title: r.N("office.exposure.maybe.title", e.Customers), Text: r.T("office.exposure.maybe.text"), Stays: true}
	case v.Sure == e.Number:
		rest = ""
	}
	return ui.Message{Tone: ui.Bad, Title: r.N("office.exposure.are.title", v.Exposed), Text: strings.TrimSpace(r.N("office.exposure.sure", v.Sure) + " " + rest), Stays: true}
}

func exposureFacts(r *web.Request, v house.ExposureView) []ui.Fact {
	e := v.Exposure
	published, cvss := ui.Absent(), ui.Absent()
	if !v.Published.IsZero() {
		published = ui.Time(v.Published)
	}
	if v.CVSS > 0 {
		cvss = ui.Text(r.Printer.Decimal(v.CVSS, 1))
	}
	return []ui.Fact{
		{Label: r.T("office.exposure.known"), Value: knownFor(r, e)},
		{Label: r.T("office.exposure.due"), Value: ui.Due(e.Due)},
		{Label: r.T("office.exposure.epss"), Value: chance(r, e.EPSS)},
		{Label: r.T("office.exposure.cvss"), Value: cvss},
		{Label: r.T("office.exposure.published"), Value: published},
		{Label: r.T("office.exposure.sites"), Value: ui.Number(int64(e.Number), "")},
		{Label: r.T("office.exposure.customers"), Value: ui.Number(int64(e.Customers), "")},
		{Label: r.T("office.exposure.warned"), Value: exposedWarned(r, e)},
	}
}

// siteTable lists the sites that are exposed, with why, and how far their owners
// are warned.
func siteTable(r *web.Request, e house.Exposure) ui.Table {
	t := ui.Table{ID: "exposed", Caption: r.T("office.exposure.sites"), Empty: ui.Situation{Title: r.T("office.exposure.nobody"), Text: r.T("office.exposure.nobody.text")}, Columns: []ui.Column{
		column("site", r.T("office.exposure.site")), column("owner", r.T("office.owner")), column("software", r.T("office.software")), wide(column("verdict", r.T("office.exposure.verdict"))), column("notice", r.T("office.exposure.notice")), column("case", r.T("office.exposure.case"))}}
	for _, s := range e.Sites {
		verdict := ui.Together(ui.Badge(r.T("office.exposure.verdict.maybe"), ui.Warn), ui.Text(r.Printer.Word("office.exposure.doubt.", string(s.Doubt))))
		if s.Affected {
			verdict = ui.Together(ui.Badge(r.T("office.exposure.verdict.is"), ui.Bad), ui.Text(r.T("office.exposure.verdict.by", phrase.Args{"feed": s.By})))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(s.Asset), Label: s.Name, Href: assetPath(s.Asset), Cells: cells(anchor(s.Name, assetPath(s.Asset)), anchor(s.Owner, partyPath(s.Party)), exposedSoftware(r, s), verdict, noticeOf(r, s.Warning), caseLink(r, s.Warning))})
	}
	return t
}

// exposedSoftware is what has it, and whether somebody looked or the site says so.
func exposedSoftware(r *web.Request, s house.ExposedSite) templ.Component {
	if s.Observed {
		return ui.Together(whole(s.Software), ui.Badge(r.T("office.exposure.observed"), ui.Neutral))
	}
	return ui.Together(whole(s.Software), ui.Badge(r.T("office.exposure.declared"), ui.Unknown))
}

// noticeOf tells how far an owner is warned.
func noticeOf(r *web.Request, w house.Warning) templ.Component {
	if w.Notice == house.NotWarned {
		return whole(r.T("office.exposure.notice.none"))
	}
	tone := map[house.Notice]ui.Tone{house.NoticeProposed: ui.Accent, house.NoticeApproved: ui.Accent, house.NoticeSent: ui.Good, house.NoticeFailed: ui.Bad, house.NoticeMissing: ui.Warn}[w.Notice]
	all := []templ.Component{ui.Badge(r.Printer.Word("office.exposure.notice.", string(w.Notice)), tone)}
	if !w.At.IsZero() {
		all = append(all, ui.Time(w.At))
	}
	return ui.Together(all...)
}

func caseLink(r *web.Request, w house.Warning) templ.Component {
	if w.Case == "" {
		return ui.Absent()
	}
	return anchor(r.T("office.exposure.open"), "/cases/"+string(w.Case))
}

// toldTable lists what each feed tells.
func toldTable(r *web.Request, all []intel.Vulnerability) ui.Table {
	t := ui.Table{ID: "sources", Caption: r.T("office.exposure.sources"), Columns: []ui.Column{column("feed", r.T("office.exposure.feed")), wide(column("product", r.T("office.exposure.product"))),
		column("versions", r.T("office.exposure.versions")), column("fixed", r.T("office.exposure.fixed")), minor(column("tlp", r.T("office.intel.tlp")))}}
	for i, v := range all {
		product := productOf(v.Vendor, v.Product)
		if v.Ecosystem != "" {
			product += " (" + v.Ecosystem + ")"
		}
		t.Rows = append(t.Rows, ui.Row{Key: fmt.Sprint(i), Label: v.Source, Cells: cells(anchor(v.Source, feedPath(v.Source)), ui.OrAbsent(excerpt(product)), havingIt(r, v), mendedIn(r, v), ui.Badge("TLP:"+markWord(v.TLP), ui.Neutral))})
	}
	return t
}

// havingIt is which versions have a vulnerability, or that none has.
func havingIt(r *web.Request, v intel.Vulnerability) templ.Component {
	if v.Spared() {
		return ui.Text(r.T("office.exposure.spared"))
	}
	return code(versionsOf(r, v))
}

// versionsOf are the versions that have a vulnerability, as intervals.
func versionsOf(r *web.Request, v intel.Vulnerability) string {
	var all []string
	for _, x := range v.Ranges {
		from, end := "≥ "+x.From, ""
		if x.From == "" {
			from = ""
		}
		switch {
		case x.Until != "":
			end = "< " + x.Until
		case x.Last != "":
			end = "≤ " + x.Last
		}
		all = append(all, strings.TrimSpace(from+" "+end))
	}
	return excerpt(strings.Join(append(all, v.Versions...), r.T("office.list.comma")))
}

// askWarn asks before customers are warned.
func (o *office) askWarn(r *web.Request) (web.View, error) {
	v, err := o.house.ExposureOf(r.Context(), r.Who, r.PathValue("id"))
	if err != nil {
		return web.View{}, err
	}
	e, path := v.Exposure, exposurePath(v.Exposure.ID)
	what := []string{r.N("office.exposure.warn.what", v.Exposed), r.T("office.exposure.warn.approve"), r.T("office.exposure.warn.known")}
	q := ui.Confirmation{ID: "warn", Title: r.T("office.exposure.warn.title", phrase.Args{"id": e.ID}), What: what, Undo: r.T("office.exposure.warn.undo"), URL: path + "/warn", Page: path + "/warn", Back: path, Fields: r.Fields(), Submit: r.T("office.exposure.warn")}
	if rest := e.Number - v.Sure; rest > 0 {
		q.Form = ui.Checkbox("all", r.N("office.exposure.warn.all", rest), r.T("office.exposure.warn.all.hint"), v.Sure == 0)
	}
	return web.Confirm(exposureFrame(r, e), q), nil
}

// warnRefusal says why nobody was warned; empty for what is no refusal.
func warnRefusal(r *web.Request, err error) string {
	switch {
	case errors.Is(err, candor.ErrDenied):
		return r.T("office.exposure.warn.marked")
	case errors.Is(err, candor.ErrNotFound):
		return r.T("office.exposure.warn.untold")
	}
	return ""
}

func (o *office) warnExposed(r *web.Request) (web.View, error) {
	id := r.PathValue("id")
	did, err := o.house.WarnExposed(r.Context(), r.Who, id, r.Yes("all"))
	back := web.See(exposurePath(id))
	if said := warnRefusal(r, err); said != "" {
		return back.SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.exposure.warn.refused"), Text: said}), nil
	}
	if err != nil {
		return web.View{}, err
	}
	says := []string{r.N("office.exposure.warn.done", did.Proposed)}
	if did.Known > 0 {
		says = append(says, r.N("office.exposure.warn.before", did.Known))
	}
	m := ui.Message{Tone: ui.Good}
	if did.Missing > 0 {
		m.Tone = ui.Warn
		says = append(says, r.N("office.exposure.warn.missing", did.Missing))
	}
	if did.More {
		says = append(says, r.T("office.exposure.warn.more"))
	}
	m.Title, m.Text = says[0], strings.Join(says[1:], " ")
	return back.SayAll(m), nil
}

// mendedIn is which versions have a vulnerability no more, or what its maker says of
// that where none has.
func mendedIn(r *web.Request, v intel.Vulnerability) templ.Component {
	if len(v.Fixed) == 0 && v.Unfixed != "" {
		return ui.Text(r.Printer.Word("office.exposure.unfixed.", string(v.Unfixed)))
	}
	return code(excerpt(strings.Join(v.Fixed, " ")))
}
