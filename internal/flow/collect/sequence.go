package collect

import "candor/internal/flow/decode"

// sequence follows the numbers of one stream, which count what was sent before
// (of v5 and IPFIX records, else datagrams). What is missing between the first
// number and the newest is lost until it comes after all, as datagrams do that
// were overtaken, and records that waited for their template.
type sequence struct {
	begun  bool
	first  int64 // the first number that counts, without the wrap at 2^32
	next   int64 // the number after the highest
	came   int64 // of what lies between
	sent   int64 // newest time at the exporter, microseconds
	uptime uint32
	recent [64]seen
	at     int

	before totals // of before the last restart
}

// totals of a sequence.
type totals struct{ sent, lost uint64 }

// seen is a datagram by its number and digest.
type seen struct {
	number int64
	digest uint64
}

// place is where a datagram stands in its stream.
type place uint8

const (
	following place = iota // after what came before, maybe with a gap
	overtaken
	again // it was here before
	anew  // the exporter started anew with it
)

const (
	// backwards is how far a number may lie back in a stream, in what it
	// counts, and forwards how far ahead; else the exporter began again.
	backwards = 1 << 17
	forwards  = 1 << 28
	// later is by how much a datagram with a lower number must have been sent
	// later to tell that the exporter began again, microseconds. Clocks of
	// seconds need as much.
	later = 1_500_000
	// upBack is by how much an uptime must go back for that, milliseconds.
	upBack = 10_000
	// upWrap is how near to its wrap after 49.7 days an uptime must be.
	upWrap = 3_600_000
)

// enter gives a datagram its place. number is where it begins.
func (q *sequence) enter(h decode.Header, digest uint64) (p place, number int64) {
	sent := h.Time
	if h.Version == decode.SFlow5 {
		sent = int64(h.Uptime) * 1000
	}
	number = q.next + int64(int32(h.Sequence-uint32(q.next)))
	switch {
	case !q.begun:
		q.begin(h.Sequence)
		number = q.first
	case q.restarted(h, number, sent):
		q.before = q.totals()
		q.begin(h.Sequence)
		p, number = anew, q.first
	case number < q.next:
		if q.was(number, digest) {
			return again, number
		}
		p = overtaken
		q.first = min(q.first, number)
	}
	if p != overtaken {
		q.sent, q.uptime = sent, h.Uptime
	}
	q.next = max(q.next, number)
	q.recent[q.at] = seen{number, digest}
	q.at = (q.at + 1) % len(q.recent)
	return p, number
}

func (q *sequence) begin(number uint32) {
	before := q.before
	*q = sequence{begun: true, before: before, first: int64(number), next: int64(number)}
	for i := range q.recent {
		q.recent[i].number = -1
	}
}

// restarted tells whether the exporter began again.
func (q *sequence) restarted(h decode.Header, number, sent int64) bool {
	if number < q.next-backwards || number > q.next+forwards {
		return true
	}
	wrapped := q.uptime > 1<<32-upWrap && h.Uptime < upWrap
	if h.Version != decode.IPFIX && !wrapped && int64(h.Uptime) < int64(q.uptime)-upBack {
		return true
	}
	if h.Version == decode.SFlow5 && wrapped {
		return false
	}
	return number < q.next && sent > q.sent+later
}

func (q *sequence) was(number int64, digest uint64) bool {
	for _, s := range q.recent {
		if s.number == number && s.digest == digest {
			return true
		}
	}
	return false
}

// count notes what a datagram at a number held: n of what the sequence counts,
// and late ones that had been missing until now.
func (q *sequence) count(number int64, n, late int) {
	q.came += int64(n + late)
	q.next = max(q.next, number+int64(n), q.first+q.came)
}

// totals are what was sent as far as that is known, and how much of it is lost.
func (q *sequence) totals() totals {
	sent := q.next - q.first
	return totals{q.before.sent + uint64(sent), q.before.lost + uint64(max(sent-q.came, 0))}
}
