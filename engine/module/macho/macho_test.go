package macho

import (
	"fmt"
	"maps"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

// TestAgainstYara compares all values with those of yara, for whole and
// damaged files.
func TestAgainstYara(t *testing.T) {
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(samples())) {
		data := samples()[name]
		variants := map[string][]byte{"": data, "-short": data[:len(data)-100], "-header": data[:40]}
		for _, at := range []int{0, 3, 7, 16, 19, 28, 31, 32, 35, 36, 39, 84, 87, 88, 99, 103} {
			changed := slices.Clone(data)
			changed[at] ^= 2
			variants[fmt.Sprintf("-%d", at)] = changed
		}
		for variant, data := range variants {
			t.Run(name+variant, func(t *testing.T) {
				path := filepath.Join(dir, name+variant)
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				in, _ := moduletest.Input(data)
				got := moduletest.Dump(t, New(), in)
				want := moduletest.YaraDump(t, "macho", path)
				if moduletest.YaraBefore(t, 4, 5) {
					swapMagic(want)
				}
				moduletest.Compare(t, got, want)
			})
		}
	}
}

// swapMagic makes of the magic numbers that yara told before version 4.5,
// which were in the order of the machine, those that it tells since.
func swapMagic(lines []string) {
	for i, line := range lines {
		path, value, _ := strings.Cut(line, " = ")
		if !strings.HasSuffix(path, ".magic") {
			continue
		}
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			lines[i] = fmt.Sprintf("%s = %d", path, bits.ReverseBytes32(uint32(n)))
		}
	}
}

func TestEntryPoint(t *testing.T) {
	for name, want := range map[string]int64{
		"x86": 0x10, "arm": 0x20, "powerpc": 0x30, "sparc": 4, "m68k": 8, "m88k": 12,
		"x86-64": 0x40, "arm64": 0x50, "powerpc64": 0x60, "main": 0x444, "main-big": 0x444,
		"outside": -1, "unknown": -1, "universal": -1,
	} {
		in, _ := moduletest.Input(samples()[name])
		got := int64(-1)
		if v := New().Open(in).Field("entry_point"); v.Kind == module.Int {
			got = v.Int
		}
		if got != want {
			t.Errorf("%s: %#x, want %#x", name, got, want)
		}
	}
}

func TestUniversalFunctions(t *testing.T) {
	data := samples()["universal"]
	in, _ := moduletest.Input(data)
	m := New()
	offset := func(i int) int64 { return int64(opened(in).fat.arch(i).offset) }
	for _, c := range []struct {
		function string
		args     []int64
		want     int64 // -1 undefined
	}{
		{"file_index_for_arch", []int64{7}, 0},
		{"file_index_for_arch", []int64{0x1000007}, 1},
		{"file_index_for_arch", []int64{0x1000007, 3}, 1},
		{"file_index_for_arch", []int64{18}, 5},
		{"file_index_for_arch", []int64{99}, -1},
		{"file_index_for_arch", []int64{7, 4}, -1},
		{"entry_point_for_arch", []int64{7}, offset(0) + 0x10},
		{"entry_point_for_arch", []int64{0x1000007, 3}, offset(1) + 0x40},
		{"entry_point_for_arch", []int64{18, 0}, offset(5) + 0x30},
		{"entry_point_for_arch", []int64{99}, -1},
		{"entry_point_for_arch", []int64{5}, -1},
	} {
		var args []module.Value
		for _, a := range c.args {
			args = append(args, module.IntValue(a))
		}
		got := int64(-1)
		if v := moduletest.Call(t, m, in, c.function, args...); v.Kind == module.Int {
			got = v.Int
		}
		if got != c.want {
			t.Errorf("%s%v = %d, want %d", c.function, c.args, got, c.want)
		}
	}
}

// TestOverlappingFiles holds that thousands of entries that name the same file
// of thousands of commands take no more time than the size of the data allows.
func TestOverlappingFiles(t *testing.T) {
	data := []byte{0xca, 0xfe, 0xba, 0xbe, 0, 1, 0x86, 0xa0} // 100000 entries
	const start, size = 8 + 100000*20, 4 << 20
	for range 100000 {
		for _, v := range []uint32{7, 3, start, size, 0} {
			data = be.AppendUint32(data, v)
		}
	}
	data = append(data, 0xfe, 0xed, 0xfa, 0xce, 0, 0, 0, 18)
	data = append(data, []byte(strings.Repeat("\x00\x0f\xff\xff", 5))...)
	data = append(data, []byte(strings.Repeat("\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x05\x00\x00\x00\x08", size/16))...)
	begin := time.Now()
	in, _ := moduletest.Input(data)
	o := New().Open(in)
	files := o.Field("file").List
	for i := range files.Len() {
		files.At(i).Obj.Field("entry_point")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if left := *opened(in).fat.work; left > 0 {
		t.Errorf("%d steps were left: the data are no test", left)
	}
}

func TestOtherFormats(t *testing.T) {
	for _, data := range []string{"", "MZ", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbe\xff\xff\xff\xff", "\xcf\xfa\xed\xfe", "\x7fELF"} {
		in, _ := moduletest.Input([]byte(data))
		o := New().Open(in)
		if v := o.Field("cputype"); v.Kind != module.Undefined {
			t.Errorf("%q has cputype %d", data, v.Int)
		}
		for _, name := range []string{"segments", "file", "fat_arch"} {
			if v := o.Field(name); v.Kind != module.Array || v.List.Len() != 0 {
				t.Errorf("%q: %s = %v", data, name, v)
			}
		}
		if v := o.Field("CPU_TYPE_ARM64"); v.Int != 0x100000c {
			t.Errorf("CPU_TYPE_ARM64 = %d", v.Int)
		}
	}
}

// FuzzOpen goes through every field and function.
func FuzzOpen(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	m := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		in, _ := moduletest.Input(data)
		moduletest.Dump(t, m, in)
		for _, name := range []string{"file_index_for_arch", "entry_point_for_arch"} {
			moduletest.Call(t, m, in, name, module.IntValue(7))
			moduletest.Call(t, m, in, name, module.IntValue(7), module.IntValue(3))
		}
	})
}
