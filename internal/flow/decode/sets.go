package decode

import "candor/internal/flow"

// Sets that hold definitions.
const (
	set9Templates  = 0
	set9Options    = 1
	set10Templates = 2
	set10Options   = 3
	firstData      = 256
)

// sets decodes a datagram of v9 or IPFIX, set by set. A set that cannot be
// understood does not keep the next from being decoded.
func (s *Stream) sets(dst []flow.Record, d []byte, h Header, arrived int64, res *Result) []flow.Record {
	var body []byte
	if h.Version == NetFlow9 {
		body = d[head9:]
	} else {
		n := int(be.Uint16(d[2:]))
		if n < head10 || n > len(d) {
			res.fail(ErrCut)
			n = len(d)
		}
		body = d[head10:n]
	}
	for len(body) >= 4 {
		id, n := be.Uint16(body), int(be.Uint16(body[2:]))
		if n < 4 || n > len(body) {
			res.fail(ErrSet)
			return dst
		}
		dst = s.set(dst, id, body[4:n], h, arrived, res)
		body = body[n:]
	}
	return dst
}

func (s *Stream) set(dst []flow.Record, id uint16, b []byte, h Header, arrived int64, res *Result) []flow.Record {
	ipfix := h.Version == IPFIX
	switch {
	case id >= firstData:
		if t := s.templates[id]; t != nil {
			t.used = s.turn
			return s.data(dst, t, b, h, res)
		}
		s.wait(id, b, h, arrived, res)
	case ipfix && (id == set10Templates || id == set10Options), !ipfix && (id == set9Templates || id == set9Options):
		return s.definitions(dst, b, h.Version, id == set10Options || id == set9Options, res)
	}
	return dst // other sets are reserved: to be skipped
}

// definitions reads a set of templates.
func (s *Stream) definitions(dst []flow.Record, b []byte, v Version, options bool, res *Result) []flow.Record {
	for len(b) >= 4 {
		id, count := be.Uint16(b), int(be.Uint16(b[2:]))
		if id == 0 && count == 0 {
			return dst // padding
		}
		if v == IPFIX && count == 0 {
			s.withdraw(id, options, res)
			b = b[4:]
			continue
		}
		count, scopes, b4 := counts(b, v, options)
		if b4 == nil || id < firstData {
			res.fail(ErrTemplate)
			return dst
		}
		t, rest, err := definition(b4, v, options, count, scopes)
		if err != nil {
			res.fail(err)
			return dst
		}
		b = rest
		dst = s.learn(dst, id, t, res)
	}
	return dst
}

// counts reads how many fields a definition has, how many of them are scopes,
// and gives where they begin; nil if it cannot be.
func counts(b []byte, v Version, options bool) (count, scopes int, rest []byte) {
	count = int(be.Uint16(b[2:]))
	if !options {
		return count, 0, zeroIsNone(b[4:], count > 0)
	}
	if len(b) < 6 {
		return 0, 0, nil
	}
	second := int(be.Uint16(b[4:]))
	if v == IPFIX {
		return count, second, zeroIsNone(b[6:], second > 0 && second <= count)
	}
	// In v9 both are lengths in bytes, of scopes and of options.
	return (count + second) / 4, count / 4, zeroIsNone(b[6:], count+second >= 4 && count%4 == 0 && second%4 == 0)
}

func zeroIsNone(b []byte, ok bool) []byte {
	if !ok {
		return nil
	}
	return b
}

// withdraw forgets a template, or all of a kind (RFC 7011, 8.1).
func (s *Stream) withdraw(id uint16, options bool, res *Result) {
	all := id == set10Templates && !options || id == set10Options && options
	for known, t := range s.templates {
		if t.options == options && (all || known == id) {
			s.forget(known)
			res.Withdrawn++
		}
	}
}

// data decodes the records of a set.
func (s *Stream) data(dst []flow.Record, t *template, b []byte, h Header, res *Result) []flow.Record {
	if t.variable {
		return s.variable(dst, t, b, h, res)
	}
	if !t.options && !t.counts {
		n := len(b) / t.size
		res.Data, res.Events = res.Data+n, res.Events+n
		return dst
	}
	base := flow.Record{Exporter: s.Number}
	for len(b) >= t.size {
		res.Data++
		if t.options {
			s.option(t, b, h, res)
		} else {
			dst = append(dst, base)
			r := &dst[len(dst)-1]
			s.read(r, t, b)
			dst = s.finish(dst, t, h, res)
		}
		b = b[t.size:]
	}
	return dst
}

// variable decodes records that are not all of one length. What is left of a set
// whose values overrun it is lost.
func (s *Stream) variable(dst []flow.Record, t *template, b []byte, h Header, res *Result) []flow.Record {
	for len(b) >= t.size {
		r := flow.Record{Exporter: s.Number}
		rest, ok := s.walk(&r, t, b)
		if !ok {
			res.fail(ErrSet)
			return dst
		}
		b = rest
		res.Data++
		switch {
		case t.options:
			s.learnRate(t, &r, res)
		case !t.counts:
			res.Events++
		default:
			dst = append(dst, r)
			dst = s.finish(dst, t, h, res)
		}
	}
	return dst
}
