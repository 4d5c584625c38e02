package main

import (
	"fmt"
	"os"
	"slices"

	"candor"
	"candor/internal/config"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/replay"
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
type judged struct{ benches []*bench }

// bench is the detectors under one policy.
type bench struct {
	name string // of the policy: "today", "changed"; empty if there is one
	*replay.Judge
}

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
	j, plan := &judged{}, detect.Plan{Up: uint64(sends), Down: uint64(receives), Group: 1}
	files := map[string]string{"": o.today}
	if o.changed != "" {
		files = map[string]string{"today": o.today, "changed": o.changed}
	}
	for _, name := range []string{"", "today", "changed"} {
		if file, ok := files[name]; ok {
			if err := j.sit(name, file, o, plan); err != nil {
				return nil, err
			}
		}
	}
	return j, nil
}

// sit has a bench judge under the policy of a file, what options say added to it.
func (j *judged) sit(name, file string, o judgement, plan detect.Plan) error {
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
	j.benches = append(j.benches, &bench{name, replay.New(replay.Config{
		Inside: config.Networks(o.inside), Plan: plan, Own: mine.has, Shared: shared.has, Feed: feeds.feed(), Policy: policyOf(t),
	})})
	return nil
}

// policyOf is the policy of the detectors by the configuration.
func policyOf(t config.Traffic) detect.Policy {
	p := detect.DefaultPolicy()
	p.FalseAlarms, p.Off, p.Suspects = t.FalseAlarms, t.Off, t.Suspects
	return p
}

// take looks at records, and lets time go by as they tell.
func (j *judged) take(records []flow.Record) {
	for _, b := range j.benches {
		b.Take(records)
	}
}

// finds tells whether anything was found.
func (j *judged) finds() bool {
	for _, b := range j.benches {
		if len(b.Found) > 0 {
			return true
		}
	}
	return false
}

// isolates gives the lines that would be isolated, with the kinds for which they
// would be.
func (b *bench) isolates() map[flow.Line][]string {
	all := map[flow.Line][]string{}
	for _, f := range b.Found {
		if f.Isolate {
			all[f.Line] = with(all[f.Line], f.Kind.String())
		}
	}
	return all
}

// with adds a word to some in their order, unless it is among them.
func with(all []string, word string) []string {
	at, has := slices.BinarySearch(all, word)
	if has {
		return all
	}
	return slices.Insert(all, at, word)
}
