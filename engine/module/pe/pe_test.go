package pe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
	"candor/engine/module/pe/petest"
)

// since45 are the members that YARA has, or gives other values, only since
// 4.5: before, functions of a library were numbered on from those of the
// library before, names were not checked, and signatures were not verified.
// Addresses outside of the file had the offset -1.
var since45 = []string{
	"pe.import_details[", "pe.number_of_imports", "pe.number_of_imported_functions", "pe.is_signed", "pe.signatures[", "pe.rich_signature.version_data",
	"pe.delayed_import_details[", "pe.IMPORT_ANY", "pe.number_of_signatures",
}

// comparable drops the lines of a dump that the installed yara program is too
// old for.
func comparable(t *testing.T, lines []string) []string {
	if !moduletest.YaraBefore(t, 4, 5) {
		return lines
	}
	return slices.DeleteFunc(lines, func(line string) bool {
		path, _, _ := strings.Cut(line, " = ")
		exported := strings.HasPrefix(path, "pe.export_details[")
		return exported && (strings.HasSuffix(path, "].rva") || strings.HasSuffix(path, "].offset")) ||
			slices.ContainsFunc(since45, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
	})
}

// compare compares all values of a file with those that yara has.
func compare(t *testing.T, data []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sample")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	in, _ := moduletest.Input(data)
	moduletest.Compare(t, comparable(t, moduletest.Dump(t, New(), in)), comparable(t, moduletest.YaraDump(t, "pe", file)))
}

// programs gives executables of both widths, and spoiled ones.
func programs() map[string][]byte {
	all := map[string][]byte{"32-bit": petest.Program(false), "64-bit": petest.Program(true)}
	edit := func(name string, change func(b []byte) []byte) {
		all[name] = change(petest.Program(false))
	}
	edit("headers only", func(b []byte) []byte { return b[:0x400] })
	edit("cut in the optional header", func(b []byte) []byte { return b[:0x180] })
	edit("cut in the resources", func(b []byte) []byte { return b[:len(b)-0x300] })
	edit("no PE", func(b []byte) []byte { b[0x100] = 'X'; return b })
	edit("sections past the end", func(b []byte) []byte { b[0x106] = 200; return b })
	edit("no section alignment", func(b []byte) []byte { b[0x118+32], b[0x118+33] = 0, 0; return b })
	edit("symbol table", func(b []byte) []byte { // of which "/4" is a name
		at := uint32(len(b))
		copy(b[0x10c:], petest.Words(at, 1))
		return append(b, append(make([]byte, 18+4), ".long_section\x00"...)...)
	})
	return all
}

func TestValuesAreThoseOfYara(t *testing.T) {
	for name, data := range programs() {
		t.Run(name, func(t *testing.T) { compare(t, data) })
	}
}

func TestFunctionsAnswerAsYara(t *testing.T) {
	if moduletest.YaraBefore(t, 4, 2) {
		if os.Getenv("CI") == "true" {
			t.Fatal("this yara is too old: it has no console to answer on")
		}
		t.Skip("this yara has no console to answer on")
	}
	questions := []moduletest.Question{
		moduletest.Ask("imphash"), moduletest.Ask("calculate_checksum"),
		moduletest.Ask("is_dll"), moduletest.Ask("is_32bit"), moduletest.Ask("is_64bit"),
		moduletest.Ask("section_index", ".rsrc"), moduletest.Ask("section_index", "UPX"), moduletest.Ask("section_index", "none"),
		moduletest.Ask("section_index", 0x400), moduletest.Ask("section_index", 1<<30),
		moduletest.Ask("rva_to_offset", 0x2004), moduletest.Ask("rva_to_offset", 0x10), moduletest.Ask("rva_to_offset", 0x999999),
		moduletest.Ask("exports", "ALPHA"), moduletest.Ask("exports", "gamma"), moduletest.Ask("exports", 3),
		moduletest.Ask("exports", 8), moduletest.Ask("exports_index", "beta"), moduletest.Ask("exports_index", "none"),
		moduletest.Ask("imports", "kernel32.DLL"), moduletest.Ask("imports", "kernel32.dll", "createfilew"),
		moduletest.Ask("imports", "kernel32.dll", "None"), moduletest.Ask("imports", "WS2_32.dll", 23),
		moduletest.Ask("imports", "ws2_32.dll", "accept"), moduletest.Ask("imports", "ws2_32.dll", 24),
		moduletest.Ask("imports", 1, "shell32.dll", "ShellExecuteW"), moduletest.Ask("imports", 2, "shell32.dll", "ShellExecuteW"),
		moduletest.Ask("imports", 3, "shell32.dll", 42), moduletest.Ask("imports", 2, "shell32.dll"),
		moduletest.Ask("locale", 0x409), moduletest.Ask("locale", 0x407), moduletest.Ask("language", 4),
	}
	if !moduletest.YaraBefore(t, 4, 5) {
		questions = append(questions,
			moduletest.Ask("import_rva", "kernel32.dll", "writefile"), moduletest.Ask("import_rva", "ws2_32.dll", 23),
			moduletest.Ask("delayed_import_rva", "shell32.dll", 42), moduletest.Ask("import_rva", "none.dll", "x"))
	}
	for name, data := range programs() {
		if moduletest.YaraBefore(t, 4, 5) {
			// Function names were not checked then.
			data = []byte(strings.ReplaceAll(string(data), "bad name", "GoodName"))
		}
		t.Run(name, func(t *testing.T) { moduletest.CompareAnswers(t, New(), data, questions) })
	}
}

// field gives the value at a path of members and elements.
func field(t *testing.T, o module.Object, path ...any) module.Value {
	t.Helper()
	v := module.ObjectValue(o)
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.Obj.Field(p)
		case int:
			if p >= v.List.Len() {
				t.Fatalf("%v: %d elements", path, v.List.Len())
			}
			v = v.List.At(p)
		}
	}
	return v
}

