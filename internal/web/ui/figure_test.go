package ui

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScale(t *testing.T) {
	for _, tt := range []struct{ most, top, step float64 }{
		{0, 1, 1}, {-3, 1, 1}, {1, 1, 1}, {3, 3, 1}, {7, 8, 2}, {35, 40, 10}, {0.4, 0.4, 0.1}, {4.2, 5, 1}, {99, 100, 20}, {1_000_000, 1_000_000, 200_000},
	} {
		if top, step := scale(tt.most); math.Abs(top-tt.top) > 1e-9 || math.Abs(step-tt.step) > 1e-9 {
			t.Errorf("scale(%v) = %v, %v, want %v, %v", tt.most, top, step, tt.top, tt.step)
		}
	}
	for most := 0.001; most < 1e12; most *= 1.7 {
		top, step := scale(most)
		if top < most || top/step > 5.01 || top > 2*most {
			t.Errorf("scale(%v) = %v, %v", most, top, step)
		}
	}
}

// TestGaps makes sure that what was not measured is neither nought nor bridged.
func TestGaps(t *testing.T) {
	ctx := at(t, "/")
	c := Chart{ID: "c", Kind: Lines, Labels: []string{"a", "b", "c", "d"}, Series: []Series{{Name: "s", Values: []float64{1, 2, math.NaN()}}}}
	p := newPlot(ctx, c)
	if len(p.marks) != 2 || len(p.gaps) != 2 || strings.Count(p.paths[0].path, "M") != 1 {
		t.Errorf("%d marks, %d gaps, path %s", len(p.marks), len(p.gaps), p.paths[0].path)
	}
	if got := p.value(ctx, 0, 3); got != "not measured" {
		t.Errorf("in the table: %s", got)
	}
	if got := sparkPath([]float64{1, math.NaN(), 1}); got != "M0 50M100 50" {
		t.Errorf("sparkline: %s", got)
	}
}

func TestStacked(t *testing.T) {
	c := Chart{Kind: Stacked, Labels: []string{"a"}, Series: []Series{{Values: []float64{1}}, {Values: []float64{3}}}}
	p := newPlot(at(t, "/"), c)
	if p.top != 4 || p.marks[0].y != "75%" || p.marks[1].y != "0%" || p.marks[1].height != "75%" {
		t.Errorf("top %v, marks %+v", p.top, p.marks)
	}
}

func TestNoData(t *testing.T) {
	var b strings.Builder
	for _, c := range []Chart{{}, {Series: []Series{{}}}, {Labels: []string{"a"}}, {Labels: []string{"a"}, Series: []Series{{Values: []float64{math.Inf(1)}}}}} {
		if err := ChartFigure(c).Render(at(t, "/"), &b); err != nil {
			t.Error(err)
		}
		if err := Share(c).Render(at(t, "/"), &b); err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Error("a place in a drawing is no number")
	}
}

func TestCompare(t *testing.T) {
	lines := func(s string) []string { return strings.Split(s, "") }
	for _, tt := range []struct{ old, changed, want string }{
		{"abc", "abc", " a b c"},
		{"abc", "abxc", " a b+x c"},
		{"abc", "ac", " a-b c"},
		{"abcd", "xbcy", "-a+x b c-d+y"},
		{"a", "b", "-a+b"},
	} {
		var got strings.Builder
		for _, l := range Compare(lines(tt.old), lines(tt.changed)) {
			got.WriteString(string(l.Kind) + l.Text)
		}
		if d := cmp.Diff(tt.want, got.String()); d != "" {
			t.Errorf("%s, %s: %s", tt.old, tt.changed, d)
		}
	}
}

// FuzzCompare holds the comparison to its promise: its lines make up both
// texts, in order and with the right numbers.
func FuzzCompare(f *testing.F) {
	f.Add("a\nb\nc", "a\nx\nc")
	f.Fuzz(func(t *testing.T, old, changed string) {
		a, b := strings.Split(old, "\n"), strings.Split(changed, "\n")
		var gotA, gotB []string
		for _, l := range Compare(a, b) {
			if l.Kind != Added {
				gotA = append(gotA, l.Text)
				if l.Old != len(gotA) {
					t.Fatalf("line %d of old has number %d", len(gotA), l.Old)
				}
			}
			if l.Kind != Removed {
				gotB = append(gotB, l.Text)
				if l.New != len(gotB) {
					t.Fatalf("line %d of changed has number %d", len(gotB), l.New)
				}
			}
		}
		if !slices.Equal(a, gotA) || !slices.Equal(b, gotB) {
			t.Fatal("the lines do not make up the texts")
		}
	})
}

