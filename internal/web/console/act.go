package console

import (
	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// assign gives a case to somebody, or to nobody.
func (c *console) assign(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	to, err := r.FormID("assignee")
	if err != nil {
		return web.View{}, err
	}
	v, err := c.house.Case(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	if err := c.house.Assign(r.Context(), r.Who, id, to); err != nil {
		return c.back(r, id, err)
	}
	m := ui.Message{Tone: ui.Good, Title: r.T("console.unassigned"), Undo: undo(r, casePath(id)+"/assign", "assignee", string(v.Case.Assignee))}
	if to != "" {
		m.Title = r.T("console.assigned", phrase.Args{"name": c.names(r).userName(to)})
	}
	return web.See(casePath(id)).SayAll(m), nil
}

// undo is the way back from a step.
func undo(r *web.Request, url string, pairs ...string) *ui.Action {
	return &ui.Action{Text: r.T("ui.undo"), URL: url, Fields: r.Fields(pairs...)}
}

// back leads to the case and says there why a step was not taken.
func (c *console) back(r *web.Request, id candor.ID, err error) (web.View, error) {
	if !readers(err) {
		return web.View{}, err
	}
	return web.See(casePath(id)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("console.not.done"), Text: why(r, err)}), nil
}

// write takes a step with what somebody wrote in a form on the page of a case;
// if that does not do, the page comes back with it.
func (c *console) write(r *web.Request, field, done string, do func(candor.ID) error) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	switch err = do(id); {
	case err == nil:
		return web.See(casePath(id)+"#"+field).Say(ui.Good, done), nil
	case !readers(err):
		return web.View{}, err
	}
	v, err := c.tell(r, id, sentBack(r, field, err))
	return v.Again(), err
}

func (c *console) comment(r *web.Request) (web.View, error) {
	public := r.Line("audience") == "public"
	said := r.T("console.comment.kept")
	if public {
		said = r.T("console.comment.public")
	}
	return c.write(r, "comment", said, func(id candor.ID) error {
		return c.house.Comment(r.Context(), r.Who, id, r.Text("comment"), public)
	})
}

// reply answers what a party asked about terms.
func (c *console) reply(r *web.Request) (web.View, error) {
	return c.write(r, "reply", r.T("console.reply.sent"), func(id candor.ID) error {
		_, err := c.house.AnswerQuestion(r.Context(), r.Who, id, r.Text("reply"))
		return err
	})
}

func (c *console) addTask(r *web.Request) (web.View, error) {
	return c.write(r, "task", r.T("console.task.added"), func(id candor.ID) error {
		return c.house.AddTask(r.Context(), r.Who, id, r.Line("task"))
	})
}

// recheck has the places of a case looked at again.
func (c *console) recheck(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	if err := c.house.Recheck(r.Context(), r.Who, id); err != nil {
		return c.back(r, id, err)
	}
	return web.See(casePath(id)).Say(ui.Good, r.T("console.recheck.asked")), nil
}

// caseForm is a step upon a case that is asked on a page, or in a dialog, of
// its own.
type caseForm struct {
	name     string // the end of its address
	field    string // that errors are told at
	question func(*web.Request, house.CaseView, draft) ui.Confirmation
	act      func(*web.Request, house.CaseView) (web.View, error)
}

// ask shows the question.
func (c *console) ask(f caseForm) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, err := c.viewed(r)
		if err != nil {
			return web.View{}, err
		}
		return web.Confirm(casePage(r, v.Case), f.question(r, v, draft{})), nil
	}
}

// answer takes the step, or asks again with what was typed.
func (c *console) answer(f caseForm) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, err := c.viewed(r)
		if err != nil {
			return web.View{}, err
		}
		view, err := f.act(r, v)
		if err == nil || !readers(err) {
			return view, err
		}
		return web.Confirm(casePage(r, v.Case), f.question(r, v, sentBack(r, f.field, err))).Again(), nil
	}
}

func (c *console) viewed(r *web.Request) (house.CaseView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.CaseView{}, err
	}
	return c.house.Case(r.Context(), r.Who, id)
}

// question is a question about a case with its address. What has no text for
// how it is undone cannot be.
func question(r *web.Request, v house.CaseView, name string, fields map[string]string, args ...phrase.Args) ui.Confirmation {
	url, key := casePath(v.Case.ID)+"/"+name, "console.ask."+name
	q := ui.Confirmation{ID: "ask-" + name, URL: url, Page: url, Back: casePath(v.Case.ID), Fields: fields,
		Title: r.Printer.T(key, append(args, phrase.Args{"case": v.Case.Label()})...), Submit: r.Printer.T(key + ".do")}
	if r.Printer.Has(key + ".undo") {
		q.Undo = r.Printer.T(key + ".undo")
	}
	return q
}
