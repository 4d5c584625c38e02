package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond/isolate"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// stateForm gives a case another state.
func (c *console) stateForm() caseForm {
	return caseForm{name: "state", field: "state",
		question: func(r *web.Request, v house.CaseView, d draft) ui.Confirmation {
			q := question(r, v, "state", r.Fields("version", strconv.FormatInt(v.Case.Version, 10)))
			q.What = []string{r.T("console.ask.state.what"), r.T("console.ask.state.public", phrase.Args{"party": v.Party.Name})}
			choices := web.Options(r, "case.state.", v.Next)
			for i, s := range v.Next {
				choices[i].Hint = stateHint(r, v, s)
			}
			q.Form = d.fields(ui.Radios(d.input(ui.Input{Name: "state", Label: r.T("console.state.new"), Value: first(v.Next)}), choices),
				ui.TextArea(d.input(ui.Input{Name: "note", Label: r.T("console.note"), Hint: r.T("console.note.public")}), 3))
			return q
		},
		act: func(r *web.Request, v house.CaseView) (web.View, error) {
			version, err := r.Int("version")
			if err != nil {
				return web.View{}, err
			}
			to := candor.CaseState(r.Line("state"))
			if !slices.Contains(candor.CaseStates(), to) {
				return web.View{}, candor.WithHint(fmt.Errorf("there is no state %.40q: %w", to, candor.ErrInvalid), "Choose a state.")
			}
			if err := c.house.SetState(r.Context(), r.Who, v.Case.ID, version, to, r.Text("note")); err != nil {
				return web.View{}, err
			}
			m := ui.Message{Tone: ui.Good, Title: r.T("console.state.changed", phrase.Args{"case": v.Case.Label(), "state": r.Printer.T("case.state." + string(to))})}
			if v.Case.State != candor.CaseNew && to != candor.CaseFalseAlarm {
				m.Undo = undo(r, casePath(v.Case.ID)+"/state", "state", string(v.Case.State), "version", strconv.FormatInt(v.Case.Version+1, 10))
			}
			return web.See(casePath(v.Case.ID)).SayAll(m), nil
		}}
}

func first(all []candor.CaseState) string {
	if len(all) == 0 {
		return ""
	}
	return string(all[0])
}

// stateHint says what a state means, and what follows from it.
func stateHint(r *web.Request, v house.CaseView, s candor.CaseState) string {
	if s == candor.CaseFalseAlarm {
		return r.N("console.state.hint.false-alarm", v.Case.Open)
	}
	if s == candor.CaseTriaged && !v.Case.State.Open() {
		return r.T("console.state.hint.reopen")
	}
	return r.Printer.T("console.state.hint." + string(s))
}

// proposeForm plans a response and files it for approval.
func (c *console) proposeForm() caseForm {
	return caseForm{name: "propose", field: "reason", question: c.proposal,
		act: func(r *web.Request, v house.CaseView) (web.View, error) {
			var expires time.Time
			if r.Line("expires") != "" {
				day, err := r.Moment("expires")
				if err != nil {
					return web.View{}, err
				}
				expires = day.In(r.Zone).AddDate(0, 0, 1) // to the end of that day
			}
			basis, err := chosenBasis(r)
			if err != nil {
				return web.View{}, err
			}
			x, err := c.house.ProposeFor(r.Context(), r.Who, house.Proposal{Case: v.Case.ID, Method: r.Line("method"), Reason: r.Text("reason"), Expires: expires, Basis: basis, Level: isolate.Level(r.Line("level"))})
			if err != nil {
				return web.View{}, err
			}
			return web.See(responsePath(x.ID)).SayAll(ui.Message{Tone: ui.Good, Title: r.T("console.proposed"), Text: r.T("console.proposed.text")}), nil
		}}
}

// chosenBasis is what a response rests on, as the form says: by itself the
// agreement that allows it.
func chosenBasis(r *web.Request) (candor.Basis, error) {
	b := candor.Basis{Kind: candor.BasisKind(r.Line("basis")), Terms: r.Line("terms"), Clause: r.Line("clause")}
	switch b.Kind {
	case candor.ByLaw:
		return b, nil
	case candor.ByConsent:
		given, err := r.Moment("given")
		b.Accepted = given.UTC()
		return b, err
	}
	return candor.Basis{}, nil
}

