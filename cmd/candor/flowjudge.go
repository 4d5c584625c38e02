package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/line"
	"candor/internal/flow/normal"
	"candor/internal/scan/output"
)

// judged are records that the detectors look at as they would if the lines were
// the provider's.
type judged struct {
	sensor  *detect.Sensor
	lines   map[flow.Addr]flow.Line
	inside  networks
	plan    detect.Plan
	swept   int64
	found   []detect.Finding
	isolate map[flow.Line]bool
}

// mostJudged bounds the lines of a replay.
const mostJudged = 1_000_000

// newJudged makes a line of each address in the networks, once it is seen.
func newJudged(inside []string, up, down int64, own []string, feeds []string) (*judged, error) {
	j := &judged{lines: map[flow.Addr]flow.Line{}, plan: detect.Plan{Up: uint64(up), Down: uint64(down), Group: 1}, isolate: map[flow.Line]bool{}}
	for _, list := range [][]string{inside, own} {
		for _, text := range list {
			if len(config.Networks([]string{text})) == 0 {
				return nil, candor.WithHint(fmt.Errorf("%.60q is no network: %w", text, candor.ErrInvalid), "Write it as 10.0.0.0/8 or 10.0.0.1.")
			}
		}
	}
	feed, err := readFeeds(feeds)
	if err != nil {
		return nil, err
	}
	j.inside = config.Networks(inside)
	mine := networks(config.Networks(own))
	j.sensor = detect.New(detect.Config{
		Who: j, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: detect.DefaultPolicy(), Seed: 1,
		Own: mine.has, Feed: feed, Found: func(f detect.Finding) { j.found = append(j.found, f) },
	})
	return j, nil
}

// Holder implements flow.Who: each address has one line for good.
func (j *judged) Holder(a flow.Addr, _ uint16, _ int64) flow.Line { return j.lines[a] }

// take looks at records, and lets time go by as they tell.
func (j *judged) take(records []flow.Record) {
	for i := range records {
		j.meet(records[i].Src)
		j.meet(records[i].Dst)
	}
	for i := range records {
		if r := &records[i]; r.End-j.swept >= 500_000 {
			j.sensor.Sweep(r.End)
			j.swept = r.End
		}
		j.sensor.Take(records[i : i+1])
	}
}

// meet makes a line of an address that is inside and was not seen.
func (j *judged) meet(a flow.Addr) {
	if j.lines[a] != 0 || len(j.lines) >= mostJudged || !j.inside.has(a) {
		return
	}
	n := flow.Line(len(j.lines) + 1)
	j.lines[a] = n
	j.sensor.SetLine(n, j.plan)
}

// finish tells what was found, by line.
func (j *judged) finish(to io.Writer, asJSON bool) error {
	j.sensor.Sweep(j.swept + 2_000_000)
	names := make(map[flow.Line]string, len(j.lines))
	for a, n := range j.lines {
		names[n] = a.String()
	}
	for _, f := range j.found {
		j.isolate[f.Line] = j.isolate[f.Line] || f.Isolate
		worded := line.Word(f)
		if asJSON {
			err := json.NewEncoder(to).Encode(struct {
				Type    string    `json:"type"`
				Line    string    `json:"line"`
				At      time.Time `json:"at"`
				Isolate bool      `json:"isolate"`
				candor.Finding
			}{"finding", names[f.Line], flow.At(f.At), f.Isolate, worded})
			if err != nil {
				return err
			}
			continue
		}
		mark := ""
		if f.Isolate {
			mark = " [isolate]"
		}
		fmt.Fprintf(to, "%s %s %s%s: %s\n", flow.At(f.At).Format(time.RFC3339), names[f.Line], f.Kind, mark, worded.Description)
		for _, s := range worded.Strings {
			fmt.Fprintf(to, "    %s\n", output.Printable(string(s.Data)))
		}
	}
	isolated := 0
	for _, is := range j.isolate {
		if is {
			isolated++
		}
	}
	st := j.sensor.Stats()
	if !asJSON {
		fmt.Fprintf(to, "%d lines, %d records, %d of no line; %d findings; %d lines would be isolated\n", len(j.lines), st.Records, st.Unattributed, len(j.found), isolated)
	} else if err := json.NewEncoder(to).Encode(struct {
		Type         string `json:"type"`
		Lines        int    `json:"lines"`
		Records      uint64 `json:"records"`
		Unattributed uint64 `json:"unattributed"`
		Findings     int    `json:"findings"`
		Isolated     int    `json:"isolated"`
	}{"summary", len(j.lines), st.Records, st.Unattributed, len(j.found), isolated}); err != nil {
		return err
	}
	return nil
}
