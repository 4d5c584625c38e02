// Package elf is the module that YARA calls "elf": the headers, sections,
// segments, dynamic entries and symbols of ELF files, of 32 and 64 bits and
// either byte order (System V ABI, chapters 4 and 5).
//
// Values are those of libyara 4.5. Nothing is read before a condition asks for
// it, and whatever the file claims, an answer takes time in the order of its size.
package elf

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "elf". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	fields := builtin.Plain(module.Int,
		"type", "machine", "entry_point",
		"number_of_sections", "sh_offset", "sh_entry_size",
		"number_of_segments", "ph_offset", "ph_entry_size",
		"dynamic_section_entries", "symtab_entries", "dynsym_entries")
	constants.Declare(fields)

	section := builtin.Plain(module.Int, "type", "flags", "address", "size", "offset")
	section["name"] = builtin.Of(module.String)
	fields["sections"] = builtin.StructArray(section)

	fields["segments"] = builtin.StructArray(builtin.Plain(module.Int,
		"type", "flags", "offset", "virtual_address", "physical_address",
		"file_size", "memory_size", "alignment"))
	fields["dynamic"] = builtin.StructArray(builtin.Plain(module.Int, "type", "val"))

	symbol := builtin.Plain(module.Int, "value", "size", "type", "bind", "shndx")
	symbol["name"] = builtin.Of(module.String)
	fields["symtab"] = builtin.StructArray(symbol)
	fields["dynsym"] = builtin.StructArray(symbol)

	fields["telfhash"] = builtin.Func(builtin.Overload(module.String, telfhash))
	fields["import_md5"] = builtin.Func(builtin.Overload(module.String, importMD5))
	return &Module{builtin.Struct(fields)}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "elf" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives the values for one file. They are kept in the Input's cache.
func (*Module) Open(in *module.Input) module.Object { return opened(in) }

func opened(in *module.Input) *object {
	o, ok := in.Cache["elf"].(*object)
	if !ok {
		o = &object{file: open(in.Data)}
		in.Cache["elf"] = o
	}
	return o
}

// object is the module as seen by the conditions of one scan. Its file is nil
// where the data are no ELF file.
type object struct {
	*file
	telfhash, importMD5 *module.Value // once computed
}

// Field gives a constant or a value of the file. Arrays are never undefined:
// they are empty where there is nothing to list.
func (o *object) Field(name string) module.Value {
	if v := constants.Field(name); v.Kind != module.Undefined {
		return v
	}
	switch name {
	case "sections", "segments", "dynamic", "symtab", "dynsym":
		if o.file == nil {
			return module.ListValue(builtin.Objects{})
		}
	}
	if o.file == nil {
		return module.Value{}
	}
	switch name {
	case "sections":
		return module.ListValue(builtin.Objects{N: o.sections, Elem: o.section})
	case "segments":
		return module.ListValue(builtin.Objects{N: o.segments, Elem: o.segment})
	case "dynamic", "dynamic_section_entries":
		return o.dynamicField(name)
	case "symtab", "symtab_entries", "dynsym", "dynsym_entries":
		return o.symbolField(name)
	}
	return o.headerField(name)
}
