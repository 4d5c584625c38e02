package unpack

import "io"

// escapes reads what escapes stand for: \x41, \u0041 and \101, or %41, or
// &#65; and &#x41;.
// Everything else stands for itself.
type escapes struct {
	b    []byte
	mark byte
	seen int // escapes that were decoded
}

func (e *escapes) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && len(e.b) > 0 {
		p[n] = e.next()
		n++
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (e *escapes) next() byte {
	c := e.b[0]
	if c != e.mark {
		e.b = e.b[1:]
		return c
	}
	value, size := e.escape()
	if size == 0 {
		e.b = e.b[1:]
		return c
	}
	e.b = e.b[size:]
	e.seen++
	return value
}

// escape gives the value and the size of the escape here, 0 if there is none.
func (e *escapes) escape() (byte, int) {
	if e.mark == '&' {
		return entity(e.b)
	}
	b := e.b[1:]
	if e.mark == '%' {
		if v, ok := digits(b, 2, 16); ok {
			return v, 3
		}
		if len(b) > 0 && b[0] == 'u' { // JavaScript's escape()
			if v, ok := digits(b[1:], 4, 16); ok {
				return v, 6
			}
		}
		return 0, 0
	}
	if len(b) > 0 && (b[0] == 'x' || b[0] == 'X') {
		if v, ok := digits(b[1:], 2, 16); ok {
			return v, 4
		}
		return 0, 0
	}
	if len(b) > 0 && b[0] == 'u' {
		if v, ok := digits(b[1:], 4, 16); ok {
			return v, 6
		}
		return 0, 0
	}
	for n := 3; n >= 2; n-- {
		if v, ok := digits(b, n, 8); ok {
			return v, 1 + n
		}
	}
	return 0, 0
}

// digits reads n digits; of more than a byte the lowest counts.
func digits(b []byte, n int, base byte) (byte, bool) {
	if len(b) < n {
		return 0, false
	}
	var v byte
	for _, c := range b[:n] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		if c >= base {
			return 0, false
		}
		v = v*base + c
	}
	return v, true
}
