package document

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
)

func TestFields(t *testing.T) {
	for _, text := range []string{
		"zone: UTC\nlist: [a, b]\n",
		"{\"zone\": \"UTC\",\n\"list\": [\"a\", \"b\"]}",
	} {
		root, err := Parse("x", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		fields, err := root.Fields("zone", "list", "more")
		if err != nil {
			t.Fatal(err)
		}
		zone, err := fields["zone"].Text()
		if err != nil || zone != "UTC" {
			t.Errorf("zone %q, %v", zone, err)
		}
		list, err := fields["list"].Texts()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b"}, list); diff != "" {
			t.Error(diff)
		}
		if more := fields["more"]; more.Found() || more.Line() != 0 || more.Items() != nil {
			t.Errorf("a field that is not there: %v", more)
		}
		if fields["list"].Line() != 2 {
			t.Errorf("list is in line %d", fields["list"].Line())
		}
	}
}

// TestErrors holds that every error says where, what, and what to do.
func TestErrors(t *testing.T) {
	read := func(text string) error {
		root, err := Parse("desk.yaml", []byte(text))
		if err != nil {
			return err
		}
		fields, err := root.Fields("zone", "hours")
		if err != nil {
			return err
		}
		_, err = fields["zone"].Texts()
		return err
	}
	for _, tt := range []struct{ text, want string }{
		{"", "desk.yaml: empty"},
		{"# only a comment\n", "desk.yaml: empty"},
		{"zone: UTC\nzones: UTC\n", `desk.yaml, line 2: "zones" is not known`},
		{"zone: UTC\nhours: 1\nzone: UTC\n", `desk.yaml, line 3: "zone" stands in line 1 already`},
		{"- a\n", "desk.yaml, line 1: names with values"},
		{"zone:\n  - a: b\n", "desk.yaml, line 2: one value is expected"},
		{"zone: &a x\nhours: *a\n", "desk.yaml, line 1: anchors"},
		{"zone: x\n---\nzone: y\n", "desk.yaml: more than one document"},
		{"zone: x\n\thours: y\n", "desk.yaml: line 2"},
		{"zone: " + strings.Repeat("[", 20) + strings.Repeat("]", 20), "desk.yaml, line 1: nested deeper"},
		{strings.Repeat("#", MaxBytes+1), "desk.yaml: larger than 256 KiB"},
	} {
		err := read(tt.text)
		if !errors.Is(err, candor.ErrInvalid) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.40q: %v, want %s", tt.text, err, tt.want)
		} else if candor.Hint(err) == "" {
			t.Errorf("%.40q: no hint with %v", tt.text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: b\nc: [d, {e: f}]\n"))
	f.Add([]byte(`{"a": [1, 2, null]}`))
	f.Add([]byte("? [a]\n: &x b\n"))
	f.Add([]byte("? [a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := Parse("x", text)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatalf("kind of %v", err)
			}
			return
		}
		walk(root)
	})
}

// walk reads all that can be read.
func walk(n Node) {
	pairs, err := n.Pairs()
	for _, p := range pairs {
		walk(p.Value)
	}
	if err == nil {
		return
	}
	for _, item := range n.Items() {
		if _, err := item.Text(); err != nil && item != n {
			walk(item)
		}
	}
}
