package clamav

import (
	"errors"
	"strings"
)

// Target is the kind of content that a signature is matched against.
type Target uint8

const (
	Any      Target = 0  // every file, raw, and its normalised forms
	PE       Target = 1  // portable executables
	OLE2     Target = 2  // OLE2 containers
	HTML     Target = 3  // normalised HTML
	Mail     Target = 4  // mail messages
	Graphics Target = 5  // GIF, PNG, JPEG, TIFF and the like
	ELF      Target = 6  // ELF executables
	ASCII    Target = 7  // normalised text
	Unused   Target = 8  // matches nothing
	MachO    Target = 9  // Mach-O executables, universal ones too
	PDF      Target = 10 // PDF documents
	Flash    Target = 11 // SWF
	Java     Target = 12 // Java classes
	Internal Target = 13 // ClamAV's own tests
	Other    Target = 14 // everything without a target of its own

	targets = 15
)

// executable tells whether entry points and sections have a meaning.
func (t Target) executable() bool { return t == PE || t == ELF || t == MachO }

// OffsetKind says what an Offset counts from.
type OffsetKind uint8

const (
	Anywhere    OffsetKind = iota // no constraint
	FromStart                     // N from the start of the data
	FromEnd                       // N before the end of the data ("EOF-N")
	AfterEntry                    // N after the entry point ("EP+N")
	BeforeEntry                   // N before the entry point ("EP-N")
	AfterBegin                    // N after the begin of section Section ("Sx+N")
	InSection                     // anywhere in section Section ("SEx")
	AfterLast                     // N after the begin of the last section ("SL+N")
	VersionInfo                   // at an entry of the version information of a PE ("VI")
	MacroGroup                    // fills macro group N ("$N$"), matches nothing by itself
)

// Offset constrains where a match begins: at the place that Kind and N give,
// or up to MaxShift bytes after it. For InSection the range is from the begin
// of the section to its begin plus its raw size plus MaxShift, both included.
// Sections count from 0, in the order of the section table.
//
// In data whose headers cannot be read, and for a section that does not exist,
// only Anywhere and FromStart can hold; FromEnd holds unless the target is an
// executable one whose headers cannot be read. The arithmetic is modulo 2³²:
// a place before the start of the data is a place that does not exist.
type Offset struct {
	Kind     OffsetKind
	Section  uint32
	N        uint32
	MaxShift uint32
}

// Fixed tells whether the match can only begin at one place that does not
// depend on the format of the data.
func (o Offset) Fixed() bool {
	return (o.Kind == FromStart || o.Kind == FromEnd) && o.MaxShift == 0
}

// maxOffset is the longest offset that libclamav takes, in bytes.
const maxOffset = 64

// macroGroups is the number of macro groups.
const macroGroups = 32

var errOffset = errors.New("invalid offset")

// parseOffset reads an offset of a signature for target t.
func parseOffset(s string, t Target) (Offset, error) {
	if s == "*" {
		return Offset{}, nil
	}
	if len(s) > maxOffset {
		return Offset{}, errors.New("offset is too long")
	}
	var o Offset
	place, shift, shifted := strings.Cut(s, ",")
	ok := true
	if shifted {
		if o.MaxShift, ok = number(shift); !ok {
			return o, errors.New("invalid shift of the offset")
		}
	}
	switch {
	case strings.HasPrefix(place, "EP+"):
		o.Kind = AfterEntry
		o.N, ok = number(place[3:])
	case strings.HasPrefix(place, "EP-"):
		o.Kind = BeforeEntry
		o.N, ok = number(place[3:])
	case strings.HasPrefix(place, "SE"):
		o.Kind = InSection
		o.Section, ok = number(place[2:])
	case strings.HasPrefix(place, "SL+"):
		o.Kind = AfterLast
		o.N, ok = number(place[3:])
	case strings.HasPrefix(place, "S"):
		o.Kind = AfterBegin
		ok = o.section(place[1:])
	case strings.HasPrefix(place, "EOF-"):
		o.Kind = FromEnd
		o.N, ok = number(place[4:])
	case strings.HasPrefix(place, "VI"):
		o.Kind = VersionInfo
	case strings.HasPrefix(place, "$"):
		o.Kind = MacroGroup
		o.N, _, ok = leading(place[1:])
		if ok && o.N >= macroGroups {
			return o, errors.New("macro group out of range")
		}
	default:
		o.Kind = FromStart
		o.N, ok = number(place)
	}
	if !ok {
		return o, errOffset
	}
	if o.Kind >= AfterEntry && o.Kind <= VersionInfo && !t.executable() {
		return o, errors.New("offset has no meaning for the target")
	}
	return o, nil
}

// section reads "x+N".
func (o *Offset) section(s string) bool {
	var ok bool
	if o.Section, s, ok = leading(s); !ok || !strings.HasPrefix(s, "+") {
		return false
	}
	o.N, _, ok = leading(s[1:])
	return ok
}
