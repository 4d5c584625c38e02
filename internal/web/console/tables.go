package console

import (
	"github.com/a-h/templ"

	"candor"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// tableOf says which table is made of some rows.
type tableOf struct {
	id    string
	few   bool     // a short list on a page of more: no sorting, fewer columns
	bulk  *ui.Bulk // nil without selection
	empty ui.Situation
}

func (o tableOf) table(r *web.Request, caption string, columns ...ui.Column) ui.Table {
	t := ui.Table{ID: o.id, Caption: caption, Bulk: o.bulk, Empty: o.empty, Columns: columns}
	if o.few {
		for i := range t.Columns {
			t.Columns[i].Sortable = false
		}
		return t
	}
	t.Sort = r.Query(ui.SortParameter)
	return t
}

// caseTable lists cases: in short lists without what is the same in all of
// their rows.
func caseTable(r *web.Request, n *names, o tableOf, cases []candor.Case) ui.Table {
	columns := []ui.Column{largest(column("severity", r.T("console.severity"))), wide(column("title", r.T("console.case"))), column("state", r.T("console.state"))}
	if !o.few {
		columns = append(columns, minor(column("assignee", r.T("console.assignee"))), number(minor(column("findings", r.T("console.findings.open")))))
	}
	t := o.table(r, r.T("console.cases"), append(columns, sorted(column("due", r.T("console.due"))), minor(largest(column("opened", r.T("console.opened")))))...)
	for _, c := range cases {
		href := casePath(c.ID)
		row := cells(ui.Severity(c.Severity), ui.Together(below(r.Printer.CaseTitle(c.Title), href, c.Label()+" · "+n.partyName(c.Party)), doubt(r, c.Good)), ui.State(c.State))
		if !o.few {
			row = append(row, name(n.userName(c.Assignee)), ui.Number(int64(c.Open), ""))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Label(), Href: href, Muted: !c.State.Open(), Cells: append(row, ui.Due(c.Due), ui.Time(c.Opened))})
	}
	return t
}

// doubt says that something is probably a false alarm, if it is.
func doubt(r *web.Request, good bool) templ.Component {
	if !good {
		return nil
	}
	return ui.Badge(r.T("console.good"), ui.Neutral)
}

// goodFilter asks whether contents are known to be good.
func goodFilter(r *web.Request) ui.Filter {
	return ui.Filter{Name: "good", Label: r.T("console.good.as"), Kind: ui.Choice, Options: []ui.Option{{Value: "yes", Label: r.T("console.good.yes")}, {Value: "no", Label: r.T("console.good.no")}}}
}

// name is a name in a narrow column.
func name(s string) templ.Component {
	if s == "" {
		return ui.Absent()
	}
	return unbroken(short(s, 24))
}

// findingTable lists findings.
func findingTable(r *web.Request, n *names, o tableOf, findings []candor.FiledFinding) ui.Table {
	t := o.table(r, r.T("console.findings"), largest(column("severity", r.T("console.severity"))), wide(sorted(column("rule", r.T("console.finding")))),
		column("state", r.T("console.state")),
		number(minor(column("places", r.T("console.places")))), minor(column("digest", r.T("console.content"))), largest(column("first_seen", r.T("console.first"))))
	for _, f := range findings {
		t.Rows = append(t.Rows, ui.Row{Key: string(f.ID), Label: f.Rule, Href: findingPath(f.ID), Muted: f.State != candor.FindingOpen, Cells: cells(
			ui.Severity(f.Severity), ui.Together(placed(f.Rule, n.assetName(f.Asset), f.Path, findingPath(f.ID)), doubt(r, f.Good != "")), ui.FindingState(f.State),
			ui.Number(int64(f.Places), ""), content(f.SHA256), ui.Time(f.First))})
	}
	return t
}

// responseTable lists responses.
func responseTable(r *web.Request, n *names, o tableOf, responses []candor.Response) ui.Table {
	t := o.table(r, r.T("console.responses"), wide(column("what", r.T("console.response"))), column("state", r.T("console.state")),
		minor(column("by", r.T("console.response.by"))), minor(column("expires", r.T("console.response.expires"))), largest(column("created", r.T("console.response.created"))))
	for _, x := range responses {
		href := responsePath(x.ID)
		label := methodName(r.Printer, x.Method)
		towards := n.partyName(x.Party)
		if x.Asset != "" {
			towards = n.assetName(x.Asset) + " · " + towards
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(x.ID), Label: label + ", " + n.partyName(x.Party), Href: href, Muted: over(x.State), Cells: cells(
			ui.Together(below(label, href, towards), failed(x)), ui.ResponseState(x.State), name(n.who(x.By)), expires(x), ui.Time(x.Created))})
	}
	return t
}

// over tells whether nothing more becomes of a response.
func over(s candor.ResponseState) bool {
	return s == candor.ResponseRefused || s == candor.ResponseUndone
}

// failed is why a response failed, beside its name.
func failed(x candor.Response) templ.Component {
	if x.State != candor.ResponseFailed || x.Error == "" {
		return nil
	}
	return quiet(short(x.Error, 120))
}

func expires(x candor.Response) templ.Component {
	if x.Expires.IsZero() {
		return ui.Absent()
	}
	return ui.Time(x.Expires)
}

// digest is a digest, or the place that stands for one where there is no content.
func digest(sha256 string) templ.Component {
	if !sha256Words.MatchString(sha256) {
		return ui.Absent()
	}
	return ui.Digest(sha256)
}

// content is the beginning of a digest, and leads to all findings of it.
func content(sha256 string) templ.Component {
	if !sha256Words.MatchString(sha256) {
		return ui.Absent()
	}
	return contentLink(sha256)
}

// short cuts a text to so many letters.
func short(s string, most int) string {
	letters := []rune(s)
	if len(letters) <= most {
		return s
	}
	return string(letters[:most-1]) + "…"
}
