package terms

import (
	"slices"
	"sync"
	"testing"

	"candor/internal/phrase"
)

var loaded = sync.OnceValues(phrase.Load)

func texts(t testing.TB) *phrase.Catalogue {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func libraryDocument(t testing.TB, name string) *Document {
	t.Helper()
	data, err := Source(name)
	if err != nil {
		t.Fatal(err)
	}
	d, problems := Decode(data)
	if d == nil {
		t.Fatalf("%s: %v", name, problems)
	}
	return d
}

// TestLibrary checks the documents of the library: nothing is wrong with them
// but that their contact is an example.
func TestLibrary(t *testing.T) {
	c := texts(t)
	if len(Library()) == 0 {
		t.Fatal("the library is empty")
	}
	for _, name := range Library() {
		data, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		d, problems := Check(data)
		for _, p := range problems {
			if p.Code == "example" {
				continue
			}
			what, do := p.In(c.For("en"))
			t.Errorf("%s:%d: %s %s: %s %s", name, p.Line, p.Severity, p.Pointer, what, do)
		}
		if d != nil && d.ID != name {
			t.Errorf("%s: the document is called %s", name, d.ID)
		}
		if d != nil && !slices.Equal(slices.Sorted(slices.Values(d.Languages)), slices.Sorted(slices.Values(c.Languages()))) {
			t.Errorf("%s is there in %v only", name, d.Languages)
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}

// TestMeasures holds that each measure of X.1207 11.2 and all else that belongs
// into terms is carried by the library, for everybody.
func TestMeasures(t *testing.T) {
	var docs []*Document
	for _, name := range Library() {
		docs = append(docs, libraryDocument(t, name))
	}
	for _, row := range Cover(docs).Rows {
		if row.Expected && row.State == Missing {
			t.Errorf("%s: %s", row.Requirement, row.State)
		}
	}
	hosting := Cover([]*Document{libraryDocument(t, "hosting-terms")})
	for _, row := range hosting.Rows {
		if row.Requirement[0] == '2' && row.State != Covered {
			t.Errorf("hosting terms alone: %s: %s", row.Requirement, row.State)
		}
	}
}