func TestCompareIsBounded(t *testing.T) {
	a, b := make([]string, 5000), make([]string, 5000)
	for i := range a {
		a[i], b[i] = "a", "b"
	}
	if got := len(Compare(a, b)); got != 10_000 {
		t.Errorf("%d lines", got)
	}
}

// TestBand fills the range, and does not bridge what was not measured.
func TestBand(t *testing.T) {
	c := Chart{Kind: Band, Every: 2, Labels: []string{"a", "b", "c", "d"}, Series: []Series{
		{Values: []float64{2, 2, math.NaN(), 1}}, {Values: []float64{1, 1, 1, 0}}, {Values: []float64{4, 3, 4, 2}}}}
	p := newPlot(at(t, "/"), c)
	if len(p.paths) != 4 || !p.paths[0].filled || p.paths[1].filled || len(p.marks) != 0 || len(p.labels) != 2 {
		t.Fatalf("paths %+v, marks %+v, labels %+v", p.paths, p.marks, p.labels)
	}
	if got, want := p.paths[0].path, "M12.5 0L37.5 25L37.5 75L12.5 75Z"; got != want {
		t.Errorf("range %s, want %s", got, want)
	}
	if got, want := p.paths[1].path, "M12.5 50L37.5 50"; got != want {
		t.Errorf("middle %s, want %s", got, want)
	}
}

// TestBandWithWhatWas draws a fourth series as a line of its own; edges of the band
// have no place in the legend.
func TestBandWithWhatWas(t *testing.T) {
	c := Chart{ID: "c", Kind: Band, Labels: []string{"a", "b", "c"}, Series: []Series{{Name: "Usual", Values: []float64{2, 2, 2}}, {Name: "Low", Values: []float64{1, 1, 1}}, {Name: "High", Values: []float64{3, 3, 3}}, {Name: "Was", Values: []float64{4, math.NaN(), 8}}}}
	p := newPlot(at(t, "/"), c)
	if len(p.paths) != 3 || p.top != 8 || strings.Count(p.paths[2].path, "M") != 2 {
		t.Errorf("top %v, paths %+v", p.top, p.paths)
	}
	legend, _, _ := strings.Cut(drawn(t, c), "chart-unit")
	if !strings.Contains(legend, "Usual") || !strings.Contains(legend, "Was") || strings.Contains(legend, "High") {
		t.Errorf("the legend is %s", legend)
	}
}

func drawn(t *testing.T, c Chart) string {
	t.Helper()
	var b strings.Builder
	if err := ChartFigure(c).Render(at(t, "/"), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAreas stand on top of each other, and lead to a part of their time.
func TestAreas(t *testing.T) {
	c := Chart{ID: "c", Kind: Areas, Labels: []string{"a", "b"}, Series: []Series{{Name: "x", Values: []float64{1, 2}}, {Name: "y", Values: []float64{3, 0}}}, Zoom: &Zoom{Href: "/flows?by=port&where=a", Since: time.Unix(1000, 0), Step: time.Minute}}
	p := newPlot(at(t, "/"), c)
	want := []line{{class: "series-accent is-area", filled: true, path: "M25 75L75 50L75 100L25 100Z"}, {class: "series-teal is-area", filled: true, path: "M25 0L75 50L75 50L25 75Z"}}
	if d := cmp.Diff(want, p.paths, cmp.AllowUnexported(line{})); p.top != 4 || d != "" {
		t.Error(p.top, d)
	}
	page := drawn(t, c)
	for _, text := range []string{`data-zoom="/flows?by=port&amp;where=a"`, `data-zoom-since="1000000"`, `data-zoom-step="60000"`, `data-zoom-count="2"`} {
		if !strings.Contains(page, text) {
			t.Errorf("the plot lacks %s", text)
		}
	}
	if c.Zoom = nil; strings.Contains(drawn(t, c), "data-zoom") {
		t.Error("a plot that leads nowhere can be dragged over")
	}
}
