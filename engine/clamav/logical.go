package clamav

import (
	"errors"
	"fmt"
	"strings"
)

// Range is an inclusive range.
type Range struct{ Min, Max uint32 }

// Has tells whether n is in the range.
func (r Range) Has(n uint32) bool { return n >= r.Min && n <= r.Max }

// Logical is a logical signature: a line of .ldb.
//
// It matches content of its Target that meets every attribute given and whose
// subsignatures make Logic true. All subsignatures are matched against the
// same buffer: a subsignature that is only in the raw bytes and one that is
// only in the normalised text do not come together.
type Logical struct {
	Name   string
	Raw    string // the line
	Origin *Origin
	Line   int
	Target Target

	FileSize         *Range // of the buffer that is matched, in bytes
	EntryPoint       *Range // as an offset in the file; PE, ELF and Mach-O
	NumberOfSections *Range // PE, ELF and Mach-O

	// Container is the type of the file that directly holds the content
	// ("CL_TYPE_ZIP"), Intermediates those of the files around it, outermost
	// first, with CL_TYPE_ANY for whatever. Empty for no constraint.
	Container     string
	Intermediates []string

	Logic   *Logic
	Subsigs []Subsig // in the order of their indexes
}

// attributes is the target description block.
type attributes struct {
	Logical
	target, engine                *Range
	icons, handler, newer, skip   bool
	handlerType, unknownAttribute string
}

const maxAttributes = 10

// readLogical reads "name;attributes;logic;subsignature;…".
func readLogical(r *reader, l line) {
	fields := logicalFields(l.text)
	name := cleanName(fields[0])
	if len(fields) < 4 || name == "" {
		r.problem(l, nameOf(l.text), "%d fields, want at least 4", len(fields))
		return
	}
	a, err := parseAttributes(fields[1])
	if err != nil {
		r.problem(l, name, "%v", err)
		return
	}
	if a.skip {
		r.ignore(l, name, "attribute or file type that is not known: "+a.unknownAttribute)
		return
	}
	if a.engine != nil && !a.engine.Has(r.level) {
		r.ignore(l, name, otherLevel)
		return
	}
	if reason := a.check(); reason != "" {
		r.problem(l, name, "%s", reason)
		return
	}
	if a.target.Min >= targets {
		r.ignore(l, name, "target that no engine knows")
		return
	}
	if a.icons {
		r.problem(l, name, "icon groups are not supported")
		return
	}
	if a.handler {
		r.problem(l, name, "handler types are not supported")
		return
	}
	sig := a.Logical
	sig.Name, sig.Raw, sig.Origin, sig.Line, sig.Target = name, l.text, l.origin, l.number, Target(a.target.Min)
	if err := r.subsigs(&sig, fields[2], fields[3:]); err != nil {
		r.problem(l, name, "%v", err)
		return
	}
	r.db.Logical = append(r.db.Logical, sig)
}

// subsigs reads the logic and the subsignatures.
func (r *reader) subsigs(sig *Logical, logic string, list []string) (err error) {
	if sig.Logic, err = parseLogic(logic); err != nil {
		return err
	}
	if n := sig.Logic.greatest() + 1; n != len(list) {
		return fmt.Errorf("%d subsignatures, the logic is about %d", len(list), n)
	}
	sig.Subsigs = make([]Subsig, len(list))
	for i, s := range list {
		if sig.Subsigs[i], err = r.subsig(s, i, sig.Target); err != nil {
			return fmt.Errorf("subsignature %d: %w", i, err)
		}
		if m := sig.Subsigs[i].Macro; m != nil && i == 0 {
			return errors.New("subsignature 0: a macro needs a subsignature before it")
		}
	}
	return nil
}

// logicalFields cuts at ";", but not inside the slashes of a regular
// expression in a subsignature.
func logicalFields(s string) []string {
	fields := make([]string, 0, 8)
	start, slashed := 0, false
	for i := range len(s) {
		switch {
		case s[i] == ';' && !slashed:
			fields = append(fields, s[start:i])
			start = i + 1
		case s[i] == '/' && len(fields) >= 2 && i > 0 && s[i-1] != '\\':
			slashed = !slashed
		}
	}
	return append(fields, s[start:])
}

// parseAttributes reads the target description block.
func parseAttributes(s string) (a attributes, err error) {
	list := strings.Split(s, ",")
	if len(list) > maxAttributes {
		return a, errors.New("too many attributes")
	}
	for i, item := range list {
		key, value, ok := strings.Cut(item, ":")
		if !ok {
			return a, fmt.Errorf("attribute %q has no value", item)
		}
		if key == "Engine" && i > 0 {
			return a, errors.New("attribute Engine is not the first")
		}
		if err := a.set(key, value); err != nil || a.skip {
			return a, err
		}
		a.newer = a.newer || key != "Engine" && key != "Target"
	}
	return a, nil
}

func (a *attributes) set(key, value string) (err error) {
	switch key {
	case "Target":
		n, ok := number(value)
		if !ok {
			return fmt.Errorf("invalid target %q", value)
		}
		a.target = &Range{n, n}
	case "Engine":
		a.engine, err = parseRange(value)
	case "FileSize":
		a.FileSize, err = parseRange(value)
	case "EntryPoint":
		a.EntryPoint, err = parseRange(value)
	case "NumberOfSections":
		a.NumberOfSections, err = parseRange(value)
	case "IconGroup1", "IconGroup2":
		a.icons = true
	case "HandlerType":
		a.handler, a.handlerType = true, value
		a.fileType(value)
	case "Container":
		a.Container = value
		a.fileType(value)
	case "Intermediates":
		a.Intermediates = strings.Split(value, ">")
		for _, t := range a.Intermediates {
			a.fileType(t)
		}
	default:
		a.skip, a.unknownAttribute = true, key
	}
	return err
}

// fileType sets the signature aside if the type does not exist.
func (a *attributes) fileType(name string) {
	if !knownType(name) {
		a.skip, a.unknownAttribute = true, name
	}
}

func parseRange(s string) (*Range, error) {
	low, high, ok := strings.Cut(s, "-")
	a, okA := number(low)
	b, okB := number(high)
	if !ok || !okA || !okB {
		return nil, fmt.Errorf("invalid range %q", s)
	}
	return &Range{a, b}, nil
}

// newerLevel is the functionality level that attributes besides Engine and
// Target ask for.
const newerLevel = 51

// check gives the reason for which libclamav refuses the attributes.
func (a *attributes) check() string {
	switch {
	case a.newer && (a.engine == nil || a.engine.Min < newerLevel):
		return fmt.Sprintf("attributes need Engine with a level of at least %d", newerLevel)
	case a.target == nil:
		return "no target"
	case a.icons && Target(a.target.Min) != PE:
		return "icon groups with a target that is not PE"
	case (a.EntryPoint != nil || a.NumberOfSections != nil) && (a.target.Min >= targets || !Target(a.target.Min).executable()):
		return "entry point or sections with a target that is not executable"
	}
	return ""
}
