package console

import (
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
)

// taskList are the tasks of a case, as a form of boxes.
type taskList struct {
	href  string // the case
	may   bool
	tasks []task
}

type task struct {
	id, text, note string
	late, done     bool
}

func tasksOf(r *web.Request, n *names, of candor.ID, all []candor.Task, may bool) taskList {
	l := taskList{href: casePath(of), may: may}
	for _, t := range all {
		one := task{id: string(t.ID), text: taskText(r.Printer, t.Key, t.Text), done: !t.Done.IsZero()}
		switch {
		case one.done:
			one.note = r.T("console.task.done", phrase.Args{"name": n.who(t.DoneBy), "when": r.Printer.Ago(r.Now, t.Done)})
		case !t.Due.IsZero():
			one.late = t.Due.Before(r.Now)
			key := "console.task.due"
			if one.late {
				key = "console.task.late"
			}
			one.note = r.Printer.T(key, phrase.Args{"when": r.Printer.Ago(r.Now, t.Due)})
		}
		l.tasks = append(l.tasks, one)
	}
	return l
}

// doTasks notes which tasks are done: of those that the form showed, the ones
// that are ticked. A box takes effect at once where the script can send it.
func (c *console) doTasks(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	shown, err := r.IDs("task")
	if err != nil {
		return web.View{}, err
	}
	done, err := r.IDs("done")
	if err != nil {
		return web.View{}, err
	}
	v, err := c.house.Case(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	for _, t := range v.Tasks {
		ticked := slices.Contains(done, t.ID)
		if !slices.Contains(shown, t.ID) || ticked == !t.Done.IsZero() {
			continue
		}
		if err := c.house.DoTask(r.Context(), r.Who, t.ID, ticked); err != nil {
			return web.View{}, err
		}
	}
	if !r.Part() {
		return web.See(casePath(id) + "#tasks"), nil
	}
	if v, err = c.house.Case(r.Context(), r.Who, id); err != nil {
		return web.View{}, err
	}
	return web.View{Page: casePage(r, v.Case), Partial: taskForm(tasksOf(r, c.names(r), id, v.Tasks, r.May(access.ActCases)))}, nil
}
