package yara

import (
	"reflect"
	"testing"
)

// clearPos zeroes every Pos that can be reached from v, so that trees can be
// compared without their places.
func clearPos(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			clearPos(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clearPos(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Pos]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			switch v.Field(i).Kind() {
			case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Struct:
				if v.Type().Field(i).Name != "Node" && v.Type().Field(i).Name != "Value" {
					clearPos(v.Field(i))
				}
			}
		}
	}
}

// equalFiles compares two files without positions and reports the first rule
// that differs.
func equalFiles(t *testing.T, got, want *File) {
	t.Helper()
	clearPos(reflect.ValueOf(got))
	clearPos(reflect.ValueOf(want))
	if !reflect.DeepEqual(got.Imports, want.Imports) {
		t.Errorf("imports differ: %v, want %v", got.Imports, want.Imports)
	}
	if len(got.Rules) != len(want.Rules) {
		t.Fatalf("%d rules, want %d", len(got.Rules), len(want.Rules))
	}
	for i := range got.Rules {
		if !reflect.DeepEqual(got.Rules[i], want.Rules[i]) {
			t.Errorf("rule differs:\n%s\nwant\n%s", Format(&File{Rules: got.Rules[i : i+1]}), Format(&File{Rules: want.Rules[i : i+1]}))
			return
		}
	}
}

func roundTrip(t *testing.T, f *File) {
	t.Helper()
	src := Format(f)
	again, problems := Parse("formatted", src, Options{})
	for _, p := range problems {
		t.Fatalf("%v\n%s", p, src)
	}
	equalFiles(t, again, f)
}

func TestFormatRoundTripDefinitions(t *testing.T) {
	for path, src := range definitions(t) {
		f, _ := Parse(path, src, Options{Include: include})
		roundTrip(t, f)
	}
}
