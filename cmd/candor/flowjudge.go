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
	"candor/internal/flow/replay"
	"candor/internal/scan/output"
)

// judged are records that the detectors look at as they would if the lines were
// the provider's.
type judged struct{ *replay.Judge }

// newJudged makes a line of each address in the networks, once it is seen.
func newJudged(inside []string, up, down int64, own []string, feeds []string) (*judged, error) {
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
	return &judged{replay.New(replay.Config{
		Inside: config.Networks(inside), Plan: detect.Plan{Up: uint64(up), Down: uint64(down), Group: 1},
		Own: networks(config.Networks(own)).has, Feed: feed,
	})}, nil
}

// finish tells what was found, by line.
func (j *judged) finish(to io.Writer, asJSON bool) error {
	j.Finish()
	isolated := map[flow.Line]bool{}
	for _, f := range j.Found {
		name := j.Address(f.Line).String()
		if f.Isolate {
			isolated[f.Line] = true
		}
		worded := line.Word(f)
		if asJSON {
			err := json.NewEncoder(to).Encode(struct {
				Type    string    `json:"type"`
				Line    string    `json:"line"`
				At      time.Time `json:"at"`
				Isolate bool      `json:"isolate"`
				candor.Finding
			}{"finding", name, flow.At(f.At), f.Isolate, worded})
			if err != nil {
				return err
			}
			continue
		}
		mark := ""
		if f.Isolate {
			mark = " [isolate]"
		}
		fmt.Fprintf(to, "%s %s %s%s: %s\n", flow.At(f.At).Format(time.RFC3339), name, f.Kind, mark, worded.Description)
		for _, s := range worded.Strings {
			fmt.Fprintf(to, "    %s\n", output.Printable(string(s.Data)))
		}
	}
	st := j.Stats()
	if !asJSON {
		fmt.Fprintf(to, "%d lines, %d records, %d of no line; %d findings; %d lines would be isolated\n", len(j.Lines()), st.Records, st.Unattributed, len(j.Found), len(isolated))
	} else if err := json.NewEncoder(to).Encode(struct {
		Type         string `json:"type"`
		Lines        int    `json:"lines"`
		Records      uint64 `json:"records"`
		Unattributed uint64 `json:"unattributed"`
		Findings     int    `json:"findings"`
		Isolated     int    `json:"isolated"`
	}{"summary", len(j.Lines()), st.Records, st.Unattributed, len(j.Found), len(isolated)}); err != nil {
		return err
	}
	return nil
}
