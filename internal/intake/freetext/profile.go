package freetext

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"candor/internal/intake"
)

// Profiles knows what people corrected. It is safe for concurrent use.
type Profiles interface {
	// Profile is of one who reports, by mail address in lower case; the zero
	// Profile if nothing is known of them.
	Profile(reporter string) Profile
}

// Profile is what people said of the readings of one reporter's mails: of each
// mark that values bear, how many of those that bore it were complained about,
// and how many were not. The zero Profile knows nothing. It is a value: Learn
// gives a new one, and the same corrections in the same order give the same.
type Profile struct {
	Reports int              `json:"reports"` // readings that were corrected or confirmed
	Right   int              `json:"right"`   // values that were complained about
	Wrong   int              `json:"wrong"`   // values that were not
	Marks   map[string]Tally `json:"marks"`
}

// Tally counts the values that bore a mark.
type Tally struct {
	Right int `json:"right"`
	Wrong int `json:"wrong"`
}

// Bounds of a Profile.
const (
	MostMarks    = 2000 // those that were borne by the fewest are dropped
	mostLearned  = 200  // values of a report that are counted
	mostMarkSize = 60   // bytes
	mostLean     = 8.0
)

// Learn gives the profile with one more reading, of a Reader with Profiles, of
// which a person said what it complains about.
func (p Profile) Learn(got Reading, about []intake.Resource) Profile {
	p.Reports++
	marks := maps.Clone(p.Marks)
	if marks == nil {
		marks = map[string]Tally{}
	}
	for _, w := range got.Why[:min(len(got.Why), mostLearned)] {
		right := slices.ContainsFunc(about, func(a intake.Resource) bool { return a.Kind == w.Kind && a.Value == w.Value })
		if right {
			p.Right++
		} else {
			p.Wrong++
		}
		for _, m := range w.Marks {
			t := marks[m]
			if right {
				t.Right++
			} else {
				t.Wrong++
			}
			marks[m] = t
		}
	}
	if len(marks) > MostMarks {
		names := slices.SortedFunc(maps.Keys(marks), func(a, b string) int {
			return cmp.Or(cmp.Compare(marks[b].Right+marks[b].Wrong, marks[a].Right+marks[a].Wrong), cmp.Compare(a, b))
		})
		for _, n := range names[MostMarks:] {
			delete(marks, n)
		}
	}
	p.Marks = marks
	return p
}

// lean is how much corrections speak for a value (naive Bayes over the marks
// that tell the most), between -8 and 8: with few of them less.
func (p Profile) lean(marks []string) float64 {
	if p.Reports == 0 || p.Right == 0 {
		return 0
	}
	var all []float64
	for _, m := range marks {
		t, ok := p.Marks[m]
		if !ok {
			continue
		}
		x := math.Log((float64(t.Right)+0.5)/(float64(p.Right)+1)) - math.Log((float64(t.Wrong)+0.5)/(float64(p.Wrong)+1))
		all = append(all, max(-2.5, min(2.5, x)))
	}
	slices.SortFunc(all, func(a, b float64) int { return cmp.Or(cmp.Compare(math.Abs(b), math.Abs(a)), cmp.Compare(b, a)) })
	sum := 0.0
	for _, x := range all[:min(len(all), 8)] {
		sum += x
	}
	n := float64(p.Reports)
	return max(-mostLean, min(mostLean, sum*n/(n+2)))
}

// marks are what a value is known by again in the next mail of who wrote this
// one: its features, and the words and the place that it stands in.
func (d *document) marks(v *value) (all []string) {
	g := group(v.kind) + ":"
	put := func(kind, text string) {
		if text != "" {
			all = append(all, g+kind+intake.Cut(text, mostMarkSize))
		}
	}
	for _, f := range v.features {
		if f != corrections && !strings.HasPrefix(f, "rule ") {
			put("", f)
		}
	}
	for i, m := range v.mentions {
		if i == 5 {
			break
		}
		l := &d.lines[m.line]
		if l.zone == outer || m.within {
			continue
		}
		left := strings.ToLower(l.text[:min(m.start, len(l.text))])
		put("key ", key(left))
		put("column ", d.column(m))
		put("before ", strings.Join(lastWords(left, 2), " "))
		put("shape ", shapeOf(left))
		if m.line > 0 && strings.TrimSpace(left) == "" && d.lines[m.line-1].of == l.of {
			put("below ", shapeOf(strings.ToLower(d.lines[m.line-1].text)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func lastWords(s string, n int) []string {
	w := strings.FieldsFunc(s, func(r rune) bool { return !(r == '_' || 'a' <= r && r <= 'z' || r > 0xbf) })
	return w[max(0, len(w)-n):]
}

// shapeOf is a text with numbers as 0 and without what stands about them.
func shapeOf(s string) string {
	var b strings.Builder
	for _, c := range tail(s, 120) {
		switch {
		case '0' <= c && c <= '9':
			c = '0'
		case c == ' ' || c == '\t':
			continue
		}
		if t := b.String(); c == '0' && strings.HasSuffix(t, "0") {
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
