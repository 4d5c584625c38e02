package office

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/freetext"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addReports adds the pages of reports that came in.
func (o *office) addReports() {
	s := o.site
	s.Page("GET /reports", readCases, o.reports)
	s.Page("GET /reports/{id}", readCases, o.report)
	s.Page("GET /reports/{id}/message", readCases, o.reportMessage)
	s.Page("GET /reports/{id}/html/{part}", readCases, o.reportHTML)
	s.Action("POST /reports/{id}/complaints/{complaint}", actCases, o.decideComplaint)
	s.Action("POST /reports/{id}/complaints", actCases, o.addComplaint)
	s.Action("POST /reports/{id}/forget-profile", actCases, o.forgetTaught)
	s.Action("POST /reports/{id}/dismiss", actCases, o.dismissReport)
	o.addForwards()
	o.addReporterTokens()
}

func reportPath(id candor.ID) string { return "/reports/" + string(id) }

// waitingReports tells how many reports wait for a person.
func (o *office) waitingReports(ctx context.Context, who candor.Principal) (int, bool) {
	counts, err := o.house.ReportCounts(ctx, who)
	if err != nil {
		return 0, false // the page itself will say so
	}
	return int(counts[candor.ReportPerson]), false
}

func (o *office) reports(r *web.Request) (web.View, error) {
	state := web.FilterOne(r, "state", candor.ReportStates())
	f := candor.ReportFilter{Reporter: r.Query("reporter")}
	if state != "" {
		f.States = []candor.ReportState{state}
	}
	list, err := o.house.ReportList(r.Context(), r.Who, f, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	counts, err := o.house.ReportCounts(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: o.reportTable(r, list.Items), Cursor: web.Cursor(list), Label: r.T("office.state"), Tabs: []ui.Tab{{Text: r.T("office.reports.all"), Href: "/reports", Active: state == ""}}}
	for _, s := range candor.ReportStates() {
		if counts[s] == 0 && s != state && s != candor.ReportPerson {
			continue
		}
		text := r.T("office.reports.count", phrase.Args{"state": reportState(r, s), "count": r.Printer.Number(counts[s])})
		l.Tabs = append(l.Tabs, ui.Tab{Text: text, Href: "/reports?state=" + string(s), Active: s == state})
	}
	return web.View{Page: ui.Page{Title: r.T("office.reports"), Active: "reports", Lead: r.T("office.reports.lead"),
		Actions: ui.ButtonLink(ui.Link{Text: r.T("office.forwards.consents"), Href: forwardConsentsPath}, ui.Plain, "")}, Body: ui.ListPage(l)}, nil
}

func (o *office) reportTable(r *web.Request, all []candor.Report) ui.Table {
	t := ui.Table{ID: "reports", Caption: r.T("office.reports"), Empty: ui.Situation{Title: r.T("office.reports.none"), Text: r.T("office.reports.none.text")}, Columns: []ui.Column{
		wide(column("subject", r.T("office.reports.subject"))), column("state", r.T("office.state")), column("reporter", r.T("office.reports.reporter")),
		minor(column("format", r.T("office.reports.format"))), minor(number(column("complaints", r.T("office.reports.complaints")))), column("received", r.T("office.reports.received"))}}
	for _, x := range all {
		title := reportTitle(r, x)
		t.Rows = append(t.Rows, ui.Row{Key: string(x.ID), Label: title, Href: reportPath(x.ID), Muted: x.State == candor.ReportAutomatic || x.State == candor.ReportDuplicate, Cells: cells(
			anchor(title, reportPath(x.ID)), reportBadge(r, x.State), whole(x.Reporter), code(x.Format), count(x.Complaints), ui.Time(x.Received))})
	}
	return t
}

// reportTitle is the subject of a report, or what else names it.
func reportTitle(r *web.Request, x candor.Report) string {
	return excerpt(cmp.Or(x.Subject, x.Name, r.T("office.reports.untitled")))
}

func reportState(r *web.Request, s candor.ReportState) string {
	return r.Printer.Word("office.reports.state.", string(s))
}

func reportBadge(r *web.Request, s candor.ReportState) templ.Component {
	tone := map[candor.ReportState]ui.Tone{candor.ReportPerson: ui.Warn, candor.ReportNew: ui.Accent, candor.ReportFiled: ui.Good}[s]
	return ui.Badge(reportState(r, s), tone)
}

func complaintBadge(r *web.Request, s candor.ComplaintState) templ.Component {
	tone := map[candor.ComplaintState]ui.Tone{candor.ComplaintPerson: ui.Warn, candor.ComplaintFiled: ui.Good}[s]
	return ui.Badge(r.Printer.Word("office.complaints.state.", string(s)), tone)
}

// reportDetail is what the page of one report shows.
type reportDetail struct {
	house.ReportView
	note     ui.Message
	facts    []ui.Fact
	table    ui.Table
	cursor   ui.Cursor
	ask      *complaintAsk // the first of those that a person has to decide about
	added    form
	may      bool // decide
	texts    []markedText
	frames   []string // addresses of what is HTML
	problems []string
	named    ui.Table
	forwards forwardPart
	sender   senderPart
}

// complaintAsk is a complaint that a person has to decide about.
type complaintAsk struct {
	candor.Complaint
	form
	what   []ui.Fact
	assets []ui.Option
}

func (o *office) report(r *web.Request) (web.View, error) {
	return o.reportView(r, "", given("new-class", string(candor.Undetermined)))
}

// reportForward is the page of a report with a form about a forward that came back.
func (o *office) reportForward(r *web.Request, of candor.ID, back form) (web.View, error) {
	return o.reportPage(r, "", given("new-class", string(candor.Undetermined)), of, back)
}

// reportView is the page of a report; bad is the form that came back, of a
// complaint or of one that is added.
func (o *office) reportView(r *web.Request, of candor.ID, back form) (web.View, error) {
	return o.reportPage(r, of, back, r.FilterID("forward"), form{})
}

func (o *office) reportPage(r *web.Request, of candor.ID, back form, chosen candor.ID, bad form) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.ReportView(r.Context(), r.Who, id, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	d := reportDetail{ReportView: v, may: r.May(access.ActCases), added: given("new-class", string(candor.Undetermined)), facts: o.reportFacts(r, v.Report), table: o.complaintTable(r, v), cursor: web.Cursor(v.Complaints)}
	if v.Why != "" {
		d.note = ui.Message{Tone: ui.Warn, Title: r.T("office.reports.person"), Text: whyText(r, v.Why)}
	}
	if of == "" {
		d.added = back
	}
	i := slices.IndexFunc(v.Complaints.Items, func(c candor.Complaint) bool { return c.State == candor.ComplaintPerson && (of == "" || c.ID == of) })
	if d.may && i >= 0 {
		c := v.Complaints.Items[i]
		d.ask = &complaintAsk{Complaint: c, form: given("class", string(c.Class), "asset", string(likely(c)), "kind", c.Kind, "value", c.Value), what: o.complaintFacts(r, c), assets: o.candidateOptions(r, v, c)}
		if c.ID == of {
			d.ask.form = back
		}
	}
	if d.forwards, err = o.forwards(r, v.Report, chosen, bad); err != nil {
		return web.View{}, err
	}
	if d.sender, err = o.senderPart(r, v, d.may); err != nil {
		return web.View{}, err
	}
	o.readMessage(r, &d)
	title := reportTitle(r, v.Report)
	view := web.View{Frames: true, Body: reportPage(d), Page: ui.Page{Title: title, Active: "reports", Crumbs: []ui.Link{{Text: r.T("office.reports"), Href: "/reports"}}}}
	if v.SHA256 != "" {
		view.Page.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.reports.message"), Href: reportPath(id) + "/message"}, ui.Plain, "download")
	}
	if back.bad() || bad.bad() {
		view = view.Again()
	}
	return view, nil
}

// whyText is why something is in its state, in the reader's language where the
// catalogue has it: what a parser says stays as it is.
func whyText(r *web.Request, why string) string {
	reason, ok := house.ReadReason(why)
	if !ok {
		return why
	}
	return reasonText(r, reason)
}

func reasonText(r *web.Request, reason house.Reason) string {
	args := phrase.Args{}
	for name, v := range reason.Values {
		args[name] = v
	}
	for name, inner := range reason.Reasons {
		args[name] = reasonText(r, inner)
	}
	return r.T(reason.Key, args)
}

// likely is the asset that a complaint is probably about.
func likely(c candor.Complaint) candor.ID {
	if len(c.Candidates) == 1 {
		return c.Candidates[0].Asset
	}
	return ""
}

// candidateOptions are the assets that a complaint may be about: with whose each is,
// how that is known, and from when until when it held what is complained about.
func (o *office) candidateOptions(r *web.Request, v house.ReportView, c candor.Complaint) (all []ui.Option) {
	people := o.names(r)
	for _, x := range c.Candidates {
		a := v.Assets[x.Asset]
		all = append(all, ui.Option{Value: string(x.Asset), Label: a.Name + " · " + people.partyOf(cmp.Or(x.Party, a.Owner)).Name, Hint: r.Printer.Word("office.complaints.how.", x.How) + r.T("office.list.comma") + held(r, x) + lying(r, x)})
	}
	return all
}

// lying is where the file lies for which somebody is a candidate.
func lying(r *web.Request, x candor.Candidate) string {
	if x.Path == "" {
		return ""
	}
	return r.T("office.list.comma") + x.Path
}

// held is the period in which a candidate held something.
func held(r *web.Request, x candor.Candidate) string {
	zone := r.Zone
	since, until := r.Printer.Time(x.Since, zone), r.Printer.Time(x.Until, zone)
	switch {
	case x.Since.IsZero() && x.Until.IsZero():
		return r.T("office.complaints.held.always")
	case x.Since.IsZero():
		return r.T("office.complaints.held.until", phrase.Args{"until": until})
	case x.Until.IsZero():
		return r.T("office.complaints.held.since", phrase.Args{"since": since})
	}
	return r.T("office.complaints.held", phrase.Args{"since": since, "until": until})
}

func (o *office) reportFacts(r *web.Request, x candor.Report) []ui.Fact {
	facts := []ui.Fact{
		{Label: r.T("office.state"), Value: reportBadge(r, x.State)},
		{Label: r.T("office.reports.reporter"), Value: ui.OrAbsent(x.Reporter)},
		{Label: r.T("office.reports.received"), Value: ui.Time(x.Received)},
		{Label: r.T("office.reports.way"), Value: ui.Text(r.Printer.Word("office.reports.way.", x.Way))},
		{Label: r.T("office.reports.format"), Value: code(x.Format)},
		{Label: r.T("office.reports.confidence"), Value: ui.Confidence(x.Confidence)},
	}
	if x.Reference != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.reports.reference"), Value: code(x.Reference)})
	}
	if x.TLP != "" {
		facts = append(facts, ui.Fact{Label: "TLP", Value: ui.Text(strings.ToUpper(x.TLP))})
	}
	if x.Same != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.reports.same"), Value: anchor(r.T("office.reports.same.link"), reportPath(x.Same))})
	}
	if x.Case != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.reports.case"), Value: anchor(r.T("office.reports.case.link"), "/cases/"+string(x.Case))})
	}
	if x.By != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.reports.by"), Value: ui.Text(o.names(r).who(x.By))})
	}
	if x.SHA256 != "" {
		facts = append(facts, ui.Fact{Label: "SHA-256", Value: ui.Digest(x.SHA256)}, ui.Fact{Label: r.T("office.reports.size"), Value: ui.Bytes(x.Size)})
	}
	return facts
}

