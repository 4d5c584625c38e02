package radius

import (
	"net/netip"
	"sync"
	"time"
)

// repetition is what requests that were sent again have in common (RFC 5080,
// 2.2.2).
type repetition struct {
	from          netip.AddrPort
	id            byte
	authenticator [16]byte
}

// answers holds the last responses, for requests that come again. They are
// forgotten by halves.
type answers struct {
	now    func() time.Time
	mu     sync.Mutex
	recent map[repetition][]byte // nil while it is worked on
	older  map[repetition][]byte
	turned time.Time
}

const (
	rememberFor = 30 * time.Second
	mostAnswers = 1 << 16
)

func newAnswers(now func() time.Time) *answers {
	return &answers{now: now, recent: map[repetition][]byte{}, turned: now()}
}

// begin gives the response if there is one, and else whether the request is
// new.
func (a *answers) begin(r repetition) (response []byte, begun bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); len(a.recent) >= mostAnswers || now.Sub(a.turned) > rememberFor {
		a.older, a.recent, a.turned = a.recent, map[repetition][]byte{}, now
	}
	for _, m := range []map[repetition][]byte{a.recent, a.older} {
		if response, known := m[r]; known {
			return response, false
		}
	}
	a.recent[r] = nil
	return nil, true
}

// end keeps a response; without one the request may come again as if it were
// new.
func (a *answers) end(r repetition, response []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if response == nil {
		delete(a.recent, r)
		delete(a.older, r)
		return
	}
	a.recent[r] = response
}
