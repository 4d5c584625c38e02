package pe

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
	"candor/engine/module/pe/record"
)

// The flags of imports().
const (
	importStandard = 1
	importDelayed  = 2
)

const characteristicDLL = 0x2000

// addFunctions adds the functions of the module. Their results are integers,
// even where they answer a question: so rules compare them.
func addFunctions(s record.Schema[*file]) {
	const integer, text, regexp = module.Int, module.String, module.Regexp
	s["calculate_checksum"] = record.Func[*file](always(func(f *file, _ args) int64 { return f.computeChecksum() }))
	s["is_dll"] = record.Func[*file](always(func(f *file, _ args) int64 {
		return int64(f.U16(f.Header+22)) & characteristicDLL
	}))
	s["is_32bit"] = record.Func[*file](question(func(f *file, _ args) bool { return !f.Wide }))
	s["is_64bit"] = record.Func[*file](question(func(f *file, _ args) bool { return f.Wide }))
	s["imphash"] = record.Func[*file](builtin.Overload(text, func(in *module.Input, _ module.Object, _ args) module.Value {
		if f, ok := open(in); ok {
			return module.BytesValue(f.importHash())
		}
		return module.Value{}
	}))
	s["rva_to_offset"] = record.Func[*file](perhaps(func(f *file, a args) (int64, bool) {
		at := f.Offset(uint64(a[0].Int))
		return at, at != -1
	}, integer))
	s["section_index"] = record.Func[*file](
		perhaps(func(f *file, a args) (int64, bool) { return f.sectionNamed(a[0].Str) }, text),
		perhaps(func(f *file, a args) (int64, bool) { return f.sectionAt(a[0].Int) }, integer),
	)
	s["locale"] = record.Func[*file](question(func(f *file, a args) bool {
		return f.resourceTree().speaks(0xffff, a[0].Int)
	}, integer))
	s["language"] = record.Func[*file](question(func(f *file, a args) bool {
		return f.resourceTree().speaks(0xff, a[0].Int)
	}, integer))
	addExportFunctions(s)
	addImportFunctions(s)
}

func addExportFunctions(s record.Schema[*file]) {
	var whether, index []*module.Function
	for _, o := range []struct {
		find func(*file, args) (int64, bool)
		kind module.Kind
	}{
		{func(f *file, a args) (int64, bool) {
			return f.exported().index(func(x export) bool { return x.name != nil && equalFold(x.name, a[0].Str) })
		}, module.String},
		{func(f *file, a args) (int64, bool) {
			return f.exported().index(func(x export) bool { return x.name != nil && matches(a[0].Re, x.name) })
		}, module.Regexp},
		{func(f *file, a args) (int64, bool) { return f.exported().indexOfOrdinal(a[0].Int) }, module.Int},
	} {
		index = append(index, perhaps(o.find, o.kind))
		whether = append(whether, question(func(f *file, a args) bool { _, ok := o.find(f, a); return ok }, o.kind))
	}
	s["exports"] = record.Func[*file](whether...)
	s["exports_index"] = record.Func[*file](index...)
}

func matches(re module.Matcher, name []byte) bool {
	_, ok := re.Match(name)
	return ok
}

func addImportFunctions(s record.Schema[*file]) {
	const integer, text, regexp = module.Int, module.String, module.Regexp
	s["imports"] = record.Func[*file](
		question(func(f *file, a args) bool { return f.importsNamed(importStandard, a) }, text, text),
		question(func(f *file, a args) bool { return f.importsOrdinal(importStandard, a) }, text, integer),
		always(func(f *file, a args) int64 { return f.standardImports().count(cut(a[0].Str)) }, text),
		always(func(f *file, a args) int64 { return f.standardImports().countMatching(a[0].Re, a[1].Re) }, regexp, regexp),
		question(func(f *file, a args) bool { return f.importsNamed(a[0].Int, a[1:]) }, integer, text, text),
		question(func(f *file, a args) bool { return f.importsOrdinal(a[0].Int, a[1:]) }, integer, text, integer),
		always(func(f *file, a args) (n int64) {
			for i := range f.flagged(a[0].Int) {
				n += i.count(cut(a[1].Str))
			}
			return n
		}, integer, text),
		always(func(f *file, a args) (n int64) {
			for i := range f.flagged(a[0].Int) {
				n += i.countMatching(a[1].Re, a[2].Re)
			}
			return n
		}, integer, regexp, regexp),
	)
	for name, of := range map[string]func(*file) imports{
		"import_rva":         (*file).standardImports,
		"delayed_import_rva": (*file).delayedImports,
	} {
		s[name] = record.Func[*file](
			perhaps(func(f *file, a args) (int64, bool) { return of(f).rva(a[0].Str, named(a[1].Str)) }, text, text),
			perhaps(func(f *file, a args) (int64, bool) { return of(f).rva(a[0].Str, numbered(a[1].Int)) }, text, integer),
		)
	}
}

// flagged yields the imports that the flags name.
func (f *file) flagged(flags int64) func(yield func(imports) bool) {
	return func(yield func(imports) bool) {
		if flags&importStandard != 0 && !yield(f.standardImports()) {
			return
		}
		if flags&importDelayed != 0 {
			yield(f.delayedImports())
		}
	}
}

func (f *file) importsNamed(flags int64, a args) bool {
	return f.importsWanted(flags, cut(a[0].Str), named(cut(a[1].Str)))
}

func (f *file) importsOrdinal(flags int64, a args) bool {
	return f.importsWanted(flags, cut(a[0].Str), numbered(a[1].Int))
}

func (f *file) importsWanted(flags int64, library []byte, wanted func(function) bool) bool {
	for i := range f.flagged(flags) {
		if _, ok := i.find(library, wanted); ok {
			return true
		}
	}
	return false
}

func named(name []byte) func(function) bool {
	return func(fn function) bool { return equalFold(fn.name, name) }
}

func numbered(ordinal int64) func(function) bool {
	return func(fn function) bool { return fn.byOrdinal && int64(fn.ordinal) == ordinal }
}

// rva gives the address that the loader overwrites with that of a function.
func (i imports) rva(library []byte, wanted func(function) bool) (int64, bool) {
	fn, ok := i.find(library, wanted)
	return int64(fn.rva), ok && fn.rva != 0
}

type args = []module.Value

// perhaps is a function that has no result for some files.
func perhaps(result func(*file, args) (int64, bool), kinds ...module.Kind) *module.Function {
	return builtin.Overload(module.Int, func(in *module.Input, _ module.Object, a args) module.Value {
		if f, ok := open(in); ok {
			if i, ok := result(f, a); ok {
				return module.IntValue(i)
			}
		}
		return module.Value{}
	}, kinds...)
}

// always is a function that has a result for every executable.
func always(result func(*file, args) int64, kinds ...module.Kind) *module.Function {
	return perhaps(func(f *file, a args) (int64, bool) { return result(f, a), true }, kinds...)
}

// question is a function whose result is 0 or 1.
func question(answer func(*file, args) bool, kinds ...module.Kind) *module.Function {
	return always(func(f *file, a args) int64 { return truth(answer(f, a)) }, kinds...)
}