func (o *office) complaintTable(r *web.Request, v house.ReportView) ui.Table {
	t := ui.Table{ID: "complaints", Caption: r.T("office.complaints"), Empty: ui.Situation{Title: r.T("office.complaints.none")}, Columns: []ui.Column{
		wide(column("value", r.T("office.complaints.value"))), column("class", r.T("office.complaints.class")), column("state", r.T("office.state")),
		column("asset", r.T("office.complaints.asset")), minor(column("when", r.T("office.complaints.when")))}}
	for _, c := range v.Complaints.Items {
		asset := ui.Absent()
		if c.Asset != "" {
			asset = anchor(v.Assets[c.Asset].Name, assetPath(c.Asset))
		}
		state := complaintBadge(r, c.State)
		if c.Case != "" {
			state = ui.Together(state, anchor(r.T("office.reports.case.link"), "/cases/"+string(c.Case)))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Value, Cells: cells(resource(c), ui.Class(c.Class), state, asset, told(c))})
	}
	return t
}

// resource is what a complaint is about.
func resource(c candor.Complaint) templ.Component {
	if c.Value == "" {
		return ui.Absent()
	}
	text := c.Value
	if c.Port != 0 {
		text += fmt.Sprintf(" (%d)", c.Port)
	}
	return ui.Mono(text)
}

