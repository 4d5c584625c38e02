package office

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// rehearsed is over how many days a policy is rehearsed.
const rehearsed = 30

// addPolicy adds the pages of what acts by itself.
func (o *office) addPolicy() {
	s := o.site
	s.Page("GET /policy", readPolicy, o.policy)
	s.Page("GET /policy/edit", managePolicy, o.editPolicy)
	s.Action("POST /policy/rehearse", managePolicy, o.rehearse)
	s.Action("POST /policy", managePolicy, o.setPolicy)
}

// policyDetail is what the page shows.
type policyDetail struct {
	rules     ui.Table
	acts      bool
	hours     []ui.Fact
	open      bool // the desk works now
	deadlines ui.Table
	playbooks []playbookView
}

func (o *office) policy(r *web.Request) (web.View, error) {
	p, err := o.house.Policy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := policyDetail{rules: ruleTable(r, p.Rules), acts: len(p.Rules) > 0, deadlines: deadlineTable(r, o.house.Desk.Rules), playbooks: o.playbooks(r)}
	d.hours, d.open = o.hours(r), o.house.Desk.Calendar.Open(r.Now)
	page := ui.Page{Title: r.T("office.policy"), Active: "policy", Lead: r.T("office.policy.lead")}
	if r.May(access.ManagePolicy) {
		page.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.policy.change"), Href: "/policy/edit"}, ui.Primary, "")
	}
	return web.View{Page: page, Body: policyPage(d)}, nil
}

func ruleTable(r *web.Request, rules []desk.PolicyRule) ui.Table {
	t := ui.Table{ID: "rules", Caption: r.T("office.policy.rules"), Columns: []ui.Column{number(column("number", r.T("office.policy.number"))), wide(column("method", r.T("office.policy.does"))),
		column("class", r.T("office.class")), column("severity", r.T("office.policy.from")), number(column("confidence", r.T("office.policy.sure")))}}
	for i, rule := range rules {
		t.Rows = append(t.Rows, ui.Row{Key: strconv.Itoa(i), Label: strconv.Itoa(i + 1), Cells: cells(ui.Number(int64(i+1), ""), ui.Text(method(r, rule.Method)),
			whole(className(r, rule.Class)), ui.Severity(rule.Severity), whole(r.T("office.policy.least", phrase.Args{"share": r.Printer.Percent(float64(rule.Confidence) / 100)})))})
	}
	return t
}

// className names a class; none stands for all.
func className(r *web.Request, c candor.Class) string {
	if c == "" {
		return r.T("office.policy.all")
	}
	return r.Printer.Word("class.", string(c))
}

// policyRow is a rule as it is typed; its fields are numbered.
type policyRow struct {
	number                              int
	class, severity, confidence, method string
	err                                 string
}

func (p policyRow) field(name string) string { return "rule-" + strconv.Itoa(p.number) + "-" + name }

const (
	mostPolicy  = 200
	sparePolicy = 2
)

func (o *office) editPolicy(r *web.Request) (web.View, error) {
	p, err := o.house.Policy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	var rows []policyRow
	for _, rule := range p.Rules {
		rows = append(rows, policyRow{class: string(rule.Class), severity: rule.Severity.String(), confidence: strconv.Itoa(int(rule.Confidence)), method: rule.Method})
	}
	return o.policyForm(r, spare(rows), seal(p), "")
}

// spare numbers rows anew and adds some that are empty.
func spare(rows []policyRow) []policyRow {
	for range sparePolicy {
		if len(rows) < mostPolicy {
			rows = append(rows, policyRow{severity: candor.High.String(), confidence: "90"})
		}
	}
	for i := range rows {
		rows[i].number = i
	}
	return rows
}

