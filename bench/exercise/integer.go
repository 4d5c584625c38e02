package exercise

import (
	"encoding/binary"
	"strings"

	"candor/engine/yara"
)

// integer is the value that e has in the draft. What is still open is decided
// on the way: the file size, the place of a string, bytes that are read.
func (s *solver) integer(e yara.Expr, sc scope, d draft) (int64, draft, bool) {
	switch e := e.(type) {
	case *yara.Int:
		return e.Value, d, true
	case *yara.Filesize:
		d, n, ok := d.sized()
		return n, d, ok
	case *yara.Entrypoint:
		return codeStart, d.executing(portable), true
	case *yara.Unary:
		v, d, ok := s.integer(e.X, sc, d)
		if e.Op == "~" {
			return ^v, d, ok
		}
		return -v, d, ok && e.Op == "-"
	case *yara.Ident:
		if x, ok := sc.vars[e.Name]; ok {
			return s.integer(x, sc, d)
		}
	case *yara.Binary:
		x, d, ok := s.integer(e.X, sc, d)
		if !ok {
			return 0, d, false
		}
		y, d, ok := s.integer(e.Y, sc, d)
		if !ok {
			return 0, d, false
		}
		v, ok := arithmetic(e.Op, x, y)
		return v, d, ok
	case *yara.Count:
		if str := sc.lookup(e.Name); str != nil {
			return int64(d.count(str)), d, d.count(str) > 0
		}
	case *yara.Offset:
		return s.offset(e.Name, e.Index, sc, d)
	case *yara.Length:
		return s.length(e, sc, d)
	case *yara.Call:
		return s.read(e, sc, d)
	case *yara.Member:
		return s.constant(e, d)
	}
	return 0, d, false
}

func arithmetic(op string, x, y int64) (int64, bool) {
	switch op {
	case "+":
		return x + y, true
	case "-":
		return x - y, true
	case "*":
		return x * y, true
	case "&":
		return x & y, true
	case "|":
		return x | y, true
	case "^":
		return x ^ y, true
	}
	if y <= 0 || y > 63 && (op == "<<" || op == ">>") {
		return x, y == 0 && (op == "<<" || op == ">>") // division by zero is undefined
	}
	switch op {
	case "\\":
		return x / y, true
	case "%":
		return x % y, true
	case "<<":
		return x << y, true
	case ">>":
		return x >> y, true
	}
	return 0, false
}

// offset pins the string down, placing it first when it is not there.
func (s *solver) offset(name string, index yara.Expr, sc scope, d draft) (int64, draft, bool) {
	str := sc.lookup(name)
	if str == nil {
		return 0, d, false
	}
	i := int64(1)
	var ok bool
	if index != nil {
		if i, d, ok = s.integer(index, sc, d); !ok || i < 1 || i > maxCount {
			return 0, d, false
		}
	}
	for int64(d.count(str)) < i {
		if d, ok = s.occur(str, span{0, maxSize}, d); !ok {
			return 0, d, false
		}
	}
	if d, ok = d.pin(str); !ok {
		return 0, d, false
	}
	at, ok := d.offset(str, int(i))
	return at, d, ok
}

// length is the length of the first piece of a string.
func (s *solver) length(e *yara.Length, sc scope, d draft) (int64, draft, bool) {
	at, d, ok := s.offset(e.Name, e.Index, sc, d)
	if !ok {
		return 0, d, false
	}
	for _, p := range d.fixed {
		if p.str == sc.lookup(e.Name) && p.off == at {
			return int64(len(p.data)), d, true
		}
	}
	return 0, d, false
}

// reader is an integer function: uint16be and so on.
func reader(e *yara.Call) (size int, order binary.ByteOrder, ok bool) {
	f, isName := e.X.(*yara.Ident)
	if !isName || len(e.Args) != 1 {
		return 0, nil, false
	}
	name, big := strings.CutSuffix(f.Name, "be")
	order = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	switch strings.TrimPrefix(name, "u") {
	case "int8":
		return 1, order, true
	case "int16":
		return 2, order, true
	case "int32":
		return 4, order, true
	}
	return 0, nil, false
}

// read is the integer that the draft has at a place. Where it is open, it
// becomes what the headers have there, and the place of a PE header at 0x3C.
func (s *solver) read(e *yara.Call, sc scope, d draft) (int64, draft, bool) {
	size, order, ok := reader(e)
	if !ok {
		return 0, d, false
	}
	off, d, ok := s.integer(e.Args[0], sc, d)
	if !ok {
		return 0, d, false
	}
	b, known := d.read(off, size)
	if !known {
		head := d.headers()
		switch {
		case off >= 0 && off+int64(size) <= int64(len(head)):
			b = head[off : off+int64(size)]
		case off == 0x3C:
			b = []byte{peHeader, 0, 0, 0}[:size]
		default:
			b = make([]byte, size)
		}
		if d, ok = d.with(piece{data: b, off: off}); !ok {
			return 0, d, false
		}
	}
	return decode(b, order), d, true
}

func decode(b []byte, order binary.ByteOrder) int64 {
	switch len(b) {
	case 1:
		return int64(b[0])
	case 2:
		return int64(order.Uint16(b))
	}
	return int64(order.Uint32(b))
}

func encodeInteger(v int64, size int, order binary.ByteOrder) []byte {
	b := make([]byte, size)
	switch size {
	case 1:
		b[0] = byte(v)
	case 2:
		order.PutUint16(b, uint16(v))
	default:
		order.PutUint32(b, uint32(v))
	}
	return b
}
