package clamav

import (
	"errors"
	"strconv"
	"strings"
)

// NumberFormat says how a ByteCompare reads a number.
type NumberFormat uint8

const (
	HexText     NumberFormat = iota // hexadecimal digits, "0x" allowed
	DecimalText                     // decimal digits
	AutoText                        // hexadecimal if there are three bytes or more and they begin with "0x", else decimal
	Binary                          // an unsigned integer of Length bytes: 1, 2, 4 or 8; of 8, compared as signed
)

// ByteCompare reads a number near the last match of another subsignature and
// compares it.
//
// The number begins Shift bytes after the begin of the last counted match of
// subsignature Ref, which must have a count above zero. It fails if that place
// is at or before offset 0 (libclamav refuses offset 0 itself) or if Length
// bytes from there reach beyond the buffer. For texts, white space in front is
// dropped from the Length bytes and the longest prefix that is a number is
// taken, zero if there is none; with Exact the number must take all Length
// bytes. Little endian hexadecimal text has its pairs of digits in reverse
// order; little endian decimal text fails. All Comparisons must hold.
type ByteCompare struct {
	Ref          int
	Shift        int64
	Format       NumberFormat
	LittleEndian bool
	Exact        bool
	Length       int
	Comparisons  []Comparison // one or two
}

// Comparison is a relation ('<', '>' or '=') to a value.
type Comparison struct {
	Op    byte
	Value int64
}

const (
	maxBinary = 8  // bytes of a Binary number
	maxHex    = 18 // bytes of a HexText number
)

var errCompare = errors.New("invalid byte comparison")

// parseCompare reads "ref(shift#options#comparisons)".
func parseCompare(s string) (*ByteCompare, error) {
	ref, rest, ok := leading(s)
	if !ok || ref >= maxSubsigs || !strings.HasPrefix(rest, "(") {
		return nil, errCompare
	}
	inner, _, ok := strings.Cut(rest[1:], ")")
	fields := strings.Split(inner, "#")
	if !ok || len(fields) != 3 {
		return nil, errCompare
	}
	c := &ByteCompare{Ref: int(ref)}
	if !c.shift(fields[0]) || !c.options(fields[1]) || !c.comparisons(fields[2]) {
		return nil, errCompare
	}
	return c, nil
}

// shift reads ">>n", "<<n", or nothing or what begins with 0 for no shift.
func (c *ByteCompare) shift(s string) bool {
	if s == "" || s[0] == '0' {
		return true
	}
	if !strings.HasPrefix(s, ">>") && !strings.HasPrefix(s, "<<") {
		return false
	}
	n, err := strconv.ParseInt(cNumber(s[2:]), 0, 32)
	if s[0] == '<' {
		n = -n
	}
	c.Shift = n
	return err == nil
}

// options reads letters and the length.
func (c *ByteCompare) options(s string) bool {
	var format, order byte
	for s != "" && (s[0] < '0' || s[0] > '9') {
		switch f := s[0]; f {
		case 'h', 'd', 'i', 'a':
			if format != 0 && format != f || f == 'd' && order == 'l' {
				return false
			}
			format = f
			if f == 'd' {
				order = 'b'
			}
		case 'l', 'b':
			if order != 0 && order != f {
				return false
			}
			order = f
		case 'e':
			c.Exact = true
		default:
			return false
		}
		s = s[1:]
	}
	n, err := strconv.ParseInt(cNumber(s), 0, 32)
	if err != nil || n <= 0 || order == 0 {
		return false
	}
	c.Length, c.LittleEndian = int(n), order == 'l'
	switch format {
	case 'h':
		c.Format = HexText
		return n <= maxHex
	case 'd':
		c.Format = DecimalText
	case 'i':
		c.Format = Binary
		return n <= maxBinary && maxBinary%n == 0
	case 'a':
		c.Format = AutoText
	default:
		return false
	}
	return true
}

func (c *ByteCompare) comparisons(s string) bool {
	list := strings.Split(s, ",")
	for _, e := range list {
		if len(e) < 2 || strings.IndexByte("<>=", e[0]) < 0 {
			return false
		}
		n, err := strconv.ParseInt(cNumber(e[1:]), 0, 64)
		if err != nil {
			return false
		}
		c.Comparisons = append(c.Comparisons, Comparison{Op: e[0], Value: n})
	}
	return len(list) <= 2
}

// cNumber makes a number of C's notation one of Go's: underscores and the
// prefixes 0b and 0o do not exist there.
func cNumber(s string) string {
	if strings.ContainsAny(s, "_oO") || strings.HasPrefix(strings.TrimLeft(s, "+-"), "0b") {
		return ""
	}
	return s
}
