package ui

import "slices"

// DiffLine is a line of a comparison.
type DiffLine struct {
	Kind     DiffKind
	Old, New int // line numbers from 1; 0 where the line is not on that side
	Text     string
}

// DiffKind says what became of a line.
type DiffKind byte

// What becomes of lines.
const (
	Same    DiffKind = ' '
	Added   DiffKind = '+'
	Removed DiffKind = '-'
)

// maxDiff bounds the table of a comparison: lines of one side by lines of the
// other, after what they begin and end with in common.
const maxDiff = 1_000_000

// Compare finds the lines that were removed and added between two texts, with
// as few changes as possible. Texts that differ in too much to compare are
// shown as all removed and all added.
func Compare(old, changed []string) []DiffLine {
	head := 0
	for head < len(old) && head < len(changed) && old[head] == changed[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(changed)-head && old[len(old)-1-tail] == changed[len(changed)-1-tail] {
		tail++
	}
	d := differ{old: old, changed: changed}
	d.same(head)
	d.middle(len(old)-tail, len(changed)-tail)
	d.same(tail)
	return d.lines
}

type differ struct {
	old, changed []string
	i, j         int // lines taken of each
	lines        []DiffLine
}

func (d *differ) same(n int) {
	for range n {
		d.lines = append(d.lines, DiffLine{Same, d.i + 1, d.j + 1, d.old[d.i]})
		d.i++
		d.j++
	}
}

func (d *differ) remove() {
	d.lines = append(d.lines, DiffLine{Removed, d.i + 1, 0, d.old[d.i]})
	d.i++
}

func (d *differ) add() {
	d.lines = append(d.lines, DiffLine{Added, 0, d.j + 1, d.changed[d.j]})
	d.j++
}

// middle compares up to line m of old and line n of changed, by the longest
// common subsequence.
func (d *differ) middle(m, n int) {
	a, b := d.old[d.i:m], d.changed[d.j:n]
	var common [][]int // [i][j]: lines in common of a[i:] and b[j:]
	if len(a)*len(b) <= maxDiff {
		common = commonLines(a, b)
	}
	i0, j0 := d.i, d.j
	for d.i < m || d.j < n {
		i, j := d.i-i0, d.j-j0
		switch {
		case common != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			d.same(1)
		case d.j == n || d.i < m && (common == nil || common[i+1][j] >= common[i][j+1]):
			d.remove()
		default:
			d.add()
		}
	}
}

func commonLines(a, b []string) [][]int {
	out := make([][]int, len(a)+1)
	for i := range out {
		out[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				out[i][j] = out[i+1][j+1] + 1
			} else {
				out[i][j] = max(out[i+1][j], out[i][j+1])
			}
		}
	}
	return out
}
