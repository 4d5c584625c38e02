package authenticode

import (
	"strconv"
	"time"
)

// maxIndefinite bounds the nesting of values of indefinite length.
const maxIndefinite = 24

// Tags of X.690 that signatures are made of.
const (
	tagBoolean         = 0x01
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagNull            = 0x05
	tagOID             = 0x06
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagGeneralString   = 0x1b
	tagBMPString       = 0x1e
	tagSequence        = 0x30
	tagSet             = 0x31
	context0           = 0xa0
	context1           = 0xa1
	context3           = 0xa3
)

// value is an ASN.1 value in BER, of which DER is a part (X.690). The zero
// value stands for one that is missing.
type value struct {
	tag  byte
	body []byte
	raw  []byte // with tag and length
}

// next splits the first value off b. It is not ok for tags above 30, which
// signatures do not have, and for lengths past the end.
func next(b []byte) (v value, rest []byte, ok bool) { return nextNested(b, 0) }

func nextNested(b []byte, depth int) (v value, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return value{}, nil, false
	}
	length, header := int(b[1]), 2
	switch {
	case length == 0x80:
		return indefinite(b, depth)
	case length > 0x84:
		return value{}, nil, false
	case length > 0x80:
		header += length - 0x80
		if header > len(b) {
			return value{}, nil, false
		}
		length = 0
		for _, c := range b[2:header] {
			length = length<<8 | int(c)
		}
	}
	if length < 0 || length > len(b)-header {
		return value{}, nil, false
	}
	end := header + length
	return value{b[0], b[header:end:end], b[:end:end]}, b[end:], true
}

// indefinite reads a constructed value that ends with two zero bytes.
func indefinite(b []byte, depth int) (value, []byte, bool) {
	if b[0]&0x20 == 0 || depth >= maxIndefinite {
		return value{}, nil, false
	}
	in := b[2:]
	for {
		if len(in) < 2 {
			return value{}, nil, false
		}
		if in[0] == 0 && in[1] == 0 {
			end := len(b) - len(in)
			return value{b[0], b[2:end:end], b[: end+2 : end+2]}, in[2:], true
		}
		var ok bool
		if _, in, ok = nextNested(in, depth+1); !ok {
			return value{}, nil, false
		}
	}
}

// parse reads b as one value of that tag; it is missing if b is something else.
func parse(b []byte, tag byte) value {
	if v, _, ok := next(b); ok && v.tag == tag {
		return v
	}
	return value{}
}

// fields is the values that a constructed one consists of, read in order.
type fields struct{ rest []byte }

func (v value) fields() *fields { return &fields{v.body} }

// any takes the next field, whatever it is.
func (f *fields) any() value {
	v, rest, ok := next(f.rest)
	if !ok {
		f.rest = nil
		return value{}
	}
	f.rest = rest
	return v
}

// take takes the next field if it has that tag; else it is missing and stays.
func (f *fields) take(tag byte) value {
	if len(f.rest) == 0 || f.rest[0] != tag {
		return value{}
	}
	return f.any()
}

// all yields the values that a constructed one consists of.
func (v value) all(yield func(value) bool) {
	for f := v.fields(); len(f.rest) > 0; {
		if e := f.any(); e.raw == nil || !yield(e) {
			return
		}
	}
}

// missing tells whether there is no value.
func (v value) missing() bool { return v.raw == nil }

// oid gives an object identifier in dotted form, "" if it is none.
func (v value) oid() string {
	const maxLength = 64 // bytes; those of signatures have about ten
	if v.tag != tagOID || len(v.body) == 0 || len(v.body) > maxLength {
		return ""
	}
	var out []byte
	var arc uint64
	for i, c := range v.body {
		if arc >= 1<<57 {
			return ""
		}
		arc = arc<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			if i == len(v.body)-1 {
				return ""
			}
			continue
		}
		if out == nil {
			root := min(arc/40, 2)
			out = strconv.AppendUint(nil, root, 10)
			arc -= root * 40
		}
		out = strconv.AppendUint(append(out, '.'), arc, 10)
		arc = 0
	}
	return string(out)
}

// integer gives a small integer, 0 if it is none.
func (v value) integer() (i int64) {
	if v.tag != tagInteger || len(v.body) == 0 || len(v.body) > 8 {
		return 0
	}
	i = int64(int8(v.body[0]))
	for _, c := range v.body[1:] {
		i = i<<8 | int64(c)
	}
	return i
}

// bits gives the bytes of a bit string that has whole bytes.
func (v value) bits() []byte {
	if v.tag != tagBitString || len(v.body) == 0 || v.body[0] != 0 {
		return nil
	}
	return v.body[1:]
}

// octets gives the bytes of an octet string, also of one in parts.
func (v value) octets() []byte {
	switch v.tag {
	case tagOctetString:
		return v.body
	case tagOctetString | 0x20:
		out := []byte{}
		for part := range v.all {
			if part.tag == tagOctetString {
				out = append(out, part.body...)
			}
		}
		return out
	}
	return nil
}

// noTime is what libyara makes of a time that cannot be read: day 0 of 1900.
const noTime = -2209075200

// seconds gives a UTCTime or GeneralizedTime in Unix seconds.
func (v value) seconds() int64 {
	s := string(v.body)
	year := 0
	switch {
	case v.tag == tagUTCTime && len(s) >= 2:
		year = 1900 + digits(s[:2])
		if year < 1950 {
			year += 100
		}
		s = s[2:]
	case v.tag == tagGeneralizedTime && len(s) >= 4:
		year = digits(s[:4])
		s = s[4:]
	default:
		return noTime
	}
	var part [5]int // month, day, hour, minute, second
	n := 0
	for ; n < len(part) && len(s) >= 2 && digits(s[:2]) >= 0; n++ {
		part[n] = digits(s[:2])
		s = s[2:]
	}
	if n < 4 || year < 0 || part[0] < 1 || part[0] > 12 || part[1] < 1 || part[1] > 31 || part[2] > 23 || part[3] > 59 || part[4] > 59 {
		return noTime
	}
	offset, ok := zone(s, v.tag == tagGeneralizedTime)
	if !ok {
		return noTime
	}
	return time.Date(year, time.Month(part[0]), part[1], part[2], part[3], part[4], 0, time.UTC).Unix() - offset
}

// zone reads what follows the seconds: a fraction if there may be one, then Z
// or the difference to UTC, which it gives in seconds.
func zone(s string, fraction bool) (int64, bool) {
	if fraction && len(s) > 1 && s[0] == '.' {
		s = s[1:]
		for len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
			s = s[1:]
		}
	}
	if s == "Z" {
		return 0, true
	}
	if len(s) != 5 || s[0] != '+' && s[0] != '-' || digits(s[1:]) < 0 {
		return 0, false
	}
	seconds := int64(digits(s[1:3])*3600 + digits(s[3:])*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// digits gives the number that s consists of, less than -1e6 if it is none.
func digits(s string) int {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return -1 << 20
		}
		n = n*10 + int(c-'0')
	}
	return n
}
