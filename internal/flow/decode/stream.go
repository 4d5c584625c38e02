package decode

import (
	"cmp"
	"time"

	"candor/internal/flow"
)

// Patience is how long data is kept that came before its template. Templates
// are usually sent again within minutes.
const Patience = 10 * time.Minute

// Share bounds what the streams of one exporter keep together: templates, and
// data before its template, which gets at most half.
type Share struct {
	most, used, held int
}

// NewShare makes a share of so many bytes.
func NewShare(bytes int) *Share { return &Share{most: bytes} }

// Used is how many bytes are in use.
func (s *Share) Used() int { return s.used }

// Held is how many of them are data that waits for its template.
func (s *Share) Held() int { return s.held }

// Size is how many bytes it has.
func (s *Share) Size() int { return s.most }

// Resize changes its size. What is in use stays.
func (s *Share) Resize(bytes int) { s.most = bytes }

// Take takes bytes for something else, if there are so many.
func (s *Share) Take(n int) bool {
	if s.used+n > s.most {
		return false
	}
	s.used += n
	return true
}

// Give gives back what was taken.
func (s *Share) Give(n int) { s.used -= n }

func (s *Share) hold(n int) bool {
	if s.held+n > s.most/2 || !s.Take(n) {
		return false
	}
	s.held += n
	return true
}

func (s *Share) release(n int) { s.used -= n; s.held -= n }

// Stream decodes the datagrams of one observation domain of one exporter. One
// goroutine at a time may use it, and those that have the same Share.
type Stream struct {
	// Number is what records are marked with.
	Number uint32
	// Override is the rate of sampling that holds against what the exporter
	// says; 0 has it say.
	Override uint32

	share     *Share
	templates map[uint16]*template
	waiting   []waiting
	rates     rates
	taken     int    // of the share, by templates
	booted    int64  // when the exporter says it started, microseconds; 0 while it does not
	turn      uint64 // counts datagrams
	scratch   scratch
}

// NewStream makes a Stream.
func NewStream(share *Share, number uint32) *Stream {
	return &Stream{Number: number, share: share, templates: map[uint16]*template{}}
}

// Result tells what was in a datagram. Sets are parts of a datagram of v9 and
// IPFIX that have one template.
type Result struct {
	// Data counts data records of the datagram as the sequence of IPFIX and v5
	// counts them: flows, options, and what is neither.
	Data    int
	Options int // of Data, that tell of the exporter itself
	Events  int // of Data, with no counts of packets or bytes: not given as records
	Reverse int // records given besides, of the way back
	Late    int // data records decoded only now, which came before their template

	Templates int // templates in it
	Changed   int // that say something else than before
	Withdrawn int
	Evicted   int // templates of the same stream that had to go
	Refused   int // templates and rates of sampling that there was no room for

	Unknown  int // sets whose template is not known
	NoRoom   int // of them, that there was no room for: lost
	Expired  int // sets lost because their template did not come in time
	Timeless int // records that say no time, or say it by a clock that is not told
	Skewed   int // records of a time far from the present

	Samples  int // of sFlow, of packets
	Counters int // of sFlow, of counters: skipped
	Foreign  int // samples of what is not IP, or of a kind that is not known: skipped

	Err error // the first thing that was wrong with it

	early, late int64 // bounds of times that are not skewed
}

// Times of records further away than these are told of.
const (
	mostPast   = 24 * time.Hour
	mostFuture = 5 * time.Minute
)

// Decode appends the records of a datagram, whose head is h and which arrived at
// a time in microseconds since 1970. What was decoded before an error is given.
func (s *Stream) Decode(dst []flow.Record, d []byte, h Header, arrived int64) ([]flow.Record, Result) {
	s.turn++
	res := Result{early: arrived - mostPast.Microseconds(), late: arrived + mostFuture.Microseconds()}
	res.Expired = s.Expire(arrived)
	switch h.Version {
	case NetFlow5:
		dst = s.v5(dst, d, h, &res)
	case SFlow5:
		dst = s.sflow(dst, d, arrived, &res)
	default:
		dst = s.sets(dst, d, h, arrived, &res)
	}
	return dst, res
}

// Reset forgets what an exporter that started anew said before, and gives how
// many sets are lost by that.
func (s *Stream) Reset() (lost int) {
	lost = s.sift(func(*waiting) bool { return false })
	for id := range s.templates {
		s.forget(id)
	}
	s.share.Give(len(s.rates.by) * rateCost)
	s.rates, s.booted = rates{}, 0
	return lost
}

// Templates is how many are known.
func (s *Stream) Templates() int { return len(s.templates) }

// Waiting is how many sets wait for their template.
func (s *Stream) Waiting() int { return len(s.waiting) }

// rate is the sampling that holds, if a record or a head says said.
func (s *Stream) rate(said uint32) uint32 {
	return cmp.Or(s.Override, said, s.rates.all)
}

// settle puts the ends of a record into order, and notes odd times.
func (res *Result) settle(r *flow.Record) {
	if r.End < r.Start {
		r.End = r.Start
	}
	if r.Start < res.early || r.End > res.late {
		res.Skewed++
	}
}

func (res *Result) fail(err error) {
	if res.Err == nil {
		res.Err = err
	}
}
