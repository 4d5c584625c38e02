package office

import (
	"errors"
	"slices"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addSubmissions adds the page of samples of a case that are sent to
// organisations of the directory.
func (o *office) addSubmissions() {
	s := o.site
	s.Page("GET /cases/{id}/samples", readCases, o.submissions)
	s.Action("POST /cases/{id}/samples", actCases, o.sendSamples)
	s.Action("POST /cases/{id}/samples/{response}/answer", actCases, o.answerSamples)
	s.Action("POST /cases/{id}/samples/{response}/look", actCases, o.lookForSamples)
}

func samplesPath(id candor.ID) string { return "/cases/" + string(id) + "/samples" }

// submissionDetail is what the page shows.
type submissionDetail struct {
	c        candor.Case
	path     string
	may      bool
	none     bool // the vault holds nothing of the case
	entries  []ui.Option
	chosen   string
	plan     respond.Plan
	preview  submit.Submission
	failed   string
	sent     []sentRow
	verdicts []ui.Option
}

// sentRow is one submission.
type sentRow struct {
	house.SubmissionView
	facts []ui.Fact
	open  bool // an answer can be written down
}

func (o *office) submissions(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := submissionDetail{c: c, path: samplesPath(c.ID), may: r.May(access.ActCases), chosen: r.Query("entry"), verdicts: web.Options(r, "office.samples.verdict.", directory.Verdicts())}
	all, err := o.house.Submissions(r.Context(), r.Who, c.ID)
	if err != nil {
		return web.View{}, err
	}
	for _, v := range all {
		d.sent = append(d.sent, sentRow{v, submissionFacts(r, v), d.may && v.Message != nil && v.Message.State == candor.MessageSent})
	}
	if d.may {
		if err := o.offer(r, &d); err != nil {
			return web.View{}, err
		}
	}
	page := ui.Page{Title: r.T("office.samples"), Active: "cases", Lead: r.T("office.samples.lead"), Crumbs: []ui.Link{{Text: c.Label(), Href: "/cases/" + string(c.ID)}}}
	return web.View{Page: page, Body: submissionsBody(d)}, nil
}

// offer finds to whom samples can be sent, and what would be sent to the chosen one.
func (o *office) offer(r *web.Request, d *submissionDetail) error {
	has, err := o.house.SamplesOf(r.Context(), r.Who, d.c.ID)
	if err != nil {
		return err
	}
	d.none = len(has) == 0
	entries, err := o.house.Directory(r.Context(), r.Who, directory.Filter{})
	if err != nil {
		return err
	}
	for _, v := range entries {
		e := v.Entry
		if e.Address(directory.Mail) != "" && (slices.Contains(e.Takes, directory.Samples) || slices.Contains(e.Takes, directory.Hashes)) {
			d.entries = append(d.entries, ui.Option{Value: string(e.ID), Label: e.Name + " (" + r.Printer.Word("office.directory.state.", string(v.State)) + ")"})
		}
	}
	if d.chosen == "" || d.none {
		return nil
	}
	d.plan, d.preview, err = o.house.PreviewSubmission(r.Context(), r.Who, house.Sending{Case: d.c.ID, Entry: candor.ID(d.chosen)})
	if d.failed = refusal(r, err); d.failed != "" {
		return nil
	}
	return err
}

// refusal is an error that whoever asked can do something about; empty for none.
func refusal(r *web.Request, err error) string {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound, candor.ErrUnavailable, candor.ErrDenied, candor.ErrExists} {
		if errors.Is(err, kind) {
			return advice(r, err)
		}
	}
	return ""
}