// told is the time of a complaint; one without a zone as the report has it.
func told(c candor.Complaint) templ.Component {
	switch {
	case !c.First.IsZero():
		return ui.ExactTime(c.First)
	case c.Told != "":
		return ui.Mono(excerpt(c.Told))
	}
	return ui.Absent()
}

func (o *office) complaintFacts(r *web.Request, c candor.Complaint) []ui.Fact {
	facts := []ui.Fact{{Label: r.T("office.complaints.value"), Value: resource(c)}, {Label: r.T("office.complaints.when"), Value: told(c)}}
	if c.Why != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.complaints.why"), Value: ui.Text(whyText(r, c.Why))})
	}
	if c.Note != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.complaints.note"), Value: ui.Text(c.Note)})
	}
	if c.Evidence != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.complaints.evidence"), Value: ui.Mono(excerpt(c.Evidence))})
	}
	return facts
}

func (o *office) reportMessage(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	x, body, err := o.house.ReportMessage(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	if r.Method == http.MethodHead { // nothing is written
		if err := body.Close(); err != nil {
			return web.View{}, err
		}
	}
	name := "report-" + string(x.ID) + ".eml.txt" // no mail program opens it by itself
	return web.View{Send: &web.File{Name: name, Type: "application/octet-stream", Write: func(w io.Writer) error {
		defer body.Close()
		_, err := io.Copy(w, body)
		return err
	}}}, nil
}

func (o *office) reportHTML(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	m, err := o.house.ReportMail(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	n, err := strconv.Atoi(r.PathValue("part"))
	parts := htmlParts(m)
	if err != nil || n < 0 || n >= len(parts) {
		return web.View{}, fmt.Errorf("part of report %s: %w", id, candor.ErrNotFound)
	}
	return web.View{Strange: []byte(parts[n])}, nil
}

func (o *office) decideComplaint(r *web.Request) (web.View, error) {
	f := typed(r, "class", "asset", "other", "kind", "value", "state")
	id, err := r.ID("complaint")
	if err != nil {
		return web.View{}, err
	}
	return o.decideReport(r, f, "other", house.ComplaintDecision{Complaint: id, State: candor.ComplaintState(f.values["state"]), Class: candor.Class(f.values["class"]),
		Kind: intake.Kind(f.values["kind"]), Value: f.values["value"], Asset: candor.ID(cmp.Or(f.values["other"], f.values["asset"]))})
}

func (o *office) addComplaint(r *web.Request) (web.View, error) {
	f := typed(r, "new-class", "new-asset", "new-kind", "new-value")
	return o.decideReport(r, f, "new-asset", house.ComplaintDecision{State: candor.ComplaintFiled, Class: candor.Class(f.values["new-class"]),
		Kind: intake.Kind(f.values["new-kind"]), Value: f.values["new-value"], Asset: candor.ID(f.values["new-asset"])})
}

// decideReport has the house decide; asset is the field that names one.
func (o *office) decideReport(r *web.Request, f form, asset string, d house.ComplaintDecision) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	version, err := r.Int("version")
	if err != nil {
		return web.View{}, err
	}
	if d.State == candor.ComplaintFiled && d.Asset == "" {
		f.refuse(asset, r.T("office.complaints.asset.bad"))
		return o.reportView(r, d.Complaint, f)
	}
	if err := o.house.DecideReport(r.Context(), r.Who, id, version, []house.ComplaintDecision{d}); err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
		return o.reportView(r, d.Complaint, f)
	}
	return web.See(reportPath(id)).Say(ui.Good, r.T("office.complaints.decided")), nil
}

