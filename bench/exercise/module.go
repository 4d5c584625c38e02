package exercise

import (
	"maps"
	"slices"
	"strings"

	"candor/engine/yara"
)

// executing gives a copy whose headers are those of f.
func (d draft) executing(f format) draft {
	d.format = f
	d.min = max(d.min, imageSize)
	return d
}

// text is the bytes of a text literal, nil for anything else.
func text(e yara.Expr) []byte {
	if t, ok := e.(*yara.Str); ok {
		return append([]byte{}, t.Value...)
	}
	return nil
}

// path spells a term of a module: "pe.sections[0].name". Arguments of calls
// are left out.
func (s *solver) path(e yara.Expr, sc scope) string {
	switch e := e.(type) {
	case *yara.Ident:
		if x, ok := sc.vars[e.Name]; ok {
			return s.path(x, sc)
		}
		return e.Name
	case *yara.Member:
		return s.path(e.X, sc) + "." + e.Name
	case *yara.Index:
		if t := text(e.I); t != nil {
			return s.path(e.X, sc) + "[" + string(t) + "]"
		}
		return s.path(e.X, sc) + "[]"
	case *yara.Call:
		return s.path(e.X, sc) + "()"
	}
	return "?"
}

// module makes a boolean of a module true.
func (s *solver) module(e yara.Expr, sc scope, d draft) (draft, bool) {
	var args []yara.Expr
	if c, ok := e.(*yara.Call); ok {
		args = c.Args
	}
	switch s.path(e, sc) {
	case "pe.is_pe":
	case "pe.is_32bit()":
		return d.executing(portable), !d.image.wide
	case "pe.is_64bit()":
		d.image.wide = true
	case "pe.is_dll()":
		d.image.characteristics |= 0x2000
	case "pe.exports()":
		name, ok := argument(args, 0)
		if !ok {
			return d, false
		}
		d.image.exports = append(slices.Clip(d.image.exports), name)
	case "pe.imports()":
		return d.importing(args)
	case "pe.section_index()":
		return d, false
	default:
		return d, false
	}
	return d.executing(portable), d.max > imageSize
}

func argument(args []yara.Expr, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	t := text(args[i])
	return string(t), t != nil
}

func (d draft) importing(args []yara.Expr) (draft, bool) {
	library, ok := argument(args, 0)
	if !ok {
		return d, false
	}
	d.image.imports = maps.Clone(d.image.imports)
	if d.image.imports == nil {
		d.image.imports = map[string][]string{}
	}
	names := d.image.imports[library]
	if name, ok := argument(args, 1); ok {
		names = append(slices.Clip(names), name)
	}
	d.image.imports[library] = names
	return d.executing(portable), d.max > imageSize
}

// setModule makes an integer of a module v.
func (s *solver) setModule(e yara.Expr, v int64, sc scope, d draft) (draft, bool) {
	switch s.path(e, sc) {
	case "pe.machine":
		d.image.machine = uint16(v)
		d.image.wide = v == 0x8664
	case "pe.timestamp":
		d.image.timestamp = uint32(v)
	case "pe.characteristics":
		d.image.characteristics |= uint16(v)
	case "pe.subsystem":
		d.image.subsystem = uint16(v)
	case "pe.number_of_sections":
		for int64(len(d.image.sections)) < v && len(d.image.sections) < 12 {
			d.image.sections = append(slices.Clip(d.image.sections), ".s")
		}
		return d.executing(portable), int64(len(d.image.sections)) == v
	case "pe.number_of_exports":
		for int64(len(d.image.exports)) < v && len(d.image.exports) < 40 {
			d.image.exports = append(slices.Clip(d.image.exports), "f"+string(rune('a'+len(d.image.exports))))
		}
		return d.executing(portable), int64(len(d.image.exports)) == v
	case "pe.number_of_signatures", "pe.number_of_resources", "pe.overlay.size", "pe.overlay.offset", "pe.number_of_imports":
		return d.executing(portable), v == 0
	case "pe.sections[].raw_data_offset":
		return d.executing(portable), v == codeStart
	case "elf.type":
		d.image.elfType = uint16(v)
		return d.executing(elf), true
	case "elf.machine":
		d.image.machine = uint16(v)
		return d.executing(elf), true
	default:
		return d, false
	}
	return d.executing(portable), d.max > imageSize
}

