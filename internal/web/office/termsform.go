package office

import (
	"context"
	"errors"
	"strings"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// mostTerms bounds the text of terms, in bytes.
const mostTerms = 512 << 10

// termsForm is the form of a draft.
type termsForm struct {
	form
	action, cancel string
	library        []ui.Option // to begin from; nil for a draft that is there
	problems       []termsProblem
}

// termsProblem is what is wrong with a text, in the reader's words.
type termsProblem struct {
	where, what, do string
	fault           bool
}

func (o *office) newTerms(r *web.Request) (web.View, error) {
	f := given("text", "")
	if name := r.Query("from"); name != "" {
		source, err := terms.Source(name)
		if err != nil {
			return web.View{}, err
		}
		f = given("text", string(source), "from", name)
	}
	return o.termsFormView(r, "", f, nil), nil
}

func (o *office) termsFormView(r *web.Request, id candor.ID, f form, problems []terms.Problem) web.View {
	x := termsForm{form: f, action: "/terms/new", cancel: "/terms"}
	p := termsFrame(r, r.T("office.terms.new"))
	if id != "" {
		x.action, x.cancel, p.Title = termsPath(id)+"/edit", termsPath(id), r.T("office.terms.edit")
	} else {
		x.library = []ui.Option{{Label: r.T("office.terms.blank")}}
		for _, name := range terms.Library() {
			x.library = append(x.library, ui.Option{Value: name, Label: r.Printer.Word("terms.kind.", name)})
		}
	}
	for _, q := range problems {
		what, do := q.In(r.Printer)
		where := q.Pointer
		if q.Line > 0 {
			where = r.T("office.terms.line", phrase.Args{"line": q.Line})
		}
		x.problems = append(x.problems, termsProblem{where, what, do, q.Severity == terms.Fault})
	}
	v := web.View{Page: p, Body: termsFormPage(x)}
	if f.bad() {
		v = v.Again()
	}
	return v
}

func (o *office) editTerms(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, text, err := o.house.TermsText(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	if v.State != consent.Draft {
		return web.See(termsPath(id)).Say(ui.Warn, r.T("office.terms.fixed")), nil
	}
	_, problems := terms.Check(text)
	return o.termsFormView(r, id, given("text", string(text)), problems), nil
}

func (o *office) addDraft(r *web.Request) (web.View, error) { return o.saveTerms(r, "") }

func (o *office) changeDraft(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return o.saveTerms(r, id)
}

func (o *office) saveTerms(r *web.Request, id candor.ID) (web.View, error) {
	text := strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n")
	f := given("text", text)
	if strings.TrimSpace(text) == "" || len(text) > mostTerms {
		f.refuse("text", r.T("office.terms.text.bad"))
		return o.termsFormView(r, id, f, nil), nil
	}
	v, problems, err := o.house.SaveTerms(r.Context(), r.Who, id, []byte(text))
	switch {
	case err == nil:
		return web.See(termsPath(v.ID)).Say(ui.Good, r.T("office.terms.saved")), nil
	case errors.Is(err, candor.ErrInvalid) && len(problems) > 0:
		f.refuse("text", r.T("office.terms.faults"))
	case errors.Is(err, candor.ErrExists), errors.Is(err, candor.ErrInvalid):
		f.failed = plain(err)
	default:
		return web.View{}, err
	}
	return o.termsFormView(r, id, f, problems), nil
}

// termsStep is a step that asks before it is done.
type termsStep struct {
	name        string
	destructive bool
	do          func(o *office, r *web.Request, ctx context.Context, id candor.ID) error
	to          func(candor.ID) string
}

func termsSteps() []termsStep {
	return []termsStep{
		{"publish", false, func(o *office, r *web.Request, ctx context.Context, id candor.ID) error {
			_, err := o.house.PublishTerms(ctx, r.Who, id)
			return err
		}, termsPath},
		{"end", true, func(o *office, r *web.Request, ctx context.Context, id candor.ID) error {
			at, err := r.Moment("at")
			if err != nil {
				at = time.Time{}
			}
			if err == nil {
				_, err = o.house.EndTerms(ctx, r.Who, id, at)
			}
			return err
		}, termsPath},
		{"delete", true, func(o *office, r *web.Request, ctx context.Context, id candor.ID) error {
			return o.house.DeleteTerms(ctx, r.Who, id)
		}, func(candor.ID) string { return "/terms" }},
	}
}

func (o *office) askTerms(s termsStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, _, err := o.termsOf(r)
		if err != nil {
			return web.View{}, err
		}
		return web.Confirm(termsFrame(r, r.Printer.T("office.terms.ask."+s.name)), termsQuestion(r, v, s)), nil
	}
}

func termsQuestion(r *web.Request, v consent.Terms, s termsStep) ui.Confirmation {
	path, key := termsPath(v.ID), "office.terms.ask."+s.name
	q := ui.Confirmation{ID: s.name, Title: r.Printer.T(key+".title", phrase.Args{"title": termsTitle(r.Printer, v), "version": v.Label}),
		What: []string{r.Printer.T(key + ".what"), r.Printer.T(key + ".then")}, URL: path + "/" + s.name, Fields: r.Fields(), Submit: r.Printer.T(key), Destructive: s.destructive,
		Page: path + "/" + s.name, Back: path}
	if s.name == "end" {
		q.Form = ui.TextField(of("datetime-local", ui.Input{Name: "at", Label: r.T("office.terms.ask.end.at"), Hint: r.T("office.terms.ask.end.at.hint")}))
	}
	return q
}

func (o *office) doTerms(s termsStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.View{}, err
		}
		err = s.do(o, r, r.Context(), id)
		for _, kind := range []error{candor.ErrChanged, candor.ErrExists, candor.ErrInvalid} {
			if errors.Is(err, kind) {
				return web.See(termsPath(id)).SayAll(refused(r, err)), nil
			}
		}
		return web.See(s.to(id)).Say(ui.Good, r.Printer.T("office.terms.ask."+s.name+".done")), err
	}
}
