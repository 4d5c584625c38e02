// Package macho is the module that YARA calls "macho": the header, segments,
// sections and entry point of Mach-O files, and of each file in a universal
// binary (Apple, "OS X ABI Mach-O File Format Reference").
//
// Values are those of libyara 4.5: unlike before 4.5, magic is read as
// big-endian, so that a little-endian file has the magic MH_CIGAM_64.
package macho

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "macho". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	fields := fileType()
	constants.Declare(fields)
	fields["fat_magic"] = builtin.Of(module.Int)
	fields["nfat_arch"] = builtin.Of(module.Int)
	fields["fat_arch"] = builtin.StructArray(builtin.Plain(module.Int,
		"cputype", "cpusubtype", "offset", "size", "align"))
	fields["file"] = builtin.StructArray(fileType())
	const i = module.Int
	fields["file_index_for_arch"] = builtin.Func(
		builtin.Overload(i, fileIndex, i), builtin.Overload(i, fileIndex, i, i))
	fields["entry_point_for_arch"] = builtin.Func(
		builtin.Overload(i, entryPoint, i), builtin.Overload(i, entryPoint, i, i))
	return &Module{builtin.Struct(fields)}
}

// fileType gives what is declared of a single file.
func fileType() map[string]*module.Type {
	section := builtin.Plain(module.Int, "addr", "size", "offset", "align", "reloff", "nreloc",
		"flags", "reserved1", "reserved2", "reserved3")
	section["sectname"] = builtin.Of(module.String)
	section["segname"] = builtin.Of(module.String)

	segment := builtin.Plain(module.Int, "vmaddr", "vmsize", "fileoff", "fsize",
		"maxprot", "initprot", "nsects", "flags")
	segment["segname"] = builtin.Of(module.String)
	segment["sections"] = builtin.StructArray(section)

	fields := builtin.Plain(module.Int, "magic", "cputype", "cpusubtype", "filetype", "ncmds",
		"sizeofcmds", "flags", "reserved", "number_of_segments", "entry_point", "stack_size")
	fields["segments"] = builtin.StructArray(segment)
	return fields
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "macho" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives the values for one file. They are kept in the Input's cache.
func (*Module) Open(in *module.Input) module.Object { return opened(in) }

func opened(in *module.Input) *object {
	o, ok := in.Cache["macho"].(*object)
	if !ok {
		o = open(in.Data)
		in.Cache["macho"] = o
	}
	return o
}

// object is the module as seen by the conditions of one scan: a single file,
// a universal binary, or neither.
type object struct {
	single *file
	fat    *universal
}

// open looks at the first four bytes only for which of them the data are.
func open(data []byte) *object {
	if len(data) < 4 {
		return &object{}
	}
	switch magic := be.Uint32(data); magic {
	case magic32, cigam32, magic64, cigam64:
		return &object{single: openFile(data, allowance(data))}
	case fatMagic32, fatCigam32, fatMagic64, fatCigam64:
		return &object{fat: openUniversal(data, magic == fatMagic32)}
	}
	return &object{}
}

// Field gives a constant or a value of the file. Arrays are never undefined:
// they are empty where there is nothing to list.
func (o *object) Field(name string) module.Value {
	if v := constants.Field(name); v.Kind != module.Undefined {
		return v
	}
	switch name {
	case "fat_magic", "nfat_arch", "fat_arch", "file":
		return o.fat.field(name)
	}
	return o.single.Field(name)
}

// fileIndex gives the index of the file in a universal binary for a CPU type,
// and subtype if there is a second argument, as the files' own headers say.
func fileIndex(in *module.Input, recv module.Object, args []module.Value) module.Value {
	o := objectOf(in, recv)
	if o.fat == nil {
		return module.Value{}
	}
	for i := range o.fat.files {
		if f := o.fat.file(i); f != nil && matches(args, f.u32(4), f.u32(8)) {
			return module.IntValue(int64(i))
		}
	}
	return module.Value{}
}

// entryPoint gives the offset in a universal binary of the entry point of the
// file for a CPU type, and subtype if there is a second argument, as the
// universal header says.
func entryPoint(in *module.Input, recv module.Object, args []module.Value) module.Value {
	o := objectOf(in, recv)
	if o.fat == nil {
		return module.Value{}
	}
	for i := range o.fat.archs {
		a := o.fat.arch(i)
		if !matches(args, a.cpuType, a.cpuSubtype) {
			continue
		}
		entry := o.fat.file(i).Field("entry_point")
		if entry.Kind != module.Undefined {
			entry.Int += int64(a.offset)
		}
		return entry
	}
	return module.Value{}
}

func matches(args []module.Value, cpuType, cpuSubtype uint32) bool {
	return args[0].Int == int64(cpuType) && (len(args) == 1 || args[1].Int == int64(cpuSubtype))
}

func objectOf(in *module.Input, recv module.Object) *object {
	if o, ok := recv.(*object); ok {
		return o
	}
	return opened(in)
}
