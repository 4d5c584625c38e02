package playbook

import (
	"maps"
	"slices"
	"strings"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/desk/calendar/document"
)

// Rung is a step of a ladder: what follows when a case is not mended. One of what
// it waits for suffices.
type Rung struct {
	Name      string
	Text      Words
	Told      bool            // the customer was told
	After     calendar.Period // so long on the rung below
	Missed    bool            // the customer's deadline passed
	Again     calendar.Period // found again so soon after it was said to be mended
	Cases     int             // so many cases of the class
	Within    calendar.Period // in so long
	Responses []Response
	Tasks     []Task
}

// The names of the ladder of playbooks that name none, and of no ladder.
const (
	StandardLadder = "standard"
	NoLadder       = "none"
)

// Bounds of ladders.
const (
	maxRungs = 12
	maxCases = 1000
)

// ladder is one that a file holds.
type ladder struct {
	rungs []Rung
	at    document.Node
}

// ladderOf reads which ladder a playbook has; it is put in once all are known.
func (r *reader) ladderOf(p part, out *Playbook) (err error) {
	n := p.fields["ladder"]
	if !n.Found() {
		out.ladder = StandardLadder
		return nil
	}
	if out.ladder, err = n.Text(); err != nil {
		return err
	}
	if _, known := r.ladders[out.ladder]; !known && out.ladder != NoLadder {
		names := slices.Sorted(maps.Keys(r.ladders))
		return n.Error("Known are: "+strings.Join(append(names, NoLadder), ", ")+". Add others under ladders.", "ladder %q is not known", out.ladder)
	}
	return nil
}

// readLadders reads the ladders of a file.
func (r *reader) readLadders(p part) error {
	pairs, err := p.fields["ladders"].Pairs()
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		if err := wantID(pair.Key, pair.Name); err != nil {
			return err
		}
		if pair.Name == NoLadder {
			return pair.Key.Error("Give it another name.", "ladder %q stands for having none", NoLadder)
		}
		l := ladder{at: pair.Key}
		for _, n := range pair.Value.Items() {
			rung, err := r.rung(n)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(l.rungs, func(o Rung) bool { return o.Name == rung.Name }) {
				return n.Error("Give one of them another name.", "rung %q is there twice", rung.Name)
			}
			l.rungs = append(l.rungs, rung)
		}
		if len(l.rungs) > maxRungs {
			return pair.Value.Error("Write fewer.", "more than %d rungs", maxRungs)
		}
		r.ladders[pair.Name] = l
	}
	return nil
}

func (r *reader) rung(n document.Node) (out Rung, err error) {
	f, err := n.Fields("rung", "text", "told", "after", "missed", "again", "cases", "within", "responses", "tasks")
	if err != nil {
		return out, err
	}
	text := texts{fields: f}
	out.Name, out.Told, out.Missed = text.of("rung"), text.yes("told"), text.yes("missed")
	if text.err != nil {
		return out, text.err
	}
	if err := wantID(n, out.Name); err != nil {
		return out, err
	}
	if out.Text, err = r.words(f["text"], n, "playbook.rung."+out.Name, "rung "+out.Name); err != nil {
		return out, err
	}
	for name, to := range map[string]*calendar.Period{"after": &out.After, "again": &out.Again, "within": &out.Within} {
		if *to, err = period(f[name], name); err != nil {
			return out, err
		}
	}
	if out.Cases, err = cases(f["cases"]); err != nil {
		return out, err
	}
	if (out.Cases > 0) != (out.Within != calendar.Period{}) {
		return out, n.Error("Write both, such as cases: 3 and within: 90d.", "rung %q counts cases without a time, or has a time without a number", out.Name)
	}
	if !out.Told && !out.Missed && out.Cases == 0 && out.After == (calendar.Period{}) && out.Again == (calendar.Period{}) {
		return out, n.Error("Say what it waits for: told, after, missed, again, or cases and within.", "rung %q waits for nothing", out.Name)
	}
	var book Playbook
	given := part{fields: map[string]document.Node{"responses": f["responses"], "tasks": f["tasks"]}}
	if err := r.responses(given, &book); err != nil {
		return out, err
	}
	err = r.tasks(given, &book)
	out.Responses, out.Tasks = book.Responses, book.Tasks
	return out, err
}

// period reads one that may be missing.
func period(n document.Node, name string) (calendar.Period, error) {
	word, err := n.Text()
	if err != nil || !n.Found() {
		return calendar.Period{}, err
	}
	p, err := calendar.ParsePeriod(word)
	if err != nil {
		return p, n.Error(candor.Hint(err), "%s: %q is no period", name, word)
	}
	return p, nil
}

// cases reads a number of cases that may be missing.
func cases(n document.Node) (int, error) {
	word, err := n.Text()
	if err != nil || !n.Found() {
		return 0, err
	}
	count := 0
	for _, digit := range word {
		if digit < '0' || digit > '9' || count > maxCases {
			count = 0
			break
		}
		count = count*10 + int(digit-'0')
	}
	if count < 2 || count > maxCases {
		return 0, n.Error("Write a number from 2 to 1000.", "cases: %q is none", word)
	}
	return count, nil
}

// rungs gives a copy of a ladder with what holds for a severity.
func (l *Library) rungs(name string, severity candor.Severity) []Rung {
	all := slices.Clone(l.ladders[name].rungs)
	for i := range all {
		all[i].Responses = slices.DeleteFunc(slices.Clone(all[i].Responses), func(r Response) bool { return r.From > severity })
		all[i].Tasks = slices.DeleteFunc(slices.Clone(all[i].Tasks), func(t Task) bool { return t.From > severity })
	}
	return all
}
