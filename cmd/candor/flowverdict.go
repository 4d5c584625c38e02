package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/line"
	"candor/internal/scan/output"
)

// finish tells what was found: each finding under one policy, the difference
// under two.
func (j *judged) finish(to io.Writer, asJSON bool) error {
	for _, b := range j.benches {
		b.Finish()
	}
	if len(j.benches) > 1 {
		return j.compare(to, asJSON)
	}
	b := j.benches[0]
	if err := b.tell(to, asJSON); err != nil {
		return err
	}
	isolated, st := len(b.isolates()), b.Stats()
	if !asJSON {
		_, err := fmt.Fprintf(to, "%d lines, %d records, %d of no line; %d findings; %d lines would be isolated\n", len(b.Lines()), st.Records, st.Unattributed, len(b.Found), isolated)
		return err
	}
	return json.NewEncoder(to).Encode(struct {
		Type         string `json:"type"`
		Lines        int    `json:"lines"`
		Records      uint64 `json:"records"`
		Unattributed uint64 `json:"unattributed"`
		Findings     int    `json:"findings"`
		Isolated     int    `json:"isolated"`
	}{"summary", len(b.Lines()), st.Records, st.Unattributed, len(b.Found), isolated})
}

// tell tells each finding.
func (b *bench) tell(to io.Writer, asJSON bool) error {
	for _, f := range b.Found {
		worded := line.Word(f)
		if asJSON {
			err := json.NewEncoder(to).Encode(struct {
				Type    string    `json:"type"`
				Line    string    `json:"line"`
				At      time.Time `json:"at"`
				Isolate bool      `json:"isolate"`
				candor.Finding
			}{"finding", b.Address(f.Line).String(), flow.At(f.At), f.Isolate, worded})
			if err != nil {
				return err
			}
			continue
		}
		mark := ""
		if f.Isolate {
			mark = " [isolate]"
		}
		fmt.Fprintf(to, "%s %s %s%s: %s\n", flow.At(f.At).Format(time.RFC3339), b.Address(f.Line), f.Kind, mark, worded.Description)
		for _, s := range worded.Strings {
			fmt.Fprintf(to, "    %s\n", output.Printable(string(s.Data)))
		}
	}
	return nil
}

// difference is a line that would be isolated under one policy and not under the
// other, or for other kinds; and sums of all.
type difference struct {
	Type    string   `json:"type"`
	Line    string   `json:"line"`
	Today   []string `json:"today"`   // kinds that it would be isolated for
	Changed []string `json:"changed"` // the same under the changed policy
}

// compared counts whom two policies would isolate.
type compared struct {
	Type        string `json:"type"`
	Lines       int    `json:"lines"`
	Records     uint64 `json:"records"`
	Both        int    `json:"isolated_by_both"`
	Today       int    `json:"isolated_today_only"`
	Changed     int    `json:"isolated_changed_only"`
	FoundToday  int    `json:"findings_today"`
	FoundChange int    `json:"findings_changed"`
}

// compare tells who would be isolated under one policy and not under the other.
func (j *judged) compare(to io.Writer, asJSON bool) error {
	a, b := j.benches[0], j.benches[1] // lines have the same numbers for both
	today, changed := a.isolates(), b.isolates()
	sum := compared{Type: "summary", Lines: len(a.Lines()), Records: a.Stats().Records, FoundToday: len(a.Found), FoundChange: len(b.Found)}
	var all []difference
	for n, kinds := range today {
		switch {
		case changed[n] == nil:
			sum.Today++
		default:
			sum.Both++
		}
		if !slices.Equal(kinds, changed[n]) {
			all = append(all, difference{"difference", a.Address(n).String(), kinds, append([]string{}, changed[n]...)})
		}
	}
	for n, kinds := range changed {
		if today[n] == nil {
			sum.Changed++
			all = append(all, difference{"difference", a.Address(n).String(), []string{}, kinds})
		}
	}
	slices.SortFunc(all, func(a, b difference) int { return strings.Compare(a.Line, b.Line) })
	if asJSON {
		out := json.NewEncoder(to)
		for _, d := range all {
			if err := out.Encode(d); err != nil {
				return err
			}
		}
		return out.Encode(sum)
	}
	if len(all) > 0 {
		table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "line\tisolated today for\tunder the changed policy for")
		for _, d := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\n", d.Line, orNothing(d.Today), orNothing(d.Changed))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(to, "%d lines, %d records; findings: %d today, %d under the changed policy\nlines that would be isolated: %d under both, %d today only, %d under the changed policy only\n",
		sum.Lines, sum.Records, sum.FoundToday, sum.FoundChange, sum.Both, sum.Today, sum.Changed)
	return err
}

func orNothing(kinds []string) string {
	if len(kinds) == 0 {
		return "not"
	}
	return strings.Join(kinds, ", ")
}
