// Package freetext measures how well reports in free text are read, on labelled
// reports, and learns from them.
package freetext

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/freetext"
	"candor/internal/intake/message"
)

//go:embed prior.tsv
var prior string

// Learner is one that is drawn towards what is expected of features before
// anything is learned.
func Learner() *freetext.Learner {
	return &freetext.Learner{Prior: prior, Pull: 3, Steps: 300, Readings: 2, Forget: 0.3}
}

// Case is a labelled report.
type Case struct {
	freetext.Labelled
	Name   string
	Set    string // name of the folder that its style is in
	When   time.Time
	Class  candor.Class
	Person bool // an honest reader could not tell
}

type label struct {
	About  []intake.Resource `json:"about"`
	When   time.Time         `json:"when"`
	Class  candor.Class      `json:"class"`
	Person bool              `json:"person"`
}

// traps is how much reports that were made to mislead count for how sure
// readings are: about one in six of all is then such a one.
const traps = 0.78

// Load reads all reports below a folder: NN.eml beside NN.json, in folders by
// style.
func Load(folder string) (all []Case, err error) {
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".eml" {
			return err
		}
		c, err := load(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, c)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("there are no reports (NN.eml and NN.json) below %s", folder)
	}
	return all, err
}

func load(path string) (c Case, err error) {
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	m, err := message.Read(f, message.DefaultLimits())
	if err != nil {
		return c, err
	}
	text, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + ".json")
	if err != nil {
		return c, err
	}
	var l label
	if err := json.Unmarshal(text, &l); err != nil {
		return c, err
	}
	for i, a := range l.About {
		if a.Kind == intake.Address && strings.Contains(a.Value, "/") {
			l.About[i].Kind = intake.Network
		}
	}
	c = Case{Name: path, When: l.When, Class: l.Class, Person: l.Person}
	c.Message, c.About, c.Style, c.Share = m, l.About, filepath.Base(filepath.Dir(path)), 1
	c.Set = filepath.Base(filepath.Dir(filepath.Dir(path)))
	if c.Set != "plain" {
		c.Share = traps
	}
	return c, nil
}

// Score is how well a set was read.
type Score struct {
	Reports int
	Exact   int // the resources that are complained about, all and no others
	Some    int // at least one right one
	Alone   int // no person would have been asked
	Right   int // of those, exactly right
	Class   int
	Timed   int // of reports that tell a time with its zone
	Times   int // the earliest time is right
	Ports   int // of exact ones with ports: the ports are right
	Ported  int
	Bytes   int64
	Took    time.Duration
	Styles  map[string]*Score
	Sets    map[string]*Score
	bins    [20][2]int // by confidence: reports, exact ones
	sure    []sure
}

// sure is how sure a reading is, and 1 if it is exact.
type sure struct{ confidence, exact int }

