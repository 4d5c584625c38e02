package sealed

import (
	"bytes"
	"slices"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	files := []File{
		{Name: "a/index.html", Data: []byte("<p>\r\n-- not a marker --\n")},
		{Name: "b.gif", Data: bytes.Repeat([]byte{0, 255, 'x'}, 100)},
		{Name: "empty", Data: []byte{}},
	}
	archive := Format("Two samples.\n", files)
	if bytes.Contains(archive, []byte("not a marker")) {
		t.Error("the archive shows what it holds")
	}
	got, err := Parse(archive)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, files, func(a, b File) bool { return a.Name == b.Name && bytes.Equal(a.Data, b.Data) }) {
		t.Errorf("Parse(Format(files)) = %q", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, archive := range []string{
		"-- ../up --\nAAAA\n", "-- /etc/x --\n", "-- . --\n", "-- a --\n!!!!\n", "-- a --\nAAA\n",
	} {
		if files, err := Parse([]byte(archive)); err == nil {
			t.Errorf("Parse(%q) = %v", archive, files)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("note\n-- a --\nAAAA\n-- b/c --\n"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		files, err := Parse(archive)
		if err != nil {
			return
		}
		again, err := Parse(Format("", files))
		if err != nil || len(again) != len(files) {
			t.Errorf("%d files, written and read again: %d, %v", len(files), len(again), err)
		}
	})
}
