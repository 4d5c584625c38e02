// Package traffic holds the detectors of traffic against simulated lines, whose
// truth is known: what is ordinary must never be isolated, what is abuse must be
// found.
package traffic

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
	"candor/internal/flow/simulate"
)

// Config says what to simulate.
type Config struct {
	Seed     uint64
	Lines    int
	Days     int
	Abuse    float64       // episodes a line and day
	Active   time.Duration // the exporter's active timeout
	Step     time.Duration
	Classes  []simulate.Class
	Explain  bool      // tell of each false and each missed one
	Progress io.Writer // nil for none
}

// Score is how a class of abuse was found.
type Score struct {
	Episodes int
	Found    int // by a kind that fits
	Isolated int // by whatever kind, if it suffices to isolate
	Quick    int // found within a minute of the beginning
	delays   []time.Duration
}

// Delay is the median time from the beginning of an episode until it was found.
func (s Score) Delay() time.Duration {
	if len(s.delays) == 0 {
		return 0
	}
	slices.Sort(s.delays)
	return s.delays[len(s.delays)/2]
}

// Result is what came of a run.
type Result struct {
	LineDays  int
	Records   uint64
	Took      time.Duration
	Classes   map[simulate.Class]*Score
	False     map[detect.Kind]int // isolations of lines that do nothing wrong
	Noise     map[detect.Kind]int // other findings of such lines
	Stats     detect.Stats
	falseOnes []detect.Finding
	noise     []detect.Finding
}

// fits are the kinds that name a class.
var fits = map[simulate.Class][]detect.Kind{
	simulate.FullRate: {detect.FullRate, detect.Flood}, simulate.SYNFlood: {detect.SynFlood}, simulate.UDPFlood: {detect.Flood},
	simulate.ICMPFlood: {detect.Flood}, simulate.Reflection: {detect.Spoofing}, simulate.Reflector: {detect.Reflector},
	simulate.Scan: {detect.HorizontalScan, detect.Spread}, simulate.PortScan: {detect.VerticalScan}, simulate.Spam: {detect.SpamRun},
	simulate.BruteForce: {detect.BruteForce}, simulate.Beacon: {detect.Beacon}, simulate.Tunnel: {detect.Tunnel},
	simulate.Listed: {detect.Listed}, simulate.Opened: {detect.Service}, simulate.Spread: {detect.Spread, detect.HorizontalScan},
	simulate.OddPorts: {detect.OddPort}, simulate.Resolver: {detect.Resolver},
}

// feed is the simulation's.
type feed map[flow.Addr]bool

func (f feed) Listed(a flow.Addr) uint8 {
	if f[a] {
		return 95
	}
	return 0
}

// learning is how long nothing is expected of what must be learned first: which
// line is behind an interface, and whom lines ask for names.
const learning = 48 * 3600 * 1e6

func learned(c simulate.Class) bool {
	return c == simulate.Reflection || c == simulate.Resolver || c == simulate.ICMPFlood // of lines that share an address
}

// grace is for how long after an episode a finding is still about it.
const grace = 5 * 60 * 1e6

