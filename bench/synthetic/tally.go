package synthetic

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intake/reading"
)

// outcome is what became of an accusation.
type outcome int

const (
	right   outcome = iota // filed, for the party that it was about
	wrong                  // filed, for another
	person                 // a person decides
	foreign                // counts as nobody's here
	unread                 // nothing was made of it
	outcomes
)

// Tally counts accusations.
type Tally struct {
	Reports  int
	Waited   int                    // times that a report was put off until records came
	waits    [kinds][]time.Duration // of what was put off, until it was decided
	things   [kinds][outcomes]int
	forms    [forms][outcomes]int
	styles   [styles][outcomes]int
	Examples []string // of what is wrong
}

// Wrong is how many would have been told to a party that they were not about.
func (t *Tally) Wrong() int { return t.of(wrong) }

// Right is how many would have been told to the party that they were about.
func (t *Tally) Right() int { return t.of(right) }

func (t *Tally) of(o outcome) (n int) {
	for k := range t.things {
		n += t.things[k][o]
	}
	return n
}

// count compares what the desk says of a report with what is so.
func (p *player) count(rep *report, got []candor.Complaint, read reading.Reading) {
	used := make([]bool, len(got))
	for i := range rep.all {
		a := &rep.all[i]
		o := unread
		for j, c := range got {
			if used[j] || !a.is(c, rep.form) {
				continue
			}
			used[j] = true
			if o = p.outcome(a, c); o == wrong {
				p.example(rep, a, c, read)
			}
			break
		}
		p.tally.things[a.thing.kind][o]++
		if wait := p.clock().Sub(rep.received); wait >= step {
			p.tally.waits[a.thing.kind] = append(p.tally.waits[a.thing.kind], wait)
		}
		p.tally.forms[rep.form][o]++
		p.tally.styles[a.style][o]++
	}
	for j, c := range got { // what nobody accused must not be filed
		if !used[j] && c.State == candor.ComplaintFiled && !p.true(rep, c) {
			p.tally.things[rep.all[0].thing.kind][wrong]++
			p.example(rep, &rep.all[0], c, read)
		}
	}
}

// is tells whether a complaint is what an accusation says.
func (a *accusation) is(c candor.Complaint, _ form) bool {
	return c.Value == a.value && (c.Port == a.port || a.port == 0 || c.Port == 0)
}

// outcome compares a complaint with who truly had the thing.
func (p *player) outcome(a *accusation, c candor.Complaint) outcome {
	switch c.State {
	case candor.ComplaintForeign:
		return foreign
	case candor.ComplaintFiled:
		if p.holds(a, c) {
			return right
		}
		return wrong
	}
	return person
}

// holds tells whether the asset alone had the thing at both moments, and the party
// the asset.
func (p *player) holds(a *accusation, c candor.Complaint) bool {
	for _, at := range []time.Time{a.first, a.last} {
		had := a.thing.holders(at)
		if len(had) != 1 || had[0] < 0 {
			return false
		}
		if x := &p.assets[had[0]]; x.ID != c.Asset || x.party(at) != c.Party {
			return false
		}
	}
	return true
}

// true tells whether a complaint that is worded otherwise than accused holds for an
// accusation: the host of a URL, say.
func (p *player) true(rep *report, c candor.Complaint) bool {
	for i := range rep.all {
		if a := &rep.all[i]; strings.Contains(a.value, c.Value) && p.holds(a, c) {
			return true
		}
	}
	return false
}

func (p *player) example(rep *report, a *accusation, c candor.Complaint, read reading.Reading) {
	if len(p.examples) == 10 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s: %s port %d, from %s to %s, came %s, read %s\n", rep.form, a.thing.kind, a.style, a.value, a.port, a.first.Format(time.RFC3339), a.last.Format(time.RFC3339), rep.received.Format(time.RFC3339), p.clock().Format(time.RFC3339))
	fmt.Fprintf(&b, "filed: %s port %d, asset %s, party %s, from %s to %s (%s), format %s\n", c.Value, c.Port, c.Asset, c.Party, c.First.Format(time.RFC3339), c.Last.Format(time.RFC3339), c.Why, read.Report.Format)
	for _, h := range a.thing.had {
		if h.from.Before(a.last.Add(24*time.Hour)) && h.until.After(a.first.Add(-24*time.Hour)) {
			fmt.Fprintf(&b, "  had from %s to %s by asset %d", h.from.Format(time.RFC3339), h.until.Format(time.RFC3339), h.asset)
			if h.asset >= 0 {
				fmt.Fprintf(&b, " %s, owners %v", p.assets[h.asset].ID, p.assets[h.asset].owners)
			}
			fmt.Fprintln(&b)
		}
	}
	if ip, err := netip.ParseAddr(c.Value); err == nil {
		fmt.Fprintf(&b, "  %+v\n", p.table.Tenures(ip, c.Port, a.first.Add(-margin), a.last.Add(margin), 10))
	}
	p.examples = append(p.examples, b.String()+rep.mail)
}

// Print writes the counts.
func (t *Tally) Print(w io.Writer) {
	all := 0
	for o := range outcomes {
		all += t.of(o)
	}
	fmt.Fprintf(w, "%d reports with %d accusations: %d told to the right party, %d for a person, %d count as foreign, %d not read, %d wrong\n", t.Reports, all, t.of(right), t.of(person), t.of(foreign), t.of(unread), t.of(wrong))
	fmt.Fprintf(w, "put off until records came: %d times\n\n%-26s %9s %9s %9s %9s %9s\n", t.Waited, "", "right", "person", "foreign", "unread", "wrong")
	row := func(name string, n [outcomes]int) {
		fmt.Fprintf(w, "%-26s %9d %9d %9d %9d %9d\n", name, n[right], n[person], n[foreign], n[unread], n[wrong])
	}
	for k := range t.things {
		row(kind(k).String(), t.things[k])
	}
	fmt.Fprintln(w)
	for f := range t.forms {
		row(form(f).String(), t.forms[f])
	}
	fmt.Fprintln(w)
	for s := range t.styles {
		row(style(s).String(), t.styles[s])
	}
	fmt.Fprintf(w, "\n%-26s %9s %9s %9s %9s\n", "put off", "", "p50", "p90", "longest")
	for k, all := range t.waits {
		if slices.Sort(all); len(all) > 0 {
			fmt.Fprintf(w, "%-26s %9d %9s %9s %9s\n", kind(k), len(all), all[len(all)/2].Round(time.Second), all[len(all)*9/10].Round(time.Second), all[len(all)-1].Round(time.Second))
		}
	}
	for _, e := range t.Examples {
		fmt.Fprintf(w, "\nwrong: %s\n", e)
	}
}

func (w *world) size() (n int) {
	for _, all := range w.things {
		n += len(all)
	}
	return n
}

func (w *world) tenancies() (n int) {
	for _, all := range w.things {
		for i := range all {
			n += len(all[i].had)
		}
	}
	return n
}
