package office

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addCampaignForms adds what drafts, starts and stops campaigns.
func (o *office) addCampaignForms() {
	o.site.Page("GET /campaigns/new", managePolicy, o.newCampaign)
	o.site.Action("POST /campaigns/new", managePolicy, o.addCampaign)
	for _, step := range campaignSteps() {
		o.site.Page("GET /campaigns/{id}/"+step.name, managePolicy, o.askCampaign(step))
		o.site.Action("POST /campaigns/{id}/"+step.name, managePolicy, o.doCampaign(step))
	}
}

// campaignForm is the form of a draft.
type campaignForm struct {
	form
	terms, silences []ui.Option
	policies        []policyField
}

// policyField is the field of what silence means in a language.
type policyField struct{ name, label, tag string }

func (o *office) newCampaign(r *web.Request) (web.View, error) {
	return o.campaignFormView(r, given("terms", r.Query("terms"), "silence", string(campaign.Keep), "reminders", "7, 14, 21"))
}

// askedAbout are the terms that a campaign can ask about: published, changed
// materially, and not over.
func askedAbout(r *web.Request, all []consent.Terms) (some []consent.Terms) {
	for _, v := range all {
		if v.State == consent.Published && v.Material && (v.Ended.IsZero() || r.Now.Before(v.Ended)) {
			some = append(some, v)
		}
	}
	return some
}