// constant is an integer of a module that the headers decide or a format defines.
func (s *solver) constant(e *yara.Member, d draft) (int64, draft, bool) {
	switch name := s.path(e, scope{}); name {
	case "pe.entry_point":
		return codeStart, d.executing(portable), true
	case "elf.entry_point":
		return elfEntry, d.executing(elf), true
	default:
		v, ok := constants[strings.TrimPrefix(strings.TrimPrefix(name, "pe."), "elf.")]
		return v, d, ok
	}
}

var constants = map[string]int64{
	"MACHINE_I386": 0x14C, "MACHINE_AMD64": 0x8664, "DLL": 0x2000, "EXECUTABLE_IMAGE": 2,
	"SUBSYSTEM_NATIVE": 1, "SUBSYSTEM_WINDOWS_GUI": 2, "SUBSYSTEM_WINDOWS_CUI": 3,
	"ET_REL": 1, "ET_EXEC": 2, "ET_DYN": 3, "EM_386": 3, "EM_ARM": 40, "EM_X86_64": 62, "EM_MIPS": 8, "EM_AARCH64": 183,
}

// textComparison makes a text of a module, or an empty external variable,
// equal to or different from a literal.
func (s *solver) textComparison(e *yara.Binary, op string, sc scope, d draft, k then) bool {
	x, lit := e.X, text(e.Y)
	if lit == nil {
		x, lit = e.Y, text(e.X)
	}
	if id, ok := x.(*yara.Ident); ok && sc.vars[id.Name] == nil {
		return holds(op, int64(strings.Compare("", string(lit))), 0) && k(d)
	}
	if op != "==" {
		return op == "!=" && k(d)
	}
	d, ok := s.setText(x, string(lit), sc, d)
	return ok && k(d)
}

// textual is contains, startswith and their like.
func (s *solver) textual(e *yara.Binary, sc scope, want bool, d draft, k then) bool {
	if !want {
		return k(d)
	}
	lit := text(e.Y)
	if lit == nil || e.Op == "matches" {
		return false
	}
	d, ok := s.setText(e.X, string(lit), sc, d)
	return ok && k(d)
}

func (s *solver) setText(x yara.Expr, v string, sc scope, d draft) (draft, bool) {
	switch s.path(x, sc) {
	case "pe.sections[].name":
		i := 0
		if index, ok := x.(*yara.Member).X.(*yara.Index); ok {
			if n, ok := index.I.(*yara.Int); ok {
				i = int(n.Value)
			}
		}
		if i < 0 || i > 11 || len(v) > 8 {
			return d, false
		}
		d.image.sections = slices.Clone(d.image.sections)
		for len(d.image.sections) <= i {
			d.image.sections = append(d.image.sections, ".s")
		}
		d.image.sections[i] = v
	case "pe.dll_name":
		d.image.dll = v
	default:
		return d, false
	}
	return d.executing(portable), d.max > imageSize
}

// measured is a comparison with a floating-point number: math.entropy as a rule.
func (s *solver) measured(x yara.Expr, op string, sc scope, d draft, k then) bool {
	if s.path(x, sc) != "math.entropy()" {
		return false
	}
	if op == ">" || op == ">=" {
		d.fill = noise
		d, ok := d.larger(min(d.max, 64<<10))
		return ok && k(d)
	}
	d.fill = zero
	d, ok := d.larger(min(d.max, 16<<10))
	return ok && k(d)
}
