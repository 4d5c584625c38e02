package office

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	s.Page("GET /cases/{id}/samples/{response}/files/{part}", actCases, o.sampleFile)
	s.Action("POST /cases/{id}/samples/{response}/hand-in", actCases, o.handIn)
	s.Action("POST /cases/{id}/samples/{response}/verdict", actCases, o.askForVerdict)
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
	hand  bool // it waits for a person who hands it in
	ask   bool // their API can be asked what came of it
	files int  // that are handed in
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
		d.sent = append(d.sent, sentOne(r, v, d.may))
	}
	if d.may {
		if err := o.offer(r, &d); err != nil {
			return web.View{}, err
		}
	}
	page := ui.Page{Title: r.T("office.samples"), Active: "cases", Lead: r.T("office.samples.lead"), Crumbs: []ui.Link{{Text: c.Label(), Href: "/cases/" + string(c.ID)}}}
	return web.View{Page: page, Body: submissionsBody(d)}, nil
}

func sentOne(r *web.Request, v house.SubmissionView, may bool) sentRow {
	row := sentRow{SubmissionView: v, facts: submissionFacts(r, v), open: may && v.Sent() && (v.Message == nil || v.Message.State == candor.MessageSent), hand: may && v.ForHand()}
	row.ask = row.open && !v.Answered() && v.Submission.API != nil && v.Submission.API.Verdict != nil && slices.ContainsFunc(v.Outcomes, func(o submit.SampleOutcome) bool { return o.Arrived() && o.Reference != "" })
	switch v.Submission.Form {
	case submit.Packed:
		row.files = 1
	case submit.Encrypted:
		row.files = len(v.Submission.Samples)
	}
	return row
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
		for _, way := range e.Sends() {
			d.entries = append(d.entries, ui.Option{Value: string(e.ID) + " " + string(way), Label: r.T("office.samples.option", phrase.Args{"name": e.Name, "way": r.Printer.Word("office.directory.way.", string(way)), "state": r.Printer.Word("office.directory.state.", string(v.State))})})
		}
	}
	if d.chosen == "" || d.none {
		return nil
	}
	d.plan, d.preview, err = o.house.PreviewSubmission(r.Context(), r.Who, toWhom(d.c.ID, d.chosen))
	if d.failed = refusal(r, err); d.failed != "" {
		return nil
	}
	return err
}

// toWhom is what an option of the form names: an entry, and a way to it.
func toWhom(id candor.ID, chosen string) house.Sending {
	entry, way, _ := strings.Cut(chosen, " ")
	return house.Sending{Case: id, Entry: candor.ID(entry), Way: directory.Way(way)}
}

// refusal is an error that whoever asked can do something about; empty for none.
func refusal(r *web.Request, err error) string {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound, candor.ErrUnavailable, candor.ErrDenied, candor.ErrExists, candor.ErrChanged} {
		if errors.Is(err, kind) {
			return advice(r, err)
		}
	}
	return ""
}

func submissionFacts(r *web.Request, v house.SubmissionView) []ui.Fact {
	facts := []ui.Fact{{Label: r.T("office.state"), Value: submissionState(r, v)}, {Label: r.T("office.directory.address"), Value: ui.Mono(v.Submission.To)},
		{Label: r.T("office.directory.way"), Value: ui.Text(r.Printer.Word("office.directory.way.", string(v.Submission.By())))},
		{Label: r.T("office.samples.form"), Value: ui.Text(r.Printer.Word("office.samples.form.", string(v.Submission.Form)))},
		{Label: r.T("office.samples.response"), Value: anchor(r.T("office.samples.open"), "/responses/"+string(v.Response.ID))}}
	if v.Message != nil && !v.Message.Sent.IsZero() {
		facts = append(facts, ui.Fact{Label: r.T("office.samples.sent"), Value: ui.Time(v.Message.Sent)})
	}
	if len(v.Outcomes) == 0 {
		for _, x := range v.Submission.Samples {
			facts = append(facts, ui.Fact{Label: "SHA-256", Value: ui.Digest(x.SHA256)})
		}
	}
	for _, o := range v.Outcomes {
		facts = append(facts, ui.Fact{Label: "SHA-256", Value: ui.Together(outcomeOf(r, o)...)})
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

// outcomeOf is what became of a sample at an API.
func outcomeOf(r *web.Request, o submit.SampleOutcome) []templ.Component {
	tone := map[submit.Step]ui.Tone{submit.Took: ui.Good, submit.Knew: ui.Good, submit.Refused: ui.Bad, submit.Failed: ui.Bad}[o.Step]
	step := string(o.Step)
	if o.Step == submit.Waiting {
		step = "waiting"
	}
	all := []templ.Component{ui.Digest(o.SHA256), ui.Badge(r.Printer.Word("office.samples.step.", step), tone)}
	if o.Reference != "" {
		all = append(all, ui.Text(r.T("office.samples.reference.of", phrase.Args{"reference": o.Reference})))
	}
	if !o.At.IsZero() {
		all = append(all, ui.Time(o.At))
	}
	if o.Said != "" {
		all = append(all, ui.Text(o.Said))
	}
	return all
}

func submissionState(r *web.Request, v house.SubmissionView) templ.Component {
	switch {
	case v.Answered():
		return ui.Badge(r.T("office.samples.answered"), ui.Good)
	case v.ForHand():
		return ui.Badge(r.T("office.samples.hand"), ui.Warn)
	case v.Response.State == candor.ResponseApproved && v.Submission.By() == directory.Form:
		return ui.Badge(r.Printer.Word("office.samples.verdict.", string(directory.HandedIn)), ui.Accent)
	case v.Response.State != candor.ResponseFailed && v.Sent() && (v.Message == nil || v.Message.State == candor.MessageSent):
		return ui.Badge(r.T("office.samples.waiting"), ui.Accent)
	}
	return ui.ResponseState(v.Response.State)
}

func (o *office) sendSamples(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	sending := toWhom(c.ID, r.Line("entry"))
	sending.Follows, sending.Reason = candor.ID(r.Line("follows")), r.Text("reason")
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

// sampleFile sends what a person hands in by a form, packed as they want it.
func (o *office) sampleFile(r *web.Request) (web.View, error) {
	c, id, err := o.sentOf(r)
	if err != nil {
		return web.View{}, err
	}
	if r.Method == http.MethodHead { // nothing is taken
		return web.See(samplesPath(c.ID)), nil
	}
	n, err := strconv.Atoi(r.PathValue("part"))
	if err != nil {
		n = -1
	}
	file, err := o.house.SampleFile(r.Context(), r.Who, id, n)
	if said := refusal(r, err); said != "" {
		return web.See(samplesPath(c.ID)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.samples.refused"), Text: said}), nil
	}
	return web.View{Send: &web.File{Name: file.Name, Type: "application/octet-stream", Write: func(w io.Writer) error {
		_, err := w.Write(file.Data)
		return err
	}}}, err
}

func (o *office) handIn(r *web.Request) (web.View, error) {
	c, id, err := o.sentOf(r)
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.HandIn(r.Context(), r.Who, id, r.Line("reference"))
	return samplesSaid(r, c.ID, err)
}

func (o *office) askForVerdict(r *web.Request) (web.View, error) {
	c, id, err := o.sentOf(r)
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.AskForVerdict(r.Context(), r.Who, id)
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