// atLeast is the share that, with 95 % confidence, as many are right at least (Clopper
// and Pearson 1934, one-sided).
func atLeast(right, of int) float64 {
	low, high := 0.0, 1.0
	for range 50 {
		p := (low + high) / 2
		more := 0.0 // how likely it is that so many or more are right
		for k := right; k <= of && p > 0; k++ {
			a, _ := math.Lgamma(float64(of + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(of - k + 1))
			more += math.Exp(a - b - c + float64(k)*math.Log(p) + float64(of-k)*math.Log1p(-p))
		}
		if more < 0.05 {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// Cross judges each style by a Reader that learned from others, with styles
// parted into n sets.
func Cross(cases []Case, n int, explain io.Writer) *Score {
	l := Learner()
	for _, c := range cases {
		l.Add(c.Labelled)
	}
	total := &Score{Styles: map[string]*Score{}, Sets: map[string]*Score{}}
	for _, f := range l.Folds(n) {
		for _, c := range cases {
			if f.Styles[c.Style] {
				total.judge(f.Reader, c, explain)
			}
		}
	}
	return total
}

// Judge reads all cases, and writes those that were read wrongly to explain, if
// that is not nil.
func Judge(r *freetext.Reader, cases []Case, explain io.Writer) *Score {
	total := &Score{Styles: map[string]*Score{}, Sets: map[string]*Score{}}
	for _, c := range cases {
		total.judge(r, c, explain)
	}
	return total
}

func (s *Score) judge(r *freetext.Reader, c Case, explain io.Writer) {
	began := time.Now()
	got := r.Read(c.Message)
	took := time.Since(began)
	part := func(of map[string]*Score, name string) *Score {
		if of[name] == nil {
			of[name] = &Score{}
		}
		return of[name]
	}
	for _, s := range []*Score{part(s.Styles, c.Style), part(s.Sets, c.Set), s} {
		s.Took += took
		s.add(c, got)
	}
	if explain == nil {
		return
	}
	if !exact(c, got) {
		tell(explain, c, got)
	}
	if class := got.Events[0].Class; class != c.Class {
		fmt.Fprintf(explain, "%s: class %s, not %s\n", c.Name, class, c.Class)
	}
	if t := earliest(got); !c.When.IsZero() && !t.Equal(c.When) {
		fmt.Fprintf(explain, "%s: at %s, not %s\n", c.Name, t.Format(time.RFC3339), c.When.Format(time.RFC3339))
	}
}

func about(got freetext.Reading) (all []intake.Resource) {
	for _, e := range got.Events {
		all = append(all, e.About...)
	}
	return all
}

func exact(c Case, got freetext.Reading) bool {
	have := about(got)
	if len(have) != len(c.About) {
		return false
	}
	for _, a := range c.About {
		if !slices.ContainsFunc(have, func(b intake.Resource) bool { return a.Kind == b.Kind && a.Value == b.Value }) {
			return false
		}
	}
	return true
}

func (s *Score) add(c Case, got freetext.Reading) {
	s.Reports++
	have, ok := about(got), exact(c, got)
	s.sure = append(s.sure, sure{confidence: got.Confidence, exact: bit(ok)})
	bin := min(got.Confidence/5, 19)
	s.bins[bin][0]++
	if ok {
		s.Exact++
		s.bins[bin][1]++
	}
	if slices.ContainsFunc(c.About, func(a intake.Resource) bool {
		return slices.ContainsFunc(have, func(b intake.Resource) bool { return a.Kind == b.Kind && a.Value == b.Value })
	}) {
		s.Some++
	}
	if got.Person == "" {
		s.Alone++
		if ok {
			s.Right++
		}
	}
	if got.Events[0].Class == c.Class {
		s.Class++
	}
	if !c.When.IsZero() {
		s.Timed++
		if earliest(got).Equal(c.When) {
			s.Times++
		}
	}
	for _, a := range c.About {
		if a.Port == 0 || !ok {
			continue
		}
		s.Ported++
		if slices.ContainsFunc(have, func(b intake.Resource) bool { return a.Value == b.Value && a.Port == b.Port }) {
			s.Ports++
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func earliest(got freetext.Reading) (t time.Time) {
	for _, e := range got.Events {
		if e.First != nil && !e.First.Time.IsZero() && (t.IsZero() || e.First.Time.Before(t)) {
			t = e.First.Time
		}
	}
	return t
}

func tell(w io.Writer, c Case, got freetext.Reading) {
	fmt.Fprintf(w, "\n%s: confidence %d, %s\n", c.Name, got.Confidence, got.Events[0].Class)
	for _, a := range c.About {
		if !slices.ContainsFunc(about(got), func(b intake.Resource) bool { return a.Kind == b.Kind && a.Value == b.Value }) {
			fmt.Fprintf(w, "  missed %s %s\n", a.Kind, a.Value)
			why(w, got, a)
		}
	}
	for _, a := range about(got) {
		if !slices.ContainsFunc(c.About, func(b intake.Resource) bool { return a.Kind == b.Kind && a.Value == b.Value }) {
			fmt.Fprintf(w, "  wrong %s %s\n", a.Kind, a.Value)
			why(w, got, a)
		}
	}
}

func why(w io.Writer, got freetext.Reading, a intake.Resource) {
	for _, x := range got.Why {
		if x.Kind != a.Kind || x.Value != a.Value {
			continue
		}
		fmt.Fprintf(w, "    %d:", x.Confidence)
		for _, f := range x.Features {
			fmt.Fprintf(w, " %s %+.1f", f.Name, f.Weight)
		}
		fmt.Fprintln(w)
		return
	}
	fmt.Fprintln(w, "    not found in the text")
}

// Print writes the score.
func (s *Score) Print(w io.Writer) {
	fmt.Fprintf(w, "%-28s %7s %7s %7s %7s %7s %7s %7s\n", "style", "reports", "exact", "some", "alone", "right", "class", "time")
	for _, n := range slices.Sorted(maps.Keys(s.Styles)) {
		s.Styles[n].print(w, n)
	}
	for _, n := range slices.Sorted(maps.Keys(s.Sets)) {
		s.Sets[n].print(w, "all of "+n)
	}
	s.print(w, "all")
	fmt.Fprintln(w, "\nconfidence   reports   exact")
	for i, b := range s.bins {
		if b[0] > 0 {
			fmt.Fprintf(w, "%3d to %3d   %7d  %s\n", i*5, i*5+4, b[0], percent(b[1], b[0]))
		}
	}
	fmt.Fprintln(w, "\nfrom   reports   exact   surely (95 %)")
	for from := 90; from < 100; from++ {
		n, right := 0, 0
		for _, o := range s.sure {
			if o.confidence >= from {
				n++
				right += o.exact
			}
		}
		fmt.Fprintf(w, "%4d   %7d  %6s   %.1f%%\n", from, n, percent(right, n), 100*atLeast(right, n))
	}
	fmt.Fprintf(w, "\nports right: %s of %d; %.2f ms a report\n", percent(s.Ports, s.Ported), s.Ported, s.Took.Seconds()*1000/float64(max(s.Reports, 1)))
}

func (s *Score) print(w io.Writer, name string) {
	fmt.Fprintf(w, "%-28s %7d %7s %7s %7s %7s %7s %7s\n", name, s.Reports, percent(s.Exact, s.Reports), percent(s.Some, s.Reports), percent(s.Alone, s.Reports), percent(s.Right, s.Alone), percent(s.Class, s.Reports), percent(s.Times, s.Timed))
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}