// basisFields let another basis than the agreement be chosen.
func basisFields(r *web.Request, d draft) templ.Component {
	return folded(r.T("console.rests.other"), basisChoice(r, d, candor.ByAgreement)...)
}

// basisChoice are the fields that say on what a response rests.
func basisChoice(r *web.Request, d draft, first candor.BasisKind) []templ.Component {
	kinds := []ui.Option{{Value: string(candor.ByAgreement), Label: r.T("console.rests.agreement")}, {Value: string(candor.ByConsent), Label: r.T("console.rests.consent")},
		{Value: string(candor.ByLaw), Label: r.T("console.rests.law")}}
	return []templ.Component{
		ui.SelectField(d.input(ui.Input{Name: "basis", Label: r.T("console.rests.kind"), Value: string(first), Required: true}), kinds),
		ui.TextField(d.input(ui.Input{Name: "terms", Label: r.T("console.rests.terms"), Hint: r.T("console.rests.terms.hint")})),
		ui.TextField(d.input(ui.Input{Name: "clause", Label: r.T("console.rests.clause")})),
		ui.TextField(d.input(ui.Input{Name: "given", Type: "date", Label: r.T("console.rests.given")})),
	}
}

// proposal says what proposing a response leads to, before anything is planned.
func (c *console) proposal(r *web.Request, v house.CaseView, d draft) ui.Confirmation {
	method := d.value("method", r.Query("method"))
	if methods := methodsFor(c.house.Methods, v.Asset); !slices.Contains(methods, method) && len(methods) > 0 {
		method = methods[0]
	}
	names := phrase.Args{"party": v.Party.Name, "asset": v.Asset.Name, "method": methodName(r.Printer, method)}
	q := question(r, v, "propose", r.Fields("method", method), names)
	if key := "console.propose." + method; r.Printer.Has(key) {
		q.What = append(q.What, r.Printer.T(key, names))
	}
	q.What = append(q.What, r.T("console.ask.propose.what"))
	var warnings []string
	agreed := slices.IndexFunc(v.Agreements, func(a candor.Agreement) bool { return a.InForce(r.Now) && slices.Contains(a.Allows, method) })
	if agreed < 0 {
		warnings = append(warnings, r.T("console.propose.nobasis", names))
	} else {
		a := v.Agreements[agreed]
		q.What = append(q.What, r.T("console.propose.basis", phrase.Args{"terms": a.Terms, "version": a.Version}))
	}
	if method != "notify" && v.Asset.ObserveOnly {
		warnings = append(warnings, r.T("console.propose.observe", names))
	}
	reason := ui.TextArea(d.input(ui.Input{Name: "reason", Label: r.T("console.reason"), Hint: r.T("console.reason.hint")}), 3)
	if method == "notify" {
		q.Form = d.fields(warned(warnings), reason, basisFields(r, d))
		return q
	}
	if method == isolate.Name {
		q.Form = d.fields(warned(warnings), levels(r, d), reason, ui.TextField(d.input(ui.Input{Name: "expires", Type: "date", Label: r.T("console.expires"), Hint: r.T("console.expires.hint")})), basisFields(r, d))
		return q
	}
	q.Form = d.fields(warned(warnings), reason, ui.TextField(d.input(ui.Input{Name: "expires", Type: "date", Label: r.T("console.expires"), Hint: r.T("console.expires.hint")})), basisFields(r, d))
	return q
}

// levels lets how much of the network a line is kept from be chosen.
func levels(r *web.Request, d draft) templ.Component {
	return ui.SelectField(d.input(ui.Input{Name: "level", Label: r.T("console.level"), Value: string(isolate.WalledGarden), Required: true}),
		web.Options(r, "console.level.", isolate.Levels()))
}

// methodsFor are the methods of response that make sense for an asset.
func methodsFor(methods []string, a candor.Asset) []string {
	return slices.DeleteFunc(slices.Clone(methods), func(m string) bool {
		return m == isolate.Name && a.Kind != candor.Line || m == "quarantine" && a.Kind == candor.Line
	})
}

// moment is how HTML's datetime-local is written.
const moment = "2006-01-02T15:04"

