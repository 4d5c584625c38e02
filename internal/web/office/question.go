package office

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// actCases is what answering asks for.
var actCases = web.Needs{access.ActCases}

// addQuestions adds the pages of what parties ask about terms.
func (o *office) addQuestions() {
	s := o.site
	s.Page("GET /questions", readParties, o.questions)
	s.Page("GET /questions/{id}", readParties, o.question)
	s.Action("POST /questions/{id}", actCases, o.answerQuestion)
}

// openQuestions tells how many questions wait, and whether one is overdue.
func (o *office) openQuestions(ctx context.Context, who candor.Principal) (int, bool) {
	open, late, err := o.house.OpenQuestions(ctx, who)
	if err != nil {
		return 0, false // the page itself will say so
	}
	return int(open), late > 0
}

func (o *office) questions(r *web.Request) (web.View, error) {
	state, other := consent.Open, ui.Link{Text: r.T("office.questions.answered"), Href: "/questions?state=answered"}
	if r.Query("state") == string(consent.Answered) {
		state, other = consent.Answered, ui.Link{Text: r.T("office.questions.open"), Href: "/questions"}
	}
	all, err := o.house.Questions(r.Context(), r.Who, state)
	if err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.questions"), Active: "questions", Lead: r.T("office.questions.lead"), Actions: ui.ButtonLink(other, ui.Plain, "")}
	return web.View{Page: p, Body: ui.List(o.questionTable(r, all, state))}, nil
}

func (o *office) questionTable(r *web.Request, all []consent.Question, state consent.QuestionState) ui.Table {
	t := ui.Table{ID: "questions", Caption: r.T("office.questions"), Empty: ui.Situation{Title: r.T("office.questions.none")}, Columns: []ui.Column{
		wide(column("text", r.T("office.questions.text"))), column("kind", r.T("office.kind")), column("party", r.T("office.questions.party")),
		minor(column("asked", r.T("office.questions.asked"))), column("due", r.T("office.questions.due"))}}
	if state == consent.Answered {
		t.Columns[4] = column("took", r.T("office.questions.took"))
	}
	n := o.names(r)
	for _, q := range all {
		last := ui.Due(q.Due)
		if state == consent.Answered {
			last = ui.Text(r.Printer.Span(q.Answered.Sub(q.Asked)))
		} else if q.Due.Before(r.Now) {
			last = ui.Together(ui.Badge(r.T("office.questions.late"), ui.Bad), last)
		}
		path := "/questions/" + string(q.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(q.ID), Label: excerpt(q.Text), Href: path, Cells: cells(named(excerpt(q.Text), path, q.Document),
			questionKind(r, q), anchor(partyName(r, n.partyOf(q.Party)), partyPath(q.Party)), ui.Time(q.Asked), last)})
	}
	return t
}

// excerpt is the beginning of a text, or a dash for one that was erased.
func excerpt(text string) string {
	letters := []rune(strings.Join(strings.Fields(text), " "))
	switch {
	case len(letters) == 0:
		return "–"
	case len(letters) > 100:
		return string(letters[:99]) + "…"
	}
	return string(letters)
}

func questionKind(r *web.Request, q consent.Question) templ.Component {
	if q.Kind == consent.Complains {
		return ui.Badge(r.T("office.questions.complaint"), ui.Warn)
	}
	return ui.Badge(r.T("office.questions.question"), ui.Neutral)
}

// questionDetail is what the page of one question shows.
type questionDetail struct {
	consent.Question
	form
	facts []ui.Fact
	may   bool // answer it
}

func (o *office) question(r *web.Request) (web.View, error) { return o.questionView(r, given()) }

func (o *office) questionView(r *web.Request, f form) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	q, err := o.house.Question(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	d := questionDetail{Question: q, form: f, may: r.May(access.ActCases) && q.State == consent.Open, facts: []ui.Fact{
		{Label: r.T("office.kind"), Value: questionKind(r, q)},
		{Label: r.T("office.questions.party"), Value: anchor(partyName(r, o.names(r).partyOf(q.Party)), partyPath(q.Party))},
		{Label: r.T("office.terms.document"), Value: code(q.Document)},
		{Label: r.T("office.questions.asked"), Value: ui.Time(q.Asked)},
		{Label: r.T("office.questions.due"), Value: ui.Due(q.Due)},
	}}
	if q.State == consent.Answered {
		d.facts[4] = ui.Fact{Label: r.T("office.questions.took"), Value: ui.Text(r.T("office.questions.took.by", phrase.Args{"span": r.Printer.Span(q.Answered.Sub(q.Asked)), "name": q.By}))}
	}
	v := web.View{Body: questionPageBody(d), Page: ui.Page{Title: excerpt(q.Text), Active: "questions", Crumbs: []ui.Link{{Text: r.T("office.questions"), Href: "/questions"}}}}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) answerQuestion(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	text := r.Text("answer")
	f := given("answer", text)
	if text == "" || len(text) > 8000 {
		f.refuse("answer", r.T("office.questions.answer.bad"))
		return o.questionView(r, f)
	}
	_, err = o.house.AnswerQuestion(r.Context(), r.Who, id, text)
	return web.See("/questions").Say(ui.Good, r.T("office.questions.sent")), err
}