func (o *office) dismissReport(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	version, err := r.Int("version")
	if err == nil {
		err = o.house.DismissReport(r.Context(), r.Who, id, version)
	}
	return web.See("/reports").Say(ui.Good, r.T("office.reports.dismissed")), err
}

// incidentOptions are all classes.
func incidentOptions(p phrase.Printer) (all []ui.Option) {
	for _, c := range candor.Classes() {
		all = append(all, ui.Option{Value: string(c), Label: p.Word("class.", string(c))})
	}
	return all
}

func kindOptions(p phrase.Printer) (all []ui.Option) {
	for _, k := range []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Domain, intake.Hash, intake.Mail} {
		all = append(all, ui.Option{Value: string(k), Label: p.Word("office.complaints.kind.", string(k))})
	}
	return all
}

// readMessage puts into a page what the message says, with what it names marked.
// A message that cannot be read leaves the page without.
func (o *office) readMessage(r *web.Request, d *reportDetail) {
	m, got, err := o.house.ReportReading(r.Context(), r.Who, d.ID)
	if err != nil || m == nil {
		return
	}
	d.problems = m.Problems
	for i := range htmlParts(m) {
		d.frames = append(d.frames, reportPath(d.ID)+"/html/"+strconv.Itoa(i))
	}
	for i, text := range got.Texts {
		if i == 0 || strings.TrimSpace(text) == "" {
			continue // the subject is the title
		}
		d.texts = append(d.texts, mark(text, i, got))
	}
	d.named = weighedTable(r, got)
}