// TestSince45 pins, without a program to compare with, what the yara programs
// of distributions are too old for.
func TestSince45(t *testing.T) {
	in, _ := moduletest.Input(petest.Program(true))
	o := New().Open(in)
	for _, c := range []struct {
		want string
		path []any
	}{
		{"KERNEL32.dll", []any{"import_details", 0, "library_name"}},
		{"3", []any{"import_details", 0, "number_of_functions"}},
		{"WriteFile", []any{"import_details", 0, "functions", 2, "name"}},
		{"socket", []any{"import_details", 1, "functions", 1, "name"}},
		{"ord9999", []any{"import_details", 1, "functions", 2, "name"}},
		{"SysAllocString", []any{"import_details", 2, "functions", 0, "name"}},
		{"undefined", []any{"import_details", 0, "functions", 0, "ordinal"}},
		{"10", []any{"number_of_imported_functions"}},
		{"42", []any{"delayed_import_details", 0, "functions", 1, "ordinal"}},
		{`y!\xea\x00\x14k\x01\x01\x00\x00\x01\x00`, []any{"rich_signature", "version_data"}},
		{"4096", []any{"export_details", 0, "rva"}},
		{"0", []any{"is_signed"}},
	} {
		if got := moduletest.Answer(field(t, o, c.path...)); got != c.want {
			t.Errorf("%v = %s, want %s", c.path, got, c.want)
		}
	}
}

func TestRichSignatureFunctions(t *testing.T) {
	in, _ := moduletest.Input(petest.Program(false))
	rich := New().Type().Fields["rich_signature"]
	o := New().Open(in).Field("rich_signature").Obj
	for _, c := range []struct {
		name string
		args []int64
		want int64
	}{
		{"version", []int64{0x2179}, 9},
		{"toolid", []int64{0xea}, 9},
		{"version", []int64{0x6b14, 0x101}, 3},
		{"toolid", []int64{0x101, 0x6b14}, 3},
		{"toolid", []int64{0x101, 1}, 0},
	} {
		for _, f := range rich.Fields[c.name].Funcs {
			if len(f.Args) != len(c.args) {
				continue
			}
			var args []module.Value
			for _, a := range c.args {
				args = append(args, module.IntValue(a))
			}
			if v := f.Call(in, o, args); v.Int != c.want || v.Kind != module.Int {
				t.Errorf("%s%v = %v, want %d", c.name, c.args, v.Int, c.want)
			}
		}
	}
}

// TestOtherFiles checks that arrays and structures are there, and empty, in
// files that are no executables.
func TestOtherFiles(t *testing.T) {
	m := New()
	for _, data := range []string{"", "MZ", "plain text"} {
		in, _ := moduletest.Input([]byte(data))
		o := m.Open(in)
		if v := o.Field("is_pe"); v.Kind != module.Int || v.Int != 0 {
			t.Errorf("%q: is_pe = %v", data, v)
		}
		if v := o.Field("machine"); v.Kind != module.Undefined {
			t.Errorf("%q: machine = %v", data, v)
		}
		if v := o.Field("MACHINE_AMD64"); v.Int != 0x8664 {
			t.Errorf("%q: MACHINE_AMD64 = %v", data, v)
		}
		if v := o.Field("sections"); v.Kind != module.Array || v.List.Len() != 0 {
			t.Errorf("%q: sections = %v", data, v)
		}
		petest.Touch(t, m, []byte(data))
	}
}

func FuzzModule(f *testing.F) {
	for _, data := range programs() {
		f.Add(data)
	}
	m := New()
	f.Fuzz(func(t *testing.T, data []byte) { petest.Touch(t, m, data) })
}

func BenchmarkHeader(b *testing.B) {
	data := petest.Program(true)
	m := New()
	for b.Loop() {
		in, _ := moduletest.Input(data)
		if m.Open(in).Field("number_of_sections").Int != 5 {
			b.Fatal("sections")
		}
	}
}