// seal tells one policy from another, so that nobody overwrites what they have
// not seen.
func seal(p desk.Policy) string {
	data, err := json.Marshal(p)
	if err != nil {
		return "" // it has no way to fail
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

func policyFrame(r *web.Request, title string) ui.Page {
	return ui.Page{Title: title, Active: "policy", Crumbs: []ui.Link{{Text: r.T("office.policy"), Href: "/policy"}}}
}

func (o *office) policyForm(r *web.Request, rows []policyRow, seen, failed string) (web.View, error) {
	f := policyEdit{rows: rows, seen: seen, failed: failed, methods: []ui.Option{{Label: r.T("office.policy.none")}}, classes: []ui.Option{{Label: r.T("office.policy.all")}}}
	for _, m := range o.house.Methods {
		f.methods = append(f.methods, ui.Option{Value: m, Label: method(r, m)})
	}
	for _, s := range []candor.Severity{candor.Info, candor.Low, candor.Medium, candor.High, candor.Critical} {
		f.severities = append(f.severities, ui.Option{Value: s.String(), Label: r.T("office.policy.severity", phrase.Args{"severity": r.Printer.T("severity." + s.String())})})
	}
	for _, c := range candor.Classes() {
		f.classes = append(f.classes, ui.Option{Value: string(c), Label: className(r, c)})
	}
	page := policyFrame(r, r.T("office.policy.change"))
	page.Lead = r.T("office.policy.change.lead")
	v := web.View{Page: page, Body: policyEditPage(f)}
	if failed != "" || slices.ContainsFunc(rows, func(p policyRow) bool { return p.err != "" }) {
		v = v.Again()
	}
	return v, nil
}

// readPolicy takes the rows as they were typed. Rows without a response are
// left out of the policy.
func (o *office) readPolicy(r *web.Request) (p desk.Policy, rows []policyRow, bad bool) {
	for i := range mostPolicy {
		row := policyRow{number: i}
		if _, ok := r.PostForm[row.field("method")]; !ok {
			break
		}
		row.class, row.severity, row.confidence, row.method = r.Line(row.field("class")), r.Line(row.field("severity")), r.Line(row.field("confidence")), r.Line(row.field("method"))
		if row.method == "" || r.Yes(row.field("remove")) {
			continue
		}
		rule, ok := o.rule(row)
		if !ok {
			row.err, bad = r.T("office.policy.bad"), true
		}
		row.number = len(rows)
		p.Rules, rows = append(p.Rules, rule), append(rows, row)
	}
	return p, rows, bad
}

func (o *office) rule(row policyRow) (rule desk.PolicyRule, ok bool) {
	severity, err := candor.ParseSeverity(row.severity)
	confidence, err2 := strconv.ParseUint(row.confidence, 10, 8)
	rule = desk.PolicyRule{Class: candor.Class(row.class), Severity: severity, Confidence: candor.Confidence(confidence), Method: row.method}
	known := rule.Class == ""
	if !known {
		_, known = candor.ParseClass(row.class)
	}
	return rule, err == nil && err2 == nil && confidence <= 100 && known && slices.Contains(o.house.Methods, row.method)
}

// rehearse says what a policy would have done, and only then offers to save it.
func (o *office) rehearse(r *web.Request) (web.View, error) {
	p, rows, bad := o.readPolicy(r)
	if bad || r.Line("more") != "" {
		return o.policyForm(r, spare(rows), r.Line("seen"), "")
	}
	now, err := o.house.Policy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	dry, err := o.house.DryRunPolicy(r.Context(), r.Who, p, rehearsed)
	if err != nil {
		return web.View{}, err
	}
	d := rehearsalDetail{rows: rows, seen: r.Line("seen"), rules: ruleTable(r, p.Rules), changes: diffRules(r, now.Rules, p.Rules), dry: dry, acts: actTable(r, dry)}
	for _, a := range dry.Acts {
		if a.Denied == "" {
			d.would++
		}
	}
	return web.View{Page: policyFrame(r, r.T("office.policy.rehearsal")), Body: rehearsalPage(d)}, nil
}

// diffRules shows what changes, in words.
func diffRules(r *web.Request, before, after []desk.PolicyRule) []ui.DiffLine {
	return ui.Compare(ruleWords(r, before), ruleWords(r, after))
}

func ruleWords(r *web.Request, rules []desk.PolicyRule) (all []string) {
	for _, rule := range rules {
		all = append(all, r.T("office.policy.words", phrase.Args{"method": method(r, rule.Method), "class": className(r, rule.Class),
			"severity": r.Printer.T("severity." + rule.Severity.String()), "share": r.Printer.Percent(float64(rule.Confidence) / 100)}))
	}
	return all
}

const mostActs = 100 // that are shown

func actTable(r *web.Request, dry house.DryRun) ui.Table {
	t := ui.Table{ID: "acts", Caption: r.T("office.policy.acts"), Columns: []ui.Column{column("opened", r.T("office.case.opened")), wide(column("case", r.T("office.case"))),
		column("severity", r.T("office.severity")), column("method", r.T("office.policy.would")), number(column("rule", r.T("office.policy.rule")))}}
	for _, a := range dry.Acts[:min(len(dry.Acts), mostActs)] {
		href := "/cases/" + string(a.Case.ID)
		would, remark := ui.Text(method(r, a.Method)), ""
		if a.Denied != "" {
			would, remark = ui.Badge(r.T("office.policy.denied"), ui.Neutral), r.Printer.T("office.policy.denied."+a.Denied)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(a.Case.ID) + a.Method, Label: a.Case.Label(), Href: href, Muted: a.Denied != "", Cells: cells(
			ui.Time(a.Case.Opened), named(a.Case.Label()+" "+a.Case.Title, href, remark), ui.Severity(a.Case.Severity), would, ui.Number(int64(a.Rule), ""))})
	}
	return t
}

func (o *office) setPolicy(r *web.Request) (web.View, error) {
	p, rows, bad := o.readPolicy(r)
	if bad {
		return o.policyForm(r, spare(rows), r.Line("seen"), "")
	}
	now, err := o.house.Policy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	if seal(now) != r.Line("seen") {
		return o.policyForm(r, spare(rows), seal(now), r.T("office.policy.changed"))
	}
	if err := o.house.SetPolicy(r.Context(), r.Who, p); err != nil {
		return web.View{}, err
	}
	done := r.N("office.policy.saved", len(p.Rules))
	if len(p.Rules) == 0 {
		done = r.T("office.policy.saved.off")
	}
	return web.See("/policy").Say(ui.Good, done), nil
}

// sure is the field for how sure a case has to be.
func sure(ctx context.Context, p policyRow) ui.Input {
	return ui.Input{Name: p.field("confidence"), Label: phrase.T(ctx, "office.policy.sure"), Value: p.confidence, Error: p.err, Type: "number", Min: "0", Max: "100", Unit: "%", Short: true, Required: true}
}

func rehearsalTitle(ctx context.Context, d rehearsalDetail) string {
	return phrase.N(ctx, "office.policy.would.title", d.would, phrase.Args{"days": d.dry.Days})
}

func rehearsalText(ctx context.Context, d rehearsalDetail) string {
	text := phrase.N(ctx, "office.policy.would.cases", d.dry.Cases, phrase.Args{"days": d.dry.Days})
	if denied := len(d.dry.Acts) - d.would; denied > 0 {
		text += " " + phrase.N(ctx, "office.policy.would.denied", denied)
	}
	if d.dry.More {
		text += " " + phrase.T(ctx, "office.policy.would.more")
	}
	return text
}

// saveWords say what saving does.
func saveWords(ctx context.Context, d rehearsalDetail) string {
	if len(d.rows) == 0 {
		return phrase.T(ctx, "office.policy.save.off")
	}
	return phrase.N(ctx, "office.policy.save.what", len(d.rows))
}

// Render makes a list a value of facts: a dash for an empty one.
func (b bulletsOf) Render(ctx context.Context, w io.Writer) error {
	if len(b.all) == 0 {
		return ui.Absent().Render(ctx, w)
	}
	return ui.Bullets(b.all).Render(ctx, w)
}
