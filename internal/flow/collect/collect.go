// Package collect takes export datagrams from exporters, and counts exactly what
// becomes of them: what was sent is what was processed and what is counted as
// lost.
//
// An Intake knows exporters and their streams; it is what captured files are
// played into as well. A Collector has sockets listen, and a bounded queue stand
// between them and a flow.Sink.
//
// Exporters lie, are spoofed, and break. What one says stays its own: templates,
// rates and numbers of one exporter never touch another's, and the memory that
// all take together is bounded whatever they send.
package collect

import (
	"net/netip"
	"time"

	"candor/internal/flow/decode"
)

// Registered is an exporter that is known.
type Registered struct {
	Address netip.Addr
	Name    string
	Kind    string // what it is, such as "BNG"; for people only
	// Sampling is how many packets each that was counted stands for, against
	// what the exporter says; 0 has it say.
	Sampling uint32
}

// Options of an Intake. The zero value takes from nobody.
type Options struct {
	Exporters []Registered
	// Accept takes from exporters that are not registered, too.
	Accept bool
	// Memory bounds in bytes what is kept of all exporters: each gets an equal
	// share, of 64 KiB at least and 1 MiB at most; 256 MiB if 0.
	Memory int
}

const (
	defaultMemory = 256 << 20
	leastShare    = 64 << 10
	mostShare     = 1 << 20

	// mostStrangers bounds the exporters that are not registered and are taken
	// from, or just told of. One that was silent for strangerIdle makes room.
	mostStrangers = 256
	strangerIdle  = time.Minute

	// mostStreams bounds the streams of one exporter. One that was silent for
	// streamIdle makes room.
	mostStreams = 256
	streamIdle  = 10 * time.Minute
)

// share is what each exporter may take.
func (o Options) share() int {
	n := len(o.Exporters)
	if o.Accept {
		n += mostStrangers
	}
	memory := o.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	return min(max(memory/max(n, 1), leastShare), mostShare)
}

// Source is an observation domain of an exporter: what a number in records
// stands for.
type Source struct {
	Exporter netip.Addr
	Name     string // of the exporter
	Version  decode.Version
	Domain   uint32
}