func (o *office) campaignFormView(r *web.Request, f form) (web.View, error) {
	all, err := o.house.Terms(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	x := campaignForm{form: f, silences: []ui.Option{{Value: string(campaign.Keep), Label: r.T("office.campaign.silence.keep")}, {Value: string(campaign.End), Label: r.T("office.campaign.silence.end")}}}
	for _, v := range askedAbout(r, all) {
		x.terms = append(x.terms, ui.Option{Value: string(v.ID), Label: termsTitle(r.Printer, v) + " " + v.Label})
	}
	for _, tag := range o.site.Phrases.Languages() {
		x.policies = append(x.policies, policyField{"policy-" + tag, r.T("office.campaign.policy.in", phrase.Args{"language": languageName(r, tag)}), tag})
	}
	v := web.View{Body: campaignFormPage(x), Page: ui.Page{Title: r.T("office.campaign.new"), Active: "campaigns", Lead: r.T("office.campaign.new.lead"),
		Crumbs: []ui.Link{{Text: r.T("office.campaigns"), Href: "/campaigns"}}}}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

// fields are all that can be wrong, in their order on the page.
func (x campaignForm) fields() []string {
	all := []string{"terms", "silence"}
	for _, p := range x.policies {
		all = append(all, p.name)
	}
	return append(all, "starts", "deadline", "reminders")
}

// addCampaign keeps a draft.
func (o *office) addCampaign(r *web.Request) (web.View, error) {
	f := typed(r, "terms", "silence", "starts", "deadline", "reminders")
	c := campaign.Campaign{Terms: candor.ID(f.values["terms"]), Silence: campaign.Silence(f.values["silence"]), Policy: map[string]string{}}
	for _, tag := range o.site.Phrases.Languages() {
		name := "policy-" + tag
		if f.values[name] = strings.TrimSpace(r.Text(name)); f.values[name] != "" {
			c.Policy[tag] = f.values[name]
		}
	}
	if len(c.Policy) == 0 {
		f.refuse("policy-en", r.T("office.campaign.policy.bad"))
	}
	if c.Terms == "" {
		f.refuse("terms", r.T("office.form.choose"))
	}
	c.Starts, c.Deadline = f.moment(r, "starts"), f.moment(r, "deadline")
	if c.Deadline.IsZero() {
		f.refuse("deadline", r.T("office.campaign.deadline.bad"))
	}
	for text := range strings.FieldsFuncSeq(f.values["reminders"], func(c rune) bool { return strings.ContainsRune(" ,;，、", c) }) {
		n, err := strconv.Atoi(text)
		if err != nil {
			f.refuse("reminders", r.T("office.campaign.reminders.bad"))
		}
		c.Reminders = append(c.Reminders, n)
	}
	if f.bad() {
		return o.campaignFormView(r, f)
	}
	made, err := o.house.AddCampaign(r.Context(), r.Who, c)
	if err == nil {
		return web.See(campaignPath(made.ID)).Say(ui.Good, r.T("office.campaign.drafted")), nil
	}
	if err := f.blame(r, err); err != nil {
		return web.View{}, err
	}
	return o.campaignFormView(r, f)
}

// moment is a time that may be missing.
func (f *form) moment(r *web.Request, field string) time.Time {
	at, err := r.Moment(field)
	if err != nil {
		f.refuse(field, r.T("office.campaign.time.bad"))
	}
	return at
}

// campaignStep is a step that asks before it is done.
type campaignStep struct {
	name  string
	fits  func(*web.Request, campaign.Campaign) bool
	words func(*web.Request, campaign.Campaign) ui.Confirmation
	do    func(*office, *web.Request, context.Context, candor.ID) error
	done  string
}

func campaignSteps() []campaignStep {
	return []campaignStep{
		{"start", func(_ *web.Request, c campaign.Campaign) bool { return c.State == campaign.Draft }, starting, func(o *office, r *web.Request, ctx context.Context, id candor.ID) error {
			_, err := o.house.StartCampaign(ctx, r.Who, id)
			return err
		}, "office.campaign.start.done"},
		{"stop", func(r *web.Request, c campaign.Campaign) bool {
			return c.State == campaign.Draft || c.State == campaign.Running && r.Now.Before(c.Deadline)
		}, stopping, func(o *office, r *web.Request, ctx context.Context, id candor.ID) error {
			_, err := o.house.StopCampaign(ctx, r.Who, id, r.Text("reason"))
			return err
		}, "office.campaign.stop.done"},
	}
}

func starting(r *web.Request, c campaign.Campaign) ui.Confirmation {
	what := []string{r.T("office.campaign.start.what"), r.T("office.campaign.silence.keep.text", phrase.Args{"time": r.Printer.Time(c.Deadline, r.Zone)})}
	if c.Silence == campaign.End {
		what[1] = r.T("office.campaign.silence.end.text", phrase.Args{"time": r.Printer.Time(c.Deadline, r.Zone)})
	}
	return ui.Confirmation{Title: r.T("office.campaign.start.title"), What: what, Undo: r.T("office.campaign.start.undo"), Submit: r.T("office.campaign.start"), Destructive: c.Silence == campaign.End}
}

func stopping(r *web.Request, c campaign.Campaign) ui.Confirmation {
	what := []string{r.T("office.campaign.stop.what")}
	if c.Silence == campaign.End && c.State == campaign.Running {
		what = append(what, r.T("office.campaign.stop.ends"))
	}
	return ui.Confirmation{Title: r.T("office.campaign.stop.title"), What: what, Submit: r.T("office.campaign.stop"), Destructive: true,
		Form: ui.TextArea(must(ui.Input{Name: "reason", Label: r.T("office.campaign.stopped.why")}), 2)}
}

func (s campaignStep) question(r *web.Request, c campaign.Campaign) ui.Confirmation {
	q := s.words(r, c)
	q.ID, q.URL, q.Back, q.Fields = s.name, campaignPath(c.ID)+"/"+s.name, campaignPath(c.ID), r.Fields()
	q.Page = q.URL
	return q
}

func (o *office) askCampaign(s campaignStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.View{}, err
		}
		v, err := o.house.Campaign(r.Context(), r.Who, id)
		if err != nil {
			return web.View{}, err
		}
		name := termsTitle(r.Printer, v.Terms) + " " + v.Terms.Label
		return web.Confirm(ui.Page{Title: name, Active: "campaigns", Crumbs: []ui.Link{{Text: r.T("office.campaigns"), Href: "/campaigns"}, {Text: name, Href: campaignPath(id)}}}, s.question(r, v.Campaign)), nil
	}
}

func (o *office) doCampaign(s campaignStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.View{}, err
		}
		err = s.do(o, r, r.Context(), id)
		known := []error{candor.ErrChanged, candor.ErrExists, candor.ErrInvalid, candor.ErrUnavailable}
		if slices.ContainsFunc(known, func(kind error) bool { return errors.Is(err, kind) }) {
			return web.See(campaignPath(id)).SayAll(refused(r, err)), nil
		}
		return web.See(campaignPath(id)).Say(ui.Good, r.Printer.T(s.done)), err
	}
}

// campaignButtons lead to the steps that can be taken.
func campaignButtons(r *web.Request, c campaign.Campaign) templ.Component {
	if !r.May(access.ManagePolicy) {
		return nil
	}
	var all []templ.Component
	for _, s := range campaignSteps() {
		if s.fits(r, c) {
			all = append(all, ui.ButtonLink(ui.Link{Text: s.words(r, c).Submit, Href: campaignPath(c.ID) + "/" + s.name}, ui.Plain, ""))
		}
	}
	return ui.InTurn(all...)
}
