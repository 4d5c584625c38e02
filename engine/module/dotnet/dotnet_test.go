package dotnet

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
	"candor/engine/module/pe/petest"
)

// since45 matches the members that YARA has, or gives other values, only since
// 4.5: before, blobs lacked their last byte, resources in other files did not
// count, and there were no classes.
var since45 = regexp.MustCompile(`^dotnet\.(classes|number_of_classes|constants|number_of_constants|resources|number_of_resources|assembly_refs\[\d+\]\.public_key_or_token)`)

func comparable(t *testing.T, lines []string) []string {
	if !moduletest.YaraBefore(t, 4, 5) {
		return lines
	}
	return slices.DeleteFunc(lines, since45.MatchString)
}

// programs gives assemblies of both widths, and spoiled ones.
func programs() map[string][]byte {
	all := map[string][]byte{"32-bit": program(false), "64-bit": program(true), "native": petest.Program(true)}
	edit := func(name string, change func(b []byte) []byte) { all[name] = change(program(false)) }
	edit("cut", func(b []byte) []byte { return b[:len(b)-0x280] })
	edit("no magic", func(b []byte) []byte { return bytes.Replace(b, []byte("BSJB"), []byte("BSJX"), 1) })
	edit("no strings", func(b []byte) []byte { return bytes.Replace(b, []byte("#Strings"), []byte("#strings"), 1) })
	edit("no user strings", func(b []byte) []byte { return bytes.Replace(b, []byte("#US"), []byte("#us"), 1) })
	edit("unknown version", func(b []byte) []byte { return bytes.Replace(b, []byte("v4.0.30319"), make([]byte, 10), 1) })
	return all
}

func TestValuesAreThoseOfYara(t *testing.T) {
	for name, data := range programs() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sample")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			in, _ := moduletest.Input(data)
			got := moduletest.Dump(t, New(), in)
			moduletest.Compare(t, comparable(t, got), comparable(t, moduletest.YaraDump(t, "dotnet", file)))
		})
	}
}

// TestClasses pins, without a program to compare with, what the yara programs
// of distributions are too old for.
func TestClasses(t *testing.T) {
	in, _ := moduletest.Input(program(false))
	dump := moduletest.Dump(t, New(), in)
	for _, want := range []string{
		`number_of_classes = 4`,
		`classes[0].fullname = "App.Outer"`,
		`classes[0].generic_parameters[0] = "T"`,
		`classes[0].base_types[0] = "System.List"`,
		`classes[0].base_types[1] = "IThing"`,
		`classes[0].sealed = 1`,
		`classes[0].methods[0].name = "Run"`,
		`classes[0].methods[0].visibility = "public"`,
		`classes[0].methods[0].static = 1`,
		`classes[0].methods[0].generic_parameters[0] = "U"`,
		`classes[0].methods[0].parameters[0].type = "System.List<T>"`,
		`classes[0].methods[0].parameters[0].name = "first"`,
		`classes[0].methods[0].parameters[1].type = "U[]"`,
		`classes[0].number_of_methods = 2`,
		`classes[1].fullname = "App.Outer.Inner"`,
		`classes[1].base_types[0] = "System.List<string,object>"`,
		`classes[1].methods[0].parameters[0].name = "P_0"`,
		`classes[1].methods[0].parameters[0].type = "int[5,-1...]"`,
		`classes[2].type = "interface"`,
		`classes[2].methods[0].parameters[0].type = "ref Ptr<int>"`,
		`classes[2].methods[0].parameters[1].type = "FnPtr<void(string)>"`,
		`classes[3].fullname = "App.Outer.Inner.Deep"`,
		`classes[3].visibility = "internal"`,
		`classes[3].number_of_methods = 2`,
		`classes[3].methods[1].parameters[0].type = "App.Outer.Inner"`,
		`constants[0] = "c\x00o\x00n\x00s\x00t\x00a\x00n\x00t\x00"`,
		`assembly_refs[0].public_key_or_token = "\xb7z\V\x194\xe0\x89"`,
		`typelib = "01234567-89ab-cdef-0123-456789abcdef"`,
	} {
		if _, found := slices.BinarySearch(dump, "dotnet."+want); !found {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{"classes[0].methods[1].return_type", "classes[3].methods[0].number_of_parameters"} {
		if slices.ContainsFunc(dump, func(line string) bool { return strings.HasPrefix(line, "dotnet."+not+" ") }) {
			t.Errorf("%s is defined", not)
		}
	}
}

// TestSelfReference reads signatures that refer to themselves without end.
func TestSelfReference(t *testing.T) {
	// The type specification becomes a generic type with itself as arguments.
	data := bytes.Replace(program(false), []byte{0x15, 0x12, 9, 2, 0x0e, 0x1c}, []byte{0x15, 0x12, 6, 2, 0x12, 6}, 1)
	in, _ := moduletest.Input(data)
	if v := New().Open(in).Field("number_of_classes"); v.Int != 4 {
		t.Errorf("number_of_classes = %v", v)
	}
}

func TestOtherFiles(t *testing.T) {
	for _, data := range []string{"", "MZ", "plain text"} {
		in, _ := moduletest.Input([]byte(data))
		o := New().Open(in)
		if v := o.Field("is_dotnet"); v.Kind != module.Undefined {
			t.Errorf("%q: is_dotnet = %v", data, v)
		}
		if v := o.Field("classes"); v.Kind != module.Array || v.List.Len() != 0 {
			t.Errorf("%q: classes = %v", data, v)
		}
	}
}

func FuzzModule(f *testing.F) {
	for _, data := range programs() {
		f.Add(data)
	}
	m := New()
	f.Fuzz(func(t *testing.T, data []byte) { petest.Touch(t, m, data) })
}