// Run simulates and judges.
func Run(ctx context.Context, c Config) (*Result, error) {
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, c.Days)
	world, err := simulate.New(simulate.Config{Seed: c.Seed, Lines: c.Lines, Start: from, Abuse: c.Abuse, Active: c.Active, Classes: c.Classes})
	if err != nil {
		return nil, err
	}
	res := &Result{LineDays: c.Lines * c.Days, Classes: map[simulate.Class]*Score{}, False: map[detect.Kind]int{}, Noise: map[detect.Kind]int{}}
	var found []detect.Finding
	s := sensor(world, c, func(f detect.Finding) { found = append(found, f) })
	began, day := time.Now(), -1
	steps := 0
	err = world.Run(ctx, from, to, c.Step, func(at int64, records []flow.Record, _ []simulate.Label) error {
		s.Take(records)
		s.Sweep(at)
		s.Learn(at, steps%60, 60)
		steps++
		res.Records += uint64(len(records))
		if d := int((at - flow.Time(from)) / (24 * 3600 * 1e6)); c.Progress != nil && d > day {
			day = d
			fmt.Fprintf(c.Progress, "day %d, %v, %d findings\n", d, time.Since(began).Round(time.Second), len(found))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	res.Took, res.Stats = time.Since(began), s.Stats()
	res.judge(world.Labels(from, to), found, flow.Time(from), flow.Time(to), c)
	if c.Explain {
		res.explain(world, c.Progress)
		res.blame(world, c.Progress)
	}
	return res, nil
}

func sensor(world *simulate.World, c Config, found func(detect.Finding)) *detect.Sensor {
	own := map[flow.Addr]bool{}
	for _, a := range world.Resolvers() {
		own[a] = true
	}
	for _, host := range []uint32{25, 60, 123} { // the provider's mail, voice and time
		own[flow.V4(192<<24|2<<8|host)] = true
	}
	listed := feed{}
	for _, a := range world.Feed() {
		listed[a] = true
	}
	s := detect.New(detect.Config{
		Who: world.Who(), Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(c.Seed), Policy: detect.DefaultPolicy(),
		Own: func(a flow.Addr) bool { return own[a] }, Feed: listed, Seed: c.Seed, Found: found,
		Shared: world.Shared,
	})
	groups := map[string]normal.Group{}
	for _, l := range world.Lines() {
		name := fmt.Sprint(l.Plan.Down, l.Plan.Up, l.Kind)
		if groups[name] == 0 {
			groups[name] = normal.Group(len(groups) + 1)
		}
		s.SetLine(l.Number, detect.Plan{Up: uint64(l.Plan.Up), Down: uint64(l.Plan.Down), Group: groups[name], Mail: l.MailServer})
	}
	return s
}

// judge holds what was found against the truth.
func (r *Result) judge(labels []simulate.Label, found []detect.Finding, from, end int64, c Config) {
	byLine := map[flow.Line][]detect.Finding{}
	for _, f := range found {
		byLine[f.Line] = append(byLine[f.Line], f)
	}
	episodes := map[flow.Line][]simulate.Label{}
	for _, l := range labels {
		episodes[l.Line] = append(episodes[l.Line], l)
		if l.To > end || learned(l.Class) && l.From < from+learning {
			continue
		}
		sc := r.Classes[l.Class]
		if sc == nil {
			sc = &Score{}
			r.Classes[l.Class] = sc
		}
		sc.Episodes++
		first, isolated := int64(0), false
		for _, f := range byLine[l.Line] {
			if f.At < l.From || f.At > l.To+grace {
				continue
			}
			isolated = isolated || f.Isolate
			if first == 0 && slices.Contains(fits[l.Class], f.Kind) {
				first = f.At
			}
		}
		if isolated {
			sc.Isolated++
		}
		if first == 0 {
			if c.Explain && c.Progress != nil {
				fmt.Fprintf(c.Progress, "missed %s, %s, intensity %.3g %s, for %ds, targets %d, port %d, idle %v, line %d: found %s\n", l.Class, l.Level, l.Intensity, l.Class.Unit(),
					(l.To-l.From)/1e6, l.Targets, l.Port, l.Idle, l.Line, kindsOf(byLine[l.Line], l.From, l.To+grace))
			}
			continue
		}
		sc.Found++
		delay := time.Duration(first-max(l.From, from)) * time.Microsecond // what began before could not be seen
		sc.delays = append(sc.delays, delay)
		if delay <= time.Minute {
			sc.Quick++
		} else if c.Explain && c.Progress != nil && l.Class == simulate.FullRate {
			fmt.Fprintf(c.Progress, "late %s, %v, intensity %.3g, for %ds, targets %d, port %d, line %d at %s\n", l.Class, delay, l.Intensity, (l.To-l.From)/1e6, l.Targets, l.Port, l.Line, flow.At(l.From).Format(time.DateTime))
		}
	}
	for line, all := range byLine {
		for _, f := range all {
			if slices.ContainsFunc(episodes[line], func(l simulate.Label) bool { return l.Active(f.At-grace, f.At) }) {
				continue
			}
			if f.Isolate {
				r.False[f.Kind]++
				r.falseOnes = append(r.falseOnes, f)
			} else {
				r.Noise[f.Kind]++
				r.noise = append(r.noise, f)
			}
		}
	}
}

func kindsOf(all []detect.Finding, from, to int64) string {
	kinds := map[string]bool{}
	for _, f := range all {
		if f.At >= from && f.At <= to {
			kinds[f.Kind.String()] = true
		}
	}
	if len(kinds) == 0 {
		return "nothing"
	}
	return fmt.Sprint(slices.Sorted(maps.Keys(kinds)))
}

// explain tells what lines did that were isolated for nothing.
func (r *Result) explain(world *simulate.World, to io.Writer) {
	for i, f := range r.falseOnes {
		if i == 60 {
			break
		}
		at := time.UnixMicro(f.At).UTC()
		fmt.Fprintf(to, "false %s of line %d at %s: expected %.3g, seen %.3g %s, port %d, peer %s, %s\n", f.Kind, f.Line, at.Format(time.DateTime), f.Expected, f.Seen, f.Unit, f.Port, f.Peer, f.Why)
		for _, s := range world.Sessions(f.Line, at.Add(-30*time.Second).Truncate(time.Second), at.Truncate(time.Second).Add(time.Second)) {
			fmt.Fprintf(to, "    %s to %s:%d, up %.3g, down %.3g\n", s.Activity, s.Peer, s.Port, s.Up, s.Down)
		}
	}
}

// blame tells what honest lines did when something of them was told.
func (r *Result) blame(world *simulate.World, to io.Writer) {
	count := map[string]int{}
	for i, f := range r.noise {
		if i%max(1, len(r.noise)/2000) != 0 {
			continue
		}
		at, what := time.UnixMicro(f.At).UTC().Truncate(time.Second), "?"
		for _, s := range world.Sessions(f.Line, at.Add(-40*time.Second), at.Add(time.Second)) {
			if s.Peer == f.Peer || f.Peer == (flow.Addr{}) && s.Port == f.Port {
				what = fmt.Sprintf("%s on port %d", s.Activity, s.Port)
			}
		}
		if what == "?" && count[f.Kind.String()+" for ?"] < 5 {
			fmt.Fprintf(to, "%+v\n", f)
			for _, s := range world.Sessions(f.Line, at.Add(-40*time.Second), at.Add(time.Second)) {
				fmt.Fprintf(to, "    %s to %s:%d\n", s.Activity, s.Peer, s.Port)
			}
		}
		count[f.Kind.String()+" for "+what]++
	}
	for _, what := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(to, "%6d %s\n", count[what], what)
	}
}

// Write tells the result.
func (r *Result) Write(w io.Writer) {
	fmt.Fprintf(w, "%d line-days, %d records in %s: %.0f records/s, simulated and judged\n", r.LineDays, r.Records, r.Took.Round(time.Second), float64(r.Records)/r.Took.Seconds())
	fmt.Fprintf(w, "%-12s %9s %8s %8s %9s %10s\n", "class", "episodes", "found", "recall", "isolated", "delay")
	for _, class := range slices.Sorted(maps.Keys(r.Classes)) {
		s := r.Classes[class]
		fmt.Fprintf(w, "%-12s %9d %8d %7.1f%% %9d %10s", class, s.Episodes, s.Found, 100*float64(s.Found)/float64(s.Episodes), s.Isolated, s.Delay().Round(100*time.Millisecond))
		if class == simulate.FullRate {
			fmt.Fprintf(w, "   within 60 s: %.1f%%", 100*float64(s.Quick)/float64(s.Episodes))
		}
		fmt.Fprintln(w)
	}
	total := 0
	for _, n := range r.False {
		total += n
	}
	fmt.Fprintf(w, "false isolations: %d %v\nother findings of honest lines: %v\n%+v\n", total, r.False, r.Noise, r.Stats)
}