// awareForm starts the clocks of the duties to authorities.
func (c *console) awareForm() caseForm {
	return caseForm{name: "aware", field: "aware",
		question: func(r *web.Request, v house.CaseView, d draft) ui.Confirmation {
			q := question(r, v, "aware", r.Fields())
			q.What = []string{r.T("console.ask.aware.what"), r.T("console.ask.aware.clocks")}
			zone, _ := r.Now.In(r.Zone).Zone()
			q.Form = d.fields(ui.TextField(d.input(ui.Input{Name: "aware", Type: "datetime-local", Label: r.T("console.aware"),
				Hint: r.T("console.aware.hint", phrase.Args{"zone": zone}), Value: r.Now.In(r.Zone).Format(moment), Required: true})))
			return q
		},
		act: func(r *web.Request, v house.CaseView) (web.View, error) {
			at, err := r.Moment("aware")
			if err == nil && at.IsZero() {
				err = candor.WithHint(fmt.Errorf("no time is given: %w", candor.ErrInvalid), "Give the time.")
			}
			if err != nil {
				return web.View{}, err
			}
			if err := c.house.Aware(r.Context(), r.Who, v.Case.ID, at); err != nil {
				return web.View{}, err
			}
			return web.See(casePath(v.Case.ID)).Say(ui.Good, r.T("console.aware.started")), nil
		}}
}

// reports are the deadlines of a case that ask for a report.
func reports(r *web.Request, v house.CaseView) (all []ui.Option) {
	for _, d := range v.Deadlines {
		if d.Outstanding() && toAuthority(d.Rule) {
			all = append(all, ui.Option{Value: d.Rule, Label: ruleName(r.Printer, d.Rule)})
		}
	}
	return all
}

// submittedForm notes that a report was submitted.
func (c *console) submittedForm() caseForm {
	return caseForm{name: "submitted", field: "rule",
		question: func(r *web.Request, v house.CaseView, d draft) ui.Confirmation {
			q := question(r, v, "submitted", r.Fields())
			q.What = []string{r.T("console.ask.submitted.what"), r.T("console.ask.submitted.next")}
			q.Form = d.fields(ui.SelectField(d.input(ui.Input{Name: "rule", Label: r.T("console.submitted.rule"), Value: r.Query("rule"), Required: true}), reports(r, v)))
			return q
		},
		act: func(r *web.Request, v house.CaseView) (web.View, error) {
			rule := r.Line("rule")
			if !slices.ContainsFunc(reports(r, v), func(o ui.Option) bool { return o.Value == rule }) {
				return web.View{}, candor.WithHint(fmt.Errorf("no deadline %.40q runs: %w", rule, candor.ErrInvalid), "Choose a deadline that runs.")
			}
			if err := c.house.Submitted(r.Context(), r.Who, v.Case.ID, rule); err != nil {
				return web.View{}, err
			}
			return web.See(casePath(v.Case.ID)).Say(ui.Good, r.T("console.submitted", phrase.Args{"rule": ruleName(r.Printer, rule)})), nil
		}}
}

// linkForm links two cases.
func (c *console) linkForm() caseForm {
	return caseForm{name: "link", field: "other",
		question: func(r *web.Request, v house.CaseView, d draft) ui.Confirmation {
			q := question(r, v, "link", r.Fields())
			q.What = []string{r.T("console.ask.link.what")}
			q.Form = d.fields(ui.TextField(d.input(ui.Input{Name: "other", Label: r.T("console.link.other"), Hint: r.T("console.link.hint"), Required: true, Short: true, Autocomplete: "off"})))
			return q
		},
		act: func(r *web.Request, v house.CaseView) (web.View, error) {
			other, err := c.byLabel(r, strings.TrimSpace(r.Line("other")))
			if err != nil {
				return web.View{}, candor.WithHint(fmt.Errorf("link %.40q: %w", r.Line("other"), candor.ErrInvalid), "Write the number of a case, such as C-12.")
			}
			if err := c.house.Link(r.Context(), r.Who, v.Case.ID, other.ID); err != nil {
				return web.View{}, err
			}
			return web.See(casePath(v.Case.ID)).Say(ui.Good, r.T("console.linked", phrase.Args{"case": other.Label()})), nil
		}}
}
