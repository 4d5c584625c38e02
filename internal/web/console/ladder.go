package console

import (
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// ladderPart is what the page of a case tells of its ladder.
type ladderPart struct {
	rungs ui.Table
	said  []string // where it stands, why, and what comes next
	gap   string   // why something could not be proposed
	led   ui.Link  // to the case before it
}

func (c *console) ladderPart(r *web.Request, of candor.Case) (out ladderPart, err error) {
	l, err := c.house.CaseLadder(r.Context(), r.Who, of.ID)
	if err != nil || len(l.Rungs) == 0 {
		return out, err
	}
	out.rungs = ui.Table{ID: "ladder", Caption: r.T("console.ladder"), Columns: []ui.Column{number(column("step", r.T("console.ladder.step"))), column("rung", r.T("console.ladder.rung")),
		wide(column("waits", r.T("console.ladder.waits"))), column("does", r.T("console.ladder.does"))}}
	open := of.State.Open()
	for i, rung := range l.Rungs {
		name := ui.Text(rung.Title)
		switch {
		case i+1 == l.Step:
			name = ui.Together(name, ui.Badge(r.T("console.ladder.here"), ui.Accent))
		case i == l.Step && open:
			name = ui.Together(name, ui.Badge(r.T("console.ladder.next"), ui.Neutral))
		}
		out.rungs.Rows = append(out.rungs.Rows, ui.Row{Key: rung.Name, Label: rung.Title, Muted: i+1 < l.Step, Cells: cells(
			ui.Text(r.Printer.Number(int64(i+1))), name, ui.Text(list(r.Printer, rungWaits(r, rung))), rungDoes(r, rung))})
	}
	out.tell(r, l, open)
	return out, nil
}

// tell says where a case stands, why, and when it goes on.
func (p *ladderPart) tell(r *web.Request, l house.Ladder, open bool) {
	if l.Step == 0 {
		p.said = append(p.said, r.T("console.ladder.ground"))
	} else {
		p.said = append(p.said, r.T("console.ladder.stands", phrase.Args{"rung": l.Rungs[l.Step-1].Title, "since": r.Printer.Time(l.Since, r.Zone), "why": cause(r, l.Why)}))
	}
	switch {
	case !open:
		p.said = append(p.said, r.T("console.ladder.over"))
	case l.Step == len(l.Rungs):
		p.said = append(p.said, r.T("console.ladder.top"))
	case !l.Look.IsZero() && l.Look.After(r.Now):
		p.said = append(p.said, r.T("console.ladder.look", phrase.Args{"rung": l.Rungs[l.Step].Title, "at": r.Printer.Time(l.Look, r.Zone)}))
	default:
		p.said = append(p.said, r.T("console.ladder.event", phrase.Args{"rung": l.Rungs[l.Step].Title}))
	}
	if p.gap = l.Gap; l.Gap != "" {
		known := false
		if p.gap, known = r.Printer.Hint(l.Gap); !known {
			p.gap = r.T("console.ladder.gap.text")
		}
	}
	if l.Previous != "" {
		p.led = ui.Link{Text: r.T("console.ladder.before"), Href: casePath(l.Previous)}
	}
}

// cause is why a case stands where it does, in words.
func cause(r *web.Request, c candor.Cause) string {
	switch c {
	case candor.CauseTold:
		return r.T("console.ladder.cause.told")
	case candor.CauseTime:
		return r.T("console.ladder.cause.time")
	case candor.CauseMissed:
		return r.T("console.ladder.cause.missed")
	case candor.CauseAgain:
		return r.T("console.ladder.cause.again")
	case candor.CauseCases:
		return r.T("console.ladder.cause.cases")
	case candor.CauseMended:
		return r.T("console.ladder.cause.mended")
	case candor.CauseBefore:
		return r.T("console.ladder.cause.before")
	}
	return string(c)
}

// rungWaits are what a rung waits for, in words.
func rungWaits(r *web.Request, l house.LadderRung) (all []string) {
	add := func(has bool, text string) {
		if has {
			all = append(all, text)
		}
	}
	add(l.Told, r.T("console.ladder.told"))
	add(l.After != "", r.T("console.ladder.after", phrase.Args{"time": lasting(r, l.After)}))
	add(l.Missed, r.T("console.ladder.missed"))
	add(l.Again != "", r.T("console.ladder.again", phrase.Args{"time": lasting(r, l.Again)}))
	add(l.Cases > 0, r.T("console.ladder.cases", phrase.Args{"count": l.Cases, "time": lasting(r, l.Within)}))
	return all
}

// lasting puts a period such as 3d into words; months, which are not all as long, stay
// as they are written.
func lasting(r *web.Request, text string) string {
	p, err := calendar.ParsePeriod(text)
	if err != nil || p.Months > 0 {
		return text
	}
	return r.Printer.Span(time.Duration(p.Days)*24*time.Hour + p.Time)
}

// rungDoes is what a rung proposes and asks for.
func rungDoes(r *web.Request, l house.LadderRung) templ.Component {
	var all []string
	for _, m := range l.Proposes {
		all = append(all, methodName(r.Printer, m))
	}
	all = append(all, l.Asks...)
	if len(all) == 0 {
		return ui.Absent()
	}
	return ui.Text(list(r.Printer, all))
}

// tellLadder puts a step on the ladder into words.
func (s *story) tellLadder(to *ui.Event, d details) {
	name := d.Rung
	for _, row := range s.ladder.rungs.Rows {
		if row.Key == d.Rung {
			name = row.Label
		}
	}
	to.Icon, to.Tone, to.Text = "next", ui.Warn, s.r.T("console.event.ladder.up", phrase.Args{"rung": name, "why": cause(s.r, d.Cause)})
	switch d.Cause {
	case candor.CauseMended:
		to.Icon, to.Tone, to.Text = "undo", ui.Good, s.r.T("console.event.ladder.down", phrase.Args{"rung": name})
	case candor.CauseTold:
		to.Tone = ui.Neutral
	}
	if d.Case != "" && d.Before > 0 {
		to.Mark = anchor(s.r.T("console.ladder.before"), casePath(d.Case))
	}
}
