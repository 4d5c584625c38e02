package line

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/collect"
)

// Network is what is known of the traffic of all lines.
type Network struct {
	At    time.Time `json:"at"`
	Since time.Time `json:"since"` // what counts began at: when the collector was started
	Lines int       `json:"lines"` // that are known
	// Records were taken in, and Unattributed of them are of no line that is known
	// for certain.
	Records      uint64  `json:"records"`
	Unattributed uint64  `json:"unattributed"`
	Dropped      uint64  `json:"dropped"`          // records that there was no time for
	Unread       uint64  `json:"unread"`           // datagrams that the kernel had no room for
	Refused      uint64  `json:"refused"`          // datagrams of addresses that are not registered
	Findings     uint64  `json:"findings"`         // that were told
	Waiting      int     `json:"waiting"`          // findings that wait to be filed
	Unfiled      uint64  `json:"unfiled"`          // findings that could not wait
	Suspects     int     `json:"suspects"`         // lines that are looked at closely
	Crowded      uint64  `json:"crowded"`          // times that one of these gave way to another
	Looked       []Seen  `json:"looked"`           // some of the suspects, those with findings first
	Exporters    []Told  `json:"exporters"`        // by address
	Silent       int     `json:"silent"`           // exporters of which nothing is heard
	Lost         uint64  `json:"lost"`             // by all exporters, as they count
	Rate         float64 `json:"records_a_second"` // a mean since Since
	// Hour is the hour of the week now, from Monday, midnight to one, that what is
	// usual of Parts is of: the heaviest of each kind. Watched is how many of each
	// kind there are, Events the last peaks and silences.
	Hour    int            `json:"hour"`
	Parts   []Part         `json:"parts"`
	Watched map[string]int `json:"watched"`
	Events  []Event        `json:"events"`
}

// Seen is a line that is looked at closely.
type Seen struct {
	Line  candor.ID `json:"line"`
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
	Up    float64   `json:"up"`   // bit/s
	Down  float64   `json:"down"` // bit/s
	Found []string  `json:"found,omitempty"`
}

// Told is how an exporter does.
type Told struct {
	Address  netip.Addr `json:"address"`
	Name     string     `json:"name,omitempty"`
	Protocol string     `json:"protocol,omitempty"` // of its streams; several are joined by commas
	Records  uint64     `json:"records"`
	// Sent is what its sequences say was sent, Lost what of it did not come or
	// could not be read: records or datagrams, as its protocol counts.
	Sent    uint64 `json:"sent"`
	Lost    uint64 `json:"lost"`
	Dropped uint64 `json:"dropped"` // records that there was no time for
	Errors  uint64 `json:"errors"`  // datagrams that are wrong
	Skewed  uint64 `json:"skewed"`  // records of a time far from when they came
	// Clock is how far its clock is ahead at most, in seconds; negative if it is
	// behind.
	Clock     float64   `json:"clock"`
	Sampling  uint32    `json:"sampling,omitempty"` // as it is registered: one packet of so many
	Last      time.Time `json:"last,omitzero"`      // datagram
	Silent    bool      `json:"silent"`             // nothing was heard for five minutes
	LastError string    `json:"last_error,omitempty"`
}

// silence is after which an exporter is said to be silent.
const silence = 5 * time.Minute

// mostLooked bounds the suspects that are listed.
const mostLooked = 100

// Network tells what is known of all lines, with what became of all that
// arrived, and how exporters that are registered sample, by address.
func (w *Watch) Network(arrived collect.Stats, sampling map[netip.Addr]uint32) Network {
	now, st := w.Clock(), w.Stats()
	v := Network{At: now.UTC(), Since: w.begun.UTC(), Lines: st.Lines, Records: st.Records, Unattributed: st.Unattributed, Dropped: arrived.Queue.Dropped, Unread: arrived.Socket.Dropped,
		Refused: arrived.Refused, Findings: st.Findings, Waiting: st.Waiting, Unfiled: st.Dropped, Suspects: int(st.Suspects), Crowded: st.Crowded, Looked: []Seen{}, Exporters: []Told{}, Hour: int(w.Detect.Calendar.Slot(now))}
	took := now.Sub(w.begun).Seconds()
	if took > 0 {
		v.Rate = float64(st.Records) / took
	}
	for _, l := range w.sensor.Suspects(flow.Time(now), mostLooked) {
		if id := w.ID(l.Line); id != "" {
			v.Looked = append(v.Looked, Seen{Line: id, Since: flow.At(l.Since), Last: flow.At(l.Last), Up: 8 * l.Up, Down: 8 * l.Down, Found: raised(l)})
		}
	}
	names := map[netip.Addr]string{}
	for i := range arrived.Exporters {
		names[arrived.Exporters[i].Address] = arrived.Exporters[i].Name
	}
	v.Parts, v.Watched, v.Events = w.partsNow(now, names)
	for _, t := range Exporters(arrived, now) {
		t.Sampling = sampling[t.Address]
		if v.Lost += t.Lost; t.Silent {
			v.Silent++
		}
		v.Exporters = append(v.Exporters, t)
	}
	return v
}

// Exporters tells of those that are heard.
func Exporters(arrived collect.Stats, now time.Time) []Told {
	all := make([]Told, len(arrived.Exporters))
	for i := range arrived.Exporters {
		all[i] = told(&arrived.Exporters[i], now)
	}
	return all
}

func told(e *collect.Exporter, now time.Time) Told {
	t := Told{Address: e.Address, Name: e.Name, Records: e.Records, Dropped: e.Dropped, Errors: e.Errors, Skewed: e.Skewed, Last: e.Last,
		Silent: now.Sub(e.Last) > silence, LastError: e.LastError}
	var named []string
	for _, s := range e.Streams {
		t.Sent, t.Lost = t.Sent+s.Sent, t.Lost+s.Lost
		if ahead := s.Clock.Seconds(); max(ahead, -ahead) > max(t.Clock, -t.Clock) {
			t.Clock = ahead
		}
		if !slices.Contains(named, s.Protocol) {
			named = append(named, s.Protocol)
		}
	}
	t.Protocol = strings.Join(named, ", ")
	return t
}
