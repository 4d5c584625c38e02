package decode

import "candor/internal/flow"

// waiting is a set whose template has not come yet.
type waiting struct {
	id      uint16
	header  Header
	arrived int64
	data    []byte
}

// waitingCost is what one takes besides its data.
const waitingCost = 96

// wait keeps a set until its template comes.
func (s *Stream) wait(id uint16, data []byte, h Header, arrived int64, res *Result) {
	res.Unknown++
	if !s.share.hold(len(data) + waitingCost) {
		res.NoRoom++
		return
	}
	s.waiting = append(s.waiting, waiting{id: id, header: h, arrived: arrived, data: append([]byte(nil), data...)})
}

// come decodes what waited for a template.
func (s *Stream) come(dst []flow.Record, id uint16, t *template, res *Result) []flow.Record {
	s.sift(func(w *waiting) bool {
		if w.id != id {
			return true
		}
		before := res.Data
		dst = s.data(dst, t, w.data, w.header, res)
		res.Late += res.Data - before
		res.Data = before
		return false
	})
	return dst
}

// Expire drops what waited for its template too long, and gives how many sets
// that were.
func (s *Stream) Expire(now int64) (lost int) {
	if len(s.waiting) == 0 || now-s.waiting[0].arrived <= Patience.Microseconds() {
		return 0
	}
	return s.sift(func(w *waiting) bool { return now-w.arrived <= Patience.Microseconds() })
}

// sift drops what waits and is not to be kept, and gives how many sets that were.
func (s *Stream) sift(keep func(w *waiting) bool) (gone int) {
	kept := s.waiting[:0]
	for i := range s.waiting {
		if w := s.waiting[i]; keep(&w) {
			kept = append(kept, w)
		} else {
			s.share.release(len(w.data) + waitingCost)
		}
	}
	gone = len(s.waiting) - len(kept)
	clear(s.waiting[len(kept):])
	if s.waiting = kept; len(kept) == 0 {
		s.waiting = nil
	}
	return gone
}