func weighedTable(r *web.Request, got freetext.Reading) ui.Table {
	t := ui.Table{ID: "weighed", Caption: r.T("office.reports.weighed"), Columns: []ui.Column{column("value", r.T("office.complaints.value")),
		column("role", r.T("office.complaints.role")), number(column("confidence", r.T("office.reports.confidence"))), minor(wide(column("why", r.T("office.complaints.why"))))}}
	for _, w := range got.Why[:min(len(got.Why), 30)] {
		var why []string
		for _, f := range w.Features[:min(len(w.Features), 4)] {
			why = append(why, fmt.Sprintf("%s %+.1f", f.Name, f.Weight))
		}
		t.Rows = append(t.Rows, ui.Row{Key: w.Value, Label: w.Value, Cells: cells(ui.Mono(w.Value), whole(r.Printer.Word("office.complaints.role.", string(w.Role))),
			ui.Number(int64(w.Confidence), "%"), code(strings.Join(why, ", ")))})
	}
	return t
}

// run is a piece of a text; one that names something says how likely it is that
// it is complained about.
type run struct {
	text  string
	named bool
	title string
	loud  bool
}

// markedText is a text of a message with what it names marked.
type markedText struct {
	runs []run
	cut  bool // there is more of it
}

// Render writes the text: white space counts in it, and templates add some.
func (m markedText) Render(_ context.Context, w io.Writer) error {
	var b strings.Builder
	b.WriteString(`<pre class="message" dir="auto" tabindex="0">`)
	for _, r := range m.runs {
		switch text := html.EscapeString(r.text); {
		case !r.named:
			b.WriteString(text)
		case r.loud:
			fmt.Fprintf(&b, `<mark class="loud" title="%s">%s</mark>`, html.EscapeString(r.title), text)
		default:
			fmt.Fprintf(&b, `<mark title="%s">%s</mark>`, html.EscapeString(r.title), text)
		}
	}
	b.WriteString("</pre>")
	_, err := io.WriteString(w, b.String())
	return err
}

// mostText is how many bytes of a text a page shows.
const mostText = 64 << 10

// mark marks what a text names.
func mark(text string, of int, got freetext.Reading) markedText {
	type place struct {
		freetext.Place
		w freetext.Weighed
	}
	var places []place
	for _, w := range got.Why {
		for _, p := range w.Places {
			if p.Text == of && p.Start >= 0 && p.Start < p.End && p.End <= min(len(text), mostText) {
				places = append(places, place{p, w})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	var m markedText
	at := 0
	for _, p := range places {
		if p.Start < at {
			continue
		}
		m.runs = append(m.runs, run{text: text[at:p.Start]}, run{text: text[p.Start:p.End], named: true, loud: p.w.Role.Blamed(), title: fmt.Sprintf("%s %d %%", p.w.Role, p.w.Confidence)})
		at = p.End
	}
	end := len(intake.Cut(text, mostText))
	m.cut = end < len(text)
	if at < end {
		m.runs = append(m.runs, run{text: text[at:end]})
	}
	return m
}
