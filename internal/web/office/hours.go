package office

import (
	"strconv"
	"strings"
	"time"

	"candor/internal/desk/calendar"
	"candor/internal/desk/playbook"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// quarter is how fine hours are looked at.
const quarter = 15 * time.Minute

// hours are the desk's working hours by weekday, its zone, and the holidays of
// the year to come. The calendar is asked what it says of each moment, so that
// the page shows what clocks really go by.
func (o *office) hours(r *web.Request) []ui.Fact {
	c := o.house.Desk.Calendar
	facts := []ui.Fact{{Label: r.T("office.zone"), Value: ui.Text(c.Zone().String())}}
	monday := r.Now.In(c.Zone())
	monday = monday.AddDate(0, 0, -(int(monday.Weekday())+6)%7)
	var same []string // weekdays in a row with the same hours
	last := ""
	flush := func() {
		if len(same) > 0 {
			facts = append(facts, ui.Fact{Label: daySpan(r, same), Value: ui.Text(last)})
		}
	}
	for i := range 7 {
		day := monday.AddDate(0, 0, i)
		text := openOn(r, c, usualDay(c, day))
		if text != last {
			flush()
			same, last = nil, text
		}
		same = append(same, r.T("office.weekday."+strconv.Itoa(int(day.Weekday()))))
	}
	flush()
	return append(facts, ui.Fact{Label: r.T("office.holidays"), Value: holidays(r, c)})
}

func daySpan(r *web.Request, days []string) string {
	if len(days) == 1 {
		return days[0]
	}
	return r.T("office.weekday.span", phrase.Args{"from": days[0], "to": days[len(days)-1]})
}

// usualDay is the first such weekday that is no holiday.
func usualDay(c *calendar.Calendar, day time.Time) time.Time {
	for range 10 {
		if _, holiday := c.Holiday(day); !holiday {
			break
		}
		day = day.AddDate(0, 0, 7)
	}
	return day
}

// openOn are the hours of one day: 09:00–17:30.
func openOn(r *web.Request, c *calendar.Calendar, day time.Time) string {
	var spans []string
	from := -1
	for step := 0; step <= int(24*time.Hour/quarter); step++ {
		at := time.Date(day.Year(), day.Month(), day.Day(), 0, step*15, 0, 0, c.Zone())
		open := step < int(24*time.Hour/quarter) && c.Open(at)
		switch {
		case open && from < 0:
			from = step
		case !open && from >= 0:
			spans = append(spans, clock(from)+"–"+clock(step))
			from = -1
		}
	}
	switch {
	case len(spans) == 0:
		return r.T("office.hours.closed")
	case spans[0] == clock(0)+"–"+clock(int(24*time.Hour/quarter)):
		return r.T("office.hours.always")
	}
	return strings.Join(spans, r.T("office.list.comma"))
}

func clock(step int) string { return calendar.Minute(step * 15).String() }

// holidays are the days of the next year on which nobody works.
func holidays(r *web.Request, c *calendar.Calendar) (list bulletsOf) {
	day := r.Now.In(c.Zone())
	for range 366 {
		if name, ok := c.Holiday(day); ok {
			list.all = append(list.all, r.Printer.Date(day, c.Zone())+r.T("office.list.dash")+name)
		}
		day = day.AddDate(0, 0, 1)
	}
	return list
}

// deadlineTable lists the rules by which clocks run.
func deadlineTable(r *web.Request, rules []calendar.Rule) ui.Table {
	t := ui.Table{ID: "deadlines", Caption: r.T("office.deadlines"), Empty: ui.Situation{Title: r.T("office.deadlines.none")}, Columns: []ui.Column{wide(column("rule", r.T("office.deadline"))),
		column("start", r.T("office.deadline.start")), column("period", r.T("office.deadline.period")), column("warn", r.T("office.deadline.warn"))}}
	for _, rule := range rules {
		period := spanOf(r, rule.Period)
		if rule.Business {
			period = r.T("office.deadline.business", phrase.Args{"period": period})
		}
		warn := ui.Absent()
		if rule.Warn > 0 {
			warn = whole(r.T("office.deadline.before", phrase.Args{"period": r.Printer.Span(rule.Warn)}))
		}
		source := r.T("office.deadline.own")
		if rule.Source != "" {
			source = rule.Source
		}
		t.Rows = append(t.Rows, ui.Row{Key: rule.Name, Label: rule.Name, Cells: cells(ui.Together(strong(r.Printer.Word("office.rule.", rule.Name)), quiet(source)),
			whole(startWords(r, rule.Start)), whole(period), warn)})
	}
	return t
}

func startWords(r *web.Request, e calendar.Event) string {
	if rule, ok := strings.CutPrefix(string(e), "met:"); ok {
		return r.T("office.deadline.start.met", phrase.Args{"rule": r.Printer.Word("office.rule.", rule)})
	}
	return r.Printer.Word("office.deadline.start.", string(e))
}

// spanOf writes a period in words.
func spanOf(r *web.Request, p calendar.Period) string {
	var parts []string
	if p.Months > 0 {
		parts = append(parts, r.N("office.months", p.Months))
	}
	if p.Days > 0 {
		parts = append(parts, r.N("office.days", p.Days))
	}
	if p.Time > 0 {
		parts = append(parts, r.Printer.Span(p.Time))
	}
	return strings.Join(parts, " ")
}

// playbookView is a playbook as it is shown.
type playbookView struct {
	title, name string
	classes     []string
	questions   []string
	tasks       ui.Table
	responses   []string
}

func (o *office) playbooks(r *web.Request) (all []playbookView) {
	if o.Playbooks == nil {
		return nil
	}
	for _, name := range o.Playbooks.Names() {
		b, ok := o.Playbooks.Named(name, 4) // with all that the gravest case asks for
		if ok {
			all = append(all, playbookOf(r, b))
		}
	}
	return all
}

func playbookOf(r *web.Request, b playbook.Playbook) playbookView {
	v := playbookView{title: b.Title.In(r.Printer), name: b.Name}
	for _, c := range b.Classes {
		v.classes = append(v.classes, r.Printer.Word("class.", c))
	}
	for _, q := range b.Questions {
		v.questions = append(v.questions, q.Text.In(r.Printer))
	}
	v.tasks = ui.Table{ID: "tasks-" + b.Name, Caption: v.title, Columns: []ui.Column{wide(column("task", r.T("office.task"))), column("role", r.T("office.role")), column("due", r.T("office.task.due"))}}
	for _, t := range b.Tasks {
		due := ui.Absent()
		if t.Due.Period != (calendar.Period{}) {
			due = ui.Text(spanOf(r, t.Due.Period))
		}
		v.tasks.Rows = append(v.tasks.Rows, ui.Row{Key: t.ID, Cells: cells(ui.Text(t.Text.In(r.Printer)), ui.Text(r.Printer.T("role."+string(t.Role))), due)})
	}
	for _, x := range b.Responses {
		text := method(r, x.Method)
		if x.Expires != (calendar.Period{}) {
			text = r.T("office.playbook.expires", phrase.Args{"method": text, "period": spanOf(r, x.Expires)})
		}
		v.responses = append(v.responses, text)
	}
	return v
}