func submissionFacts(r *web.Request, v house.SubmissionView) []ui.Fact {
	facts := []ui.Fact{{Label: r.T("office.state"), Value: submissionState(r, v)}, {Label: r.T("office.directory.address"), Value: ui.Mono(v.Submission.To)},
		{Label: r.T("office.samples.form"), Value: ui.Text(r.Printer.Word("office.samples.form.", string(v.Submission.Form)))},
		{Label: r.T("office.samples.response"), Value: anchor(r.T("office.samples.open"), "/responses/"+string(v.Response.ID))}}
	if v.Message != nil && !v.Message.Sent.IsZero() {
		facts = append(facts, ui.Fact{Label: r.T("office.samples.sent"), Value: ui.Time(v.Message.Sent)})
	}
	for _, x := range v.Submission.Samples {
		facts = append(facts, ui.Fact{Label: "SHA-256", Value: ui.Digest(x.SHA256)})
	}
	for _, a := range v.Answers {
		facts = append(facts, ui.Fact{Label: r.T("office.samples.answer"), Value: ui.Together(ui.Badge(r.Printer.Word("office.samples.verdict.", string(a.Verdict)), ui.Neutral), ui.Text(a.Detection+" "+a.Note), ui.Time(a.At))})
	}
	for _, l := range v.Looks {
		found := ui.Badge(r.T("office.samples.unfound"), ui.Bad)
		if l.Found() {
			found = ui.Badge(r.T("office.samples.found"), ui.Good)
		}
		facts = append(facts, ui.Fact{Label: r.T("office.samples.ours"), Value: ui.Together(found, ui.Text(joinedWords(l.Rules)), ui.Time(l.At))})
	}
	return facts
}

func submissionState(r *web.Request, v house.SubmissionView) templ.Component {
	switch {
	case v.Answered():
		return ui.Badge(r.T("office.samples.answered"), ui.Good)
	case v.Message != nil && v.Message.State == candor.MessageSent:
		return ui.Badge(r.T("office.samples.waiting"), ui.Accent)
	}
	return ui.ResponseState(v.Response.State)
}

func (o *office) sendSamples(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	sending := house.Sending{Case: c.ID, Entry: candor.ID(r.Line("entry")), Follows: candor.ID(r.Line("follows")), Reason: r.Text("reason")}
	if law := r.Line("law"); law != "" {
		sending.Basis = candor.Basis{Kind: candor.ByLaw, Terms: law}
	}
	made, err := o.house.SendSamples(r.Context(), r.Who, sending)
	if said := refusal(r, err); said != "" {
		return web.See(samplesPath(c.ID)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.samples.refused"), Text: said}), nil
	}
	return web.See("/responses/"+string(made.ID)).Say(ui.Good, r.T("office.samples.proposed")), err
}

// sentOf gives the submission that an address names.
func (o *office) sentOf(r *web.Request) (candor.Case, candor.ID, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return c, "", err
	}
	id, err := r.ID("response")
	return c, id, err
}

func (o *office) answerSamples(r *web.Request) (web.View, error) {
	c, id, err := o.sentOf(r)
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.RecordVendorAnswer(r.Context(), r.Who, directory.Answer{Response: id, Verdict: directory.Verdict(r.Line("verdict")), Detection: r.Line("detection"), Note: r.Text("note")})
	return samplesSaid(r, c.ID, err)
}

func (o *office) lookForSamples(r *web.Request) (web.View, error) {
	c, id, err := o.sentOf(r)
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.LookForSamples(r.Context(), r.Who, id)
	return samplesSaid(r, c.ID, err)
}

func samplesSaid(r *web.Request, id candor.ID, err error) (web.View, error) {
	if said := refusal(r, err); said != "" {
		return web.See(samplesPath(id)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.samples.refused"), Text: said}), nil
	}
	return web.See(samplesPath(id)).Say(ui.Good, r.T("ui.saved")), err
}

// lineArgs are the values of a line of a plan.
func lineArgs(l respond.Line) phrase.Args {
	args := phrase.Args{}
	for k, v := range l.Values {
		args[k] = v
	}
	return args
}

// lawOf is the law that a submission rests on; empty for another basis.
func lawOf(s sentRow) string {
	if s.Response.Basis.Kind == candor.ByLaw {
		return s.Response.Basis.Terms
	}
	return ""
}
