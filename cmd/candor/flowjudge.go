package main

import (
	"fmt"
	"os"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
	"candor/internal/house"
)

// judgement says how traffic is to be judged, as options say it.
type judgement struct {
	inside, own, feeds []string
	up, down           string
	today, changed     string // files of configurations; none if empty
}

// judged are records that the detectors look at as they would if the lines were
// the provider's, under one policy or two.
type judged struct {
	benches []*bench
	lines   map[flow.Addr]flow.Line
	inside  networks
	plan    detect.Plan
	swept   int64
}

// bench is the detectors under one policy, and what they found.
type bench struct {
	name   string // of the policy: "today", "changed"; empty if there is one
	sensor *detect.Sensor
	found  []detect.Finding
}

// mostJudged bounds the lines of a replay.
const mostJudged = 1_000_000

// judge makes a line of each address in the networks, once it is seen; nil if no
// networks are given.
func (o judgement) judge() (*judged, error) {
	if len(o.inside) == 0 {
		if o.changed != "" || o.today != "" {
			return nil, candor.WithHint(fmt.Errorf("a policy judges lines: %w", candor.ErrInvalid), "Say with --lines which networks they are in.")
		}
		return nil, nil
	}
	sends, err := house.ParseRate(o.up)
	if err != nil {
		return nil, err
	}
	receives, err := house.ParseRate(o.down)
	if err != nil {
		return nil, err
	}
	for _, list := range [][]string{o.inside, o.own} {
		for _, text := range list {
			if len(config.Networks([]string{text})) == 0 {
				return nil, candor.WithHint(fmt.Errorf("%.60q is no network: %w", text, candor.ErrInvalid), "Write it as 10.0.0.0/8 or 10.0.0.1.")
			}
		}
	}
	j := &judged{lines: map[flow.Addr]flow.Line{}, inside: config.Networks(o.inside), plan: detect.Plan{Up: uint64(sends), Down: uint64(receives), Group: 1}}
	files := map[string]string{"": o.today}
	if o.changed != "" {
		files = map[string]string{"today": o.today, "changed": o.changed}
	}
	for _, name := range []string{"", "today", "changed"} {
		if file, ok := files[name]; ok {
			if err := j.sit(name, file, o); err != nil {
				return nil, err
			}
		}
	}
	return j, nil
}

// sit has a bench judge under the policy of a file, what options say added to it.
func (j *judged) sit(name, file string, o judgement) error {
	c := config.Defaults()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return candor.WithHint(err, "Name a configuration of which the section traffic is the policy.")
		}
		if c, err = config.Parse(file, text); err != nil {
			return err
		}
	}
	t := c.Traffic
	feeds, err := openFeeds(append(t.Feeds, o.feeds...), nil)
	if err != nil {
		return err
	}
	mine, shared := networks(config.Networks(append(t.Own, o.own...))), networks(config.Networks(t.Shared))
	b := &bench{name: name}
	b.sensor = detect.New(detect.Config{
		Who: j, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: policyOf(t), Seed: 1,
		Own: mine.has, Shared: shared.has, Feed: feeds.feed(), Found: func(f detect.Finding) { b.found = append(b.found, f) },
	})
	j.benches = append(j.benches, b)
	return nil
}

// policyOf is the policy of the detectors by the configuration.
func policyOf(t config.Traffic) detect.Policy {
	p := detect.DefaultPolicy()
	p.FalseAlarms, p.Off, p.Suspects = t.FalseAlarms, t.Off, t.Suspects
	return p
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
			j.sweep(r.End)
			j.swept = r.End
		}
		for _, b := range j.benches {
			b.sensor.Take(records[i : i+1])
		}
	}
}

func (j *judged) sweep(at int64) {
	for _, b := range j.benches {
		b.sensor.Sweep(at)
	}
}

// meet makes a line of an address that is inside and was not seen.
func (j *judged) meet(a flow.Addr) {
	if j.lines[a] != 0 || len(j.lines) >= mostJudged || !j.inside.has(a) {
		return
	}
	n := flow.Line(len(j.lines) + 1)
	j.lines[a] = n
	for _, b := range j.benches {
		b.sensor.SetLine(n, j.plan)
	}
}

// finds tells whether anything was found.
func (j *judged) finds() bool {
	for _, b := range j.benches {
		if len(b.found) > 0 {
			return true
		}
	}
	return false
}

// isolates gives the lines that would be isolated, with the kinds for which they
// would be.
func (b *bench) isolates() map[flow.Line][]string {
	all := map[flow.Line][]string{}
	for _, f := range b.found {
		if f.Isolate {
			all[f.Line] = with(all[f.Line], f.Kind.String())
		}
	}
	return all
}

func with(all []string, word string) []string {
	for _, w := range all {
		if w == word {
			return all
		}
	}
	return append(all, word)
}
