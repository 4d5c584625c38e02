// Package sheet writes what is shared of an incident for people: sheets of A4, as PDF.
package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
)

// Write writes what is released, with its mark on each sheet. What an indicator names
// is written so that nobody opens it by mistake ("hxxp://", "[.]"). The same release is
// written the same, byte for byte. candor.ErrInvalid is of a bundle without ID,
// producer or time.
func Write(w io.Writer, r intel.Release) error {
	b := r.Bundle()
	if b.ID == "" || b.Producer.Name == "" || b.Created.IsZero() {
		return fmt.Errorf("a bundle without ID, producer or time: %w", candor.ErrInvalid)
	}
	d := &document{mark: b.Mark().String()}
	title := b.Title
	if title == "" {
		title = "Incident"
	}
	for _, l := range wrapped(title, 60) {
		d.line(bold, 16, margin, l)
	}
	d.y -= 6
	d.fact("Incident", string(b.ID))
	d.fact("From", strings.TrimSpace(b.Producer.Name+" "+b.Producer.Mail))
	d.fact("Class", string(b.Class))
	d.fact("Severity", b.Severity.String())
	d.fact("Opened", moment(b.Created))
	d.fact("Changed", moment(b.Modified))
	d.fact("To be shared", d.mark+" (Traffic Light Protocol 2.0)")
	d.y -= 10
	d.line(bold, 12, margin, "Indicators: "+strconv.Itoa(len(b.Indicators)))
	counts := map[intake.Resource]int64{}
	for _, s := range b.Sightings {
		counts[intake.Resource{Kind: s.Indicator.Kind, Value: s.Indicator.Value}] += s.Count
	}
	for _, i := range b.Indicators {
		d.indicator(i, counts[intake.Resource{Kind: i.Kind, Value: i.Value}])
	}
	return d.write(w, title)
}

// fact writes what is said of the whole.
func (d *document) fact(label, value string) {
	for n, l := range wrapped(value, 70) {
		if n == 0 {
			d.line(plain, 10, margin, label)
			d.again(plain, 10, margin+90, l)
			continue
		}
		d.line(plain, 10, margin+90, l)
	}
}

// indicator writes one: its value in lines of signs that are as wide, and below what
// is told of it.
func (d *document) indicator(i intel.Indicator, count int64) {
	d.y -= 4
	for _, l := range wrapped(harmless(i), 88) {
		d.line(fixed, 9, margin, l)
	}
	told := []string{string(i.Kind)}
	if i.Class != "" {
		told = append(told, string(i.Class))
	}
	if !i.First.IsZero() {
		told = append(told, "first seen "+moment(i.First))
	}
	if !i.Last.IsZero() && !i.Last.Equal(i.First) {
		told = append(told, "last seen "+moment(i.Last))
	}
	if count > 0 {
		told = append(told, fmt.Sprintf("seen %d times", count))
	}
	if i.Confidence > 0 {
		told = append(told, fmt.Sprintf("confidence %d %%", i.Confidence))
	}
	if i.TLP != "" {
		told = append(told, i.TLP.String())
	}
	for _, l := range wrapped(strings.Join(told, ", "), 100) {
		d.line(plain, 8, margin+12, l)
	}
}

// harmless is a value that no program takes for a link.
func harmless(i intel.Indicator) string {
	switch i.Kind {
	case intake.URL, intake.Domain, intake.Mail:
		v := strings.ReplaceAll(i.Value, ".", "[.]")
		if rest, ok := strings.CutPrefix(v, "http"); ok && i.Kind == intake.URL {
			v = "hxxp" + rest
		}
		return v
	}
	return i.Value
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// wrapped cuts text into lines of so many signs at most, between words where it can.
// A sign of other scripts is as wide as two.
func wrapped(text string, most int) (lines []string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	begin, space, wide := 0, -1, 0
	for at, r := range text {
		n := 1
		if foreign(r) {
			n = 2
		}
		if wide += n; wide > most && at > begin {
			cut := at
			if space > begin {
				cut = space
			}
			lines = append(lines, strings.TrimSpace(text[begin:cut]))
			begin, space = cut, -1
			wide = n
			for _, r := range text[cut:at] {
				wide++
				if foreign(r) {
					wide++
				}
			}
		}
		if r == ' ' {
			space = at
		}
	}
	return append(lines, strings.TrimSpace(text[begin:]))
}
