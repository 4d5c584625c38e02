package clamav

import "strings"

// CheckKind names what is looked for around a match.
type CheckKind uint8

const (
	NoCheck  CheckKind = iota
	Boundary           // (B): a delimiter of mark-up and addresses
	LineEdge           // (L): an edge of a line
	WordEdge           // (W): an edge of a word
)

// Check looks at what stands before or after a match without being part of it.
// The zero Check always holds.
type Check struct {
	Kind   CheckKind
	Negate bool // holds where it would not
	Wide   bool // WordEdge: characters are two bytes, the second of them zero
}

// Delimiters of a Boundary.
const (
	bothSides  = " -/_"
	beforeOnly = ".<@"
	afterOnly  = "\n\r\"'=>"
)

// Before tells whether the check holds before a match that begins at data[at].
// At offset 0 every kind holds.
func (c Check) Before(data []byte, at int) bool {
	if c.Kind == NoCheck {
		return true
	}
	holds := at == 0
	if !holds {
		b := data[at-1]
		switch c.Kind {
		case Boundary:
			holds = oneOf(b, bothSides) || oneOf(b, beforeOnly)
		case LineEdge:
			holds = b == '\n'
		case WordEdge:
			holds = !alnum(b)
			if c.Wide {
				holds = at == 1 || b != 0 || !alnum(data[at-2])
			}
		}
	}
	return holds != c.Negate
}

// After tells whether the check holds after a match that ends before data[at].
// At the end of the data every kind holds.
func (c Check) After(data []byte, at int) bool {
	if c.Kind == NoCheck {
		return true
	}
	holds := at == len(data)
	if !holds {
		b, pair := data[at], at+1 < len(data)
		switch c.Kind {
		case Boundary:
			holds = oneOf(b, bothSides) || oneOf(b, afterOnly)
		case LineEdge:
			holds = b == '\n' || b == '\r' && pair && data[at+1] == '\n'
		case WordEdge:
			holds = !alnum(b)
			if c.Wide && pair {
				holds = holds || data[at+1] != 0
			}
		}
	}
	return holds != c.Negate
}

func oneOf(b byte, set string) bool { return strings.IndexByte(set, b) >= 0 }

func alnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
