package clamav

// Numbers as libclamav takes them. An all-digit field is read with atoi there,
// where what overflows has no defined value; here it is an error.

// number reads a field of nothing but digits, at most 32 bits. As in
// libclamav, an empty field is zero.
func number(s string) (uint32, bool) {
	var n uint64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if n = n*10 + uint64(s[i]-'0'); n > 1<<32-1 {
			return 0, false
		}
	}
	return uint32(n), true
}

// leading reads the digits that s starts with, like scanf's %u, and gives
// what follows. There must be at least one digit.
func leading(s string) (n uint32, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == 0 {
		return 0, s, false
	}
	n, ok = number(s[:i])
	return n, s[i:], ok
}

// hexDigit gives the value of a hexadecimal digit, -1 for another byte.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// hexBytes decodes pairs of hexadecimal digits.
func hexBytes(s string) ([]byte, bool) {
	if len(s)%2 != 0 {
		return nil, false
	}
	b := make([]byte, len(s)/2)
	return b, hexInto(b, s)
}

// hexInto decodes s, which has twice the length of b, into b.
func hexInto(b []byte, s string) bool {
	for i := range b {
		h, l := hexDigit(s[2*i]), hexDigit(s[2*i+1])
		if h < 0 || l < 0 {
			return false
		}
		b[i] = byte(h<<4 | l)
	}
	return true
}

// levels says whether a signature that names a least and perhaps a greatest
// functionality level is meant for this engine.
func (r *reader) levels(fields []string) (fits, ok bool) {
	if len(fields) > 0 {
		n, ok := number(fields[0])
		if !ok {
			return false, false
		}
		if n > r.level {
			return false, true
		}
	}
	if len(fields) > 1 {
		n, ok := number(fields[1])
		if !ok {
			return false, false
		}
		if n < r.level {
			return false, true
		}
	}
	return true, true
}

const otherLevel = "meant for another functionality level"
