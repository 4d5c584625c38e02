package line

import (
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

// View is what is known of the traffic of one line.
type View struct {
	Line candor.ID `json:"line"`
	Up   float64   `json:"up"`   // bit/s now, over some ten seconds
	Down float64   `json:"down"` // bit/s now, over some ten seconds
	// Flows and Peers are of the hour that has begun: flows that the line began,
	// and different addresses that it sent to.
	Flows float64 `json:"flows"`
	Peers float64 `json:"peers"`
	// Addresses are those that it holds now, by leases; those that are always its
	// own are said of the line itself.
	Addresses []netip.Prefix `json:"addresses"`
	// Weeks is how many weeks of the line were learned in full. Learned says that
	// a whole day was: what is usual is of lines of its plan before.
	Weeks   int  `json:"weeks"`
	Learned bool `json:"learned"`
	Close   bool `json:"looked_at_closely"`
	// Since is when the line began to be looked at closely, and Found what was
	// found of it meanwhile, by the last part of the rule's name.
	Since time.Time `json:"since,omitzero"`
	Found []string  `json:"found,omitempty"`
	// Hour is the hour of the week now, an index of Usual.
	Hour  int    `json:"hour"`
	Usual []Hour `json:"usual"` // 168 hours, from Monday, midnight to one
}

// Hour is what is usual in an hour of the week.
type Hour struct {
	Up    Range `json:"up"`    // bit/s, a mean over the hour
	Down  Range `json:"down"`  // bit/s, a mean over the hour
	Flows Range `json:"flows"` // that the line began, in the hour
	Peers Range `json:"peers"` // different addresses that it sent to, in the hour
	Fails Range `json:"fails"` // share of its connections without an answer
}

// Range is a median, and the bounds that some 95 of 100 hours lie within.
type Range struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
}

// kibit is how many bit a KiB are.
const kibit = 8 * 1024

func usual(row *normal.Row, m normal.Metric, s normal.Slot) Range {
	u, unit := row.Usual(m, s), 1.0
	if m == normal.Up || m == normal.Down {
		unit = kibit
	}
	return Range{Low: unit * u.Low, Median: unit * u.Median, High: unit * u.High}
}

// View tells what is known of a line; false of an asset that is no line that is
// watched.
func (w *Watch) View(id candor.ID) (View, bool) {
	now, n := w.Clock(), w.Number(id)
	look, ok := w.sensor.Look(n, flow.Time(now))
	if !ok {
		return View{}, false
	}
	row := w.Detect.Normal.Read(int(n))
	v := View{Line: id, Up: 8 * look.Up, Down: 8 * look.Down, Flows: look.Flows, Peers: look.Peers, Addresses: []netip.Prefix{},
		Weeks: row.Weeks(), Learned: row.Known(), Close: look.Suspect, Found: raised(look), Hour: int(w.Detect.Calendar.Slot(now)), Usual: make([]Hour, normal.Slots)}
	if look.Suspect {
		v.Since = flow.At(look.Since)
	}
	if w.Holds != nil {
		v.Addresses = append(v.Addresses, w.Holds(n)...)
	}
	for s := range normal.Slot(normal.Slots) {
		v.Usual[s] = Hour{Up: usual(&row, normal.Up, s), Down: usual(&row, normal.Down, s), Flows: usual(&row, normal.Flows, s),
			Peers: usual(&row, normal.Peers, s), Fails: usual(&row, normal.Fails, s)}
	}
	return v, true
}

func raised(l detect.Look) (all []string) {
	for _, k := range l.Raised {
		all = append(all, k.String())
	}
	return all
}
