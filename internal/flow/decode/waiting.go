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
	for i := 0; i < len(s.waiting); {
		w := s.waiting[i]
		if w.id != id {
			i++
			continue
		}
		before := res.Data
		dst = s.data(dst, t, w.data, w.header, res)
		res.Late += res.Data - before
		res.Data = before
		s.drop(i)
	}
	return dst
}

// Expire drops what waited for its template too long, and gives how many sets
// that were.
func (s *Stream) Expire(now int64) (lost int) {
	for len(s.waiting) > 0 && now-s.waiting[0].arrived > Patience.Microseconds() {
		s.drop(0)
		lost++
	}
	return lost
}

func (s *Stream) drop(i int) {
	s.share.release(len(s.waiting[i].data) + waitingCost)
	copy(s.waiting[i:], s.waiting[i+1:])
	s.waiting[len(s.waiting)-1] = waiting{}
	s.waiting = s.waiting[:len(s.waiting)-1]
	if len(s.waiting) == 0 {
		s.waiting = nil
	}
}
