package lease

import (
	"net/netip"
	"strings"

	"candor/internal/flow"
)

// session is what events told of one session. All that it keeps are least and
// greatest times, so that the order of events does not matter. 0 is no time.
type session struct {
	group     *group
	id        string   // unlike any other of the group
	subject   *subject // who, by keys; nil if none was told
	disputed  bool     // keys named different lines
	inner     flow.Addr
	server    *netip.Addr // one of the table's; nil if none was told
	ports     Ports
	exclusive bool

	start    int64 // the first Begin
	seen     int64 // the last Begin or Renew
	until    int64 // as the last of these said
	silent   bool  // until is presumed
	end      int64 // the last End
	lost     int64 // from when on another holder is not known for want of room
	taken    int64 // when an exclusive source gave its prefix to one that is forgotten
	claims   []claim
	index    int // in the table's list
	resident int // in the subject's list
}

// claim is one prefix of a session.
type claim struct {
	prefix
	begun int64 // the first Begin that named it; 0 is no time
	first int64 // the first event that named it
	since int64 // the least Since of events that named it
	seen  int64 // the last event that named it
}

// subject is who sources speak of, by keys. Many sessions have the same.
type subject struct {
	text     string // the keys, for the table's map
	keys     []Key
	line     flow.Line // 0 if no key is known
	disputed bool      // keys of known lines that differ
	sessions []*session
}

// subjectText joins keys, since maps need something to compare.
func subjectText(keys []Key) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k.Kind)
		b.WriteByte(0)
		b.WriteString(k.Text)
		b.WriteByte(0)
	}
	return b.String()
}

// resolve asks which line the keys name.
func (s *subject) resolve(lines Lines) {
	s.line, s.disputed = 0, false
	for _, k := range s.keys {
		line, ok := lines.Line(k.Kind, k.Text)
		switch {
		case !ok || line == 0 || holder(line) >= via:
		case s.line == 0:
			s.line = line
		case s.line != line:
			s.disputed = true
		}
	}
	if s.disputed {
		s.line = 0
	}
}

// merge takes in what an event other than Restart tells, but for who it is
// about. It gives the prefixes that are new to the session.
func (s *session) merge(e *record) (fresh []int) {
	if e.kind == End {
		s.end = max(s.end, e.at)
	} else {
		if e.kind == Begin && (s.start == 0 || e.at < s.start) {
			s.start = e.at
		}
		// Of two events of one moment the one that says more holds, in whatever
		// order they came.
		if e.at > s.seen || e.at == s.seen && later(e.until, s.until) {
			s.until, s.silent = e.until, e.silent
		}
		s.seen = max(s.seen, e.at)
	}
	if e.inner != (flow.Addr{}) {
		s.inner = e.inner
	}
	if len(s.claims) == 0 {
		s.ports = e.ports
	}
	s.exclusive = s.exclusive || e.exclusive
	for _, p := range e.prefixes {
		if i, isNew := s.claim(p, e); isNew {
			fresh = append(fresh, i)
		}
	}
	return fresh
}

// later tells whether a ends later than b, where 0 is never.
func later(a, b int64) bool { return b != 0 && (a == 0 || a > b) }

// mostClaims bounds the prefixes of one session.
const mostClaims = 64

// claim takes in that an event names a prefix.
func (s *session) claim(p prefix, e *record) (at int, isNew bool) {
	at = -1
	for i := range s.claims {
		if s.claims[i].prefix == p {
			at = i
		}
	}
	if at < 0 {
		if len(s.claims) == mostClaims {
			return -1, false
		}
		at, isNew = len(s.claims), true
		s.claims = append(s.claims, claim{prefix: p})
	}
	c := &s.claims[at]
	c.first = least(c.first, e.at)
	c.seen = max(c.seen, e.at)
	if e.kind == Begin {
		c.begun = least(c.begun, e.at)
	} else {
		c.since = least(c.since, e.since)
	}
	return at, isNew
}

// least gives the lesser time of those that there are.
func least(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// ending is why a lease is over.
type ending uint8

const (
	open      ending = iota
	told             // the source said so
	expired          // it ran out
	silence          // the source was silent for too long
	restarted        // the access server restarted
	replaced         // the session has another address instead
	taken            // an exclusive source gave it to the next
	crowded          // there was no room to note who had it next
)

func (e ending) String() string {
	return [...]string{"open", "ended", "expired", "silent", "restarted", "replaced", "taken", "crowded"}[e]
}

// from gives when a claim begins: with the Begin that named it; if that was
// lost, when the source says that the session began; and if the Begin did not
// name it, when it was first named.
func (s *session) from(c *claim) int64 {
	switch {
	case c.begun != 0:
		return c.begun
	case s.start != 0 || c.since == 0:
		return c.first
	}
	return min(c.first, c.since)
}

// over gives when a session ends and why, but for what others have to say.
func (s *session) over() (int64, ending) {
	until, why := int64(forever), open
	switch at := s.restart(); {
	case s.end != 0:
		until, why = max(s.end, s.seen), told
	case at != 0:
		until, why = at, restarted
	case s.until != 0:
		until, why = max(s.until, s.seen), expired
		if s.silent {
			why = silence
		}
	}
	if at := max(s.taken, s.seen); s.taken != 0 && s.end == 0 && at < until {
		until, why = at, taken
	}
	if s.lost != 0 && s.lost < until {
		until, why = s.lost, crowded
	}
	return until, why
}

// ends gives when a claim ends and why: with its session, or when that has
// another address of the kind instead.
func (s *session) ends(c *claim) (int64, ending) {
	until, why := s.over()
	for i := range s.claims {
		if o := &s.claims[i]; o.first > c.seen && o.bits == c.bits && o.addr.Is4() == c.addr.Is4() && c.seen < until {
			until, why = c.seen, replaced
		}
	}
	return until, why
}

// restart gives the first restart after which nothing was heard of the session,
// and before which it was; 0 if there is none.
func (s *session) restart() int64 {
	for _, at := range s.group.restarts {
		if s.seen < at && s.seen != 0 {
			return at
		}
	}
	return 0
}

// line gives the line that the keys name.
func (s *session) line() flow.Line {
	if s.disputed || s.subject == nil {
		return 0
	}
	return s.subject.line
}
