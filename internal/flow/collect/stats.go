package collect

import (
	"net/netip"
	"time"

	"candor/internal/flow/decode"
)

// Stats is what became of all that arrived, at one moment.
type Stats struct {
	Exporters []Exporter `json:"exporters"` // by address
	// Strangers are addresses that are not registered and not taken from, as
	// many as are kept. Refused counts all of their datagrams.
	Strangers []Stranger `json:"strangers,omitempty"`
	Refused   uint64     `json:"refused"`
	Socket    Socket     `json:"socket"`
	Queue     Queue      `json:"queue"`
}

// Socket is of the sockets of a Collector.
type Socket struct {
	Datagrams uint64 `json:"datagrams"`
	Bytes     uint64 `json:"bytes"`
	// Dropped is how many the kernel dropped because the buffers were full. The
	// gaps in sequences of exporters hold them too.
	Dropped uint64 `json:"dropped"`
	Buffer  int    `json:"buffer"` // bytes that the kernel grants each socket
	Readers int    `json:"readers"`
}

// Queue is of what stands between sockets and the sink. Taken is what the sink
// took, Dropped what it had no time for: together with what waits they are the
// records of all exporters.
type Queue struct {
	Taken   uint64 `json:"taken"`
	Dropped uint64 `json:"dropped"`
	Waiting int    `json:"waiting"` // batches
	Size    int    `json:"size"`    // batches
}

// Stranger is an address that is not registered.
type Stranger struct {
	Address   netip.Addr `json:"address"`
	Datagrams uint64     `json:"datagrams"`
	Last      time.Time  `json:"last"`
}

// Counts are what was counted of an exporter.
type Counts struct {
	Datagrams uint64 `json:"datagrams"`
	Bytes     uint64 `json:"bytes"`
	Records   uint64 `json:"records"` // given, those of ways back included
	Reverse   uint64 `json:"reverse"` // of them, ways back
	Dropped   uint64 `json:"dropped"` // of them, that the queue had no room for
	Options   uint64 `json:"options"` // data records of the exporter itself
	Events    uint64 `json:"events"`  // data records without counts
	Counters  uint64 `json:"counters"`
	Foreign   uint64 `json:"foreign"` // samples that are not of IP

	Overtaken  uint64 `json:"overtaken"`
	Duplicates uint64 `json:"duplicates"` // datagrams that came twice: taken once
	Restarts   uint64 `json:"restarts"`

	Templates uint64 `json:"templates"` // received
	Changed   uint64 `json:"changed"`
	Withdrawn uint64 `json:"withdrawn"`
	Evicted   uint64 `json:"evicted"` // templates that had to go for others of it
	Refused   uint64 `json:"refused"` // templates, rates and streams with no room

	Unknown uint64 `json:"unknown"` // sets that came before their template
	Late    uint64 `json:"late"`    // data records decoded when it came
	// Sets that are lost, by reason: no room to keep them, their template did
	// not come in time, the exporter started anew.
	NoRoom    uint64 `json:"no_room"`
	Expired   uint64 `json:"expired"`
	Forgotten uint64 `json:"forgotten"`

	Timeless uint64 `json:"timeless"` // records that tell no time
	Skewed   uint64 `json:"skewed"`   // records of a time far from when they came
	Errors   uint64 `json:"errors"`   // datagrams that are wrong, in part or whole
}

// Exporter is one exporter.
type Exporter struct {
	Address    netip.Addr `json:"address"`
	Name       string     `json:"name,omitempty"`
	Kind       string     `json:"kind,omitempty"`
	Registered bool       `json:"registered"`
	Counts
	LastError string    `json:"last_error,omitempty"`
	Last      time.Time `json:"last"` // datagram
	Streams   []Stream  `json:"streams"`
	Memory    int       `json:"memory"` // bytes kept of it
}

// Stream is one observation domain of an exporter. Sent is what its sequence
// says was sent since it was first heard, Lost how much of that did not come or
// could not be decoded, in records or datagrams as Counts says.
type Stream struct {
	Number    uint32         `json:"number"` // in records
	Version   decode.Version `json:"-"`
	Protocol  string         `json:"protocol"`
	Domain    uint32         `json:"domain"`
	Port      uint16         `json:"port,omitempty"` // of IPFIX
	Agent     string         `json:"agent,omitempty"`
	Counts    string         `json:"counts"`
	Sent      uint64         `json:"sent"`
	Lost      uint64         `json:"lost"`
	Templates int            `json:"templates"`
	Waiting   int            `json:"waiting"` // sets that wait for their template
	// Clock is how far the exporter's clock is ahead, as the newest minute
	// tells it; negative if it is behind. Clocks of v9 and IPFIX tell whole
	// seconds. 0 for sFlow.
	Clock time.Duration `json:"clock"`
	Last  time.Time     `json:"last"`
}

// note adds what one datagram held.
func (c *Counts) note(r *decode.Result, records int) {
	c.Records += uint64(records)
	c.Reverse += uint64(r.Reverse)
	c.Options += uint64(r.Options)
	c.Events += uint64(r.Events)
	c.Counters += uint64(r.Counters)
	c.Foreign += uint64(r.Foreign)
	c.Templates += uint64(r.Templates)
	c.Changed += uint64(r.Changed)
	c.Withdrawn += uint64(r.Withdrawn)
	c.Evicted += uint64(r.Evicted)
	c.Refused += uint64(r.Refused)
	c.Unknown += uint64(r.Unknown)
	c.Late += uint64(r.Late)
	c.NoRoom += uint64(r.NoRoom)
	c.Expired += uint64(r.Expired)
	c.Timeless += uint64(r.Timeless)
	c.Skewed += uint64(r.Skewed)
	if r.Err != nil {
		c.Errors++
	}
}
