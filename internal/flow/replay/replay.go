// Package replay has the detectors look at captured traffic, as they would if
// the addresses in some networks were lines of the provider's.
package replay

import (
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

// mostLines bounds the lines of a replay.
const mostLines = 1_000_000

// Config says what is a line.
type Config struct {
	Inside []netip.Prefix // each address of these is a line
	Plan   detect.Plan    // of all lines
	// Attached is the one address whose line sent all that bears an address of
	// no line, as if it was alone behind the interface; not valid if that cannot
	// be told.
	Attached netip.Addr
	Own      func(flow.Addr) bool // the provider's own addresses; nil knows none
	Shared   func(flow.Addr) bool // addresses that lines share; nil knows none
	Feed     detect.Feed          // nil if there is none
	Policy   detect.Policy
}

// Judge looks at records. One goroutine at a time may use it.
type Judge struct {
	Found []detect.Finding // in the order in which they were told

	sensor *detect.Sensor
	inside []netip.Prefix
	lines  map[flow.Addr]flow.Line
	names  []flow.Addr // by line, from 1 on
	plan   detect.Plan
	swept  int64
	// attached is the line behind the only interface that there is; 0 if that
	// cannot be told.
	attached flow.Line
}

// New makes a Judge. Each address becomes a line once it is seen.
func New(c Config) *Judge {
	j := &Judge{inside: c.Inside, lines: map[flow.Addr]flow.Line{}, names: []flow.Addr{{}}, plan: c.Plan}
	j.sensor = detect.New(detect.Config{
		Who: j, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: c.Policy, Seed: 1,
		Own: c.Own, Shared: c.Shared, Feed: c.Feed, Found: func(f detect.Finding) { j.Found = append(j.Found, f) },
	})
	if c.Attached.IsValid() {
		j.attached = j.add(flow.FromIP(c.Attached))
	}
	return j
}

// Holder implements flow.Who: each address has one line for good.
func (j *Judge) Holder(a flow.Addr, _ uint16, _ int64) flow.Line { return j.lines[a] }

// Take looks at records, and lets time go by as they tell.
func (j *Judge) Take(records []flow.Record) {
	for i := range records {
		j.meet(records[i].Src)
		j.meet(records[i].Dst)
	}
	if j.attached != 0 {
		records = j.alone(records)
	}
	for i := range records {
		if r := &records[i]; r.End-j.swept >= 500_000 {
			j.sensor.Sweep(r.End)
			j.swept = r.End
		}
		j.sensor.Take(records[i : i+1])
	}
}

// alone gives the records as if they came in by the interface that one line
// alone is behind.
func (j *Judge) alone(records []flow.Record) []flow.Record {
	if len(records) > 0 && j.swept == 0 {
		j.sensor.Attach(1, 1, j.attached, records[0].End)
	}
	records = slices.Clone(records)
	for i := range records {
		records[i].Exporter, records[i].In = 1, 1
	}
	return records
}

// Finish lets the time go by in which answers could still have come.
func (j *Judge) Finish() { j.sensor.Sweep(j.swept + 2_000_000) }

// Lines are the addresses that were seen and are lines.
func (j *Judge) Lines() []flow.Addr { return slices.Clone(j.names[1:]) }

// Address is that of a line; the zero Addr of one that is none.
func (j *Judge) Address(line flow.Line) flow.Addr {
	if int(line) >= len(j.names) {
		return flow.Addr{}
	}
	return j.names[line]
}

// Stats counts what was done up to now.
func (j *Judge) Stats() detect.Stats { return j.sensor.Stats() }

// meet makes a line of an address that is inside and was not seen.
func (j *Judge) meet(a flow.Addr) {
	if j.lines[a] != 0 || len(j.lines) >= mostLines {
		return
	}
	ip := a.IP()
	if slices.ContainsFunc(j.inside, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		j.add(a)
	}
}

func (j *Judge) add(a flow.Addr) flow.Line {
	n := flow.Line(len(j.names))
	j.lines[a] = n
	j.names = append(j.names, a)
	j.sensor.SetLine(n, j.plan)
	return n
}
