// Package taxiitest has the tests that every store of TAXII must pass, alone and
// below the server.
package taxiitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
)

// Grant is what collections a principal has, as memory.Grant.
type Grant = func(principal, root string) ([]taxii.Collection, error)

// New makes a store with these collections that holds no objects.
type New = func(t *testing.T, grant Grant, now func() time.Time) taxii.Store

// Names of what the tests use.
const (
	root      = "trusted"
	shared    = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
	readOnly  = "52892447-4d7e-4f70-b94d-d7f22742ff63"
	writeOnly = "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4"
	listed    = "64993447-4d7e-4f70-b94d-d7f33742ee63" // neither to read nor to write
)

func grants(principal, name string) ([]taxii.Collection, error) {
	if principal != "alice" && principal != "bob" || name != root {
		return nil, fmt.Errorf("root %s: %w", name, candor.ErrNotFound)
	}
	return []taxii.Collection{
		{ID: writeOnly, Title: "C in-box", CanWrite: true, Audience: tlp.Community},
		{ID: shared, Title: "A shared", Alias: "shared", CanRead: true, CanWrite: true, Audience: tlp.Community},
		{ID: readOnly, Title: "B to read", CanRead: true, Audience: tlp.Public},
		{ID: listed, Title: "D listed", Audience: tlp.Community},
	}, nil
}

// clock goes on by a second each time it is looked at.
func clock() func() time.Time {
	t := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { t = t.Add(time.Second); return t }
}

// object makes an indicator of a version.
func object(n int, spec string, modified string) taxii.Object {
	id := fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", n)
	raw := fmt.Sprintf(`{"type":"indicator","id":%q,"spec_version":%q,"created":"2020-01-01T00:00:00.000Z","modified":%q,"object_marking_refs":[%q]}`, id, spec, modified, tlp.Clear.STIX().ID)
	o, err := taxii.ParseObject(json.RawMessage(raw))
	if err != nil {
		panic(err) // the test is wrong
	}
	return o
}

// Store tests a store.
func Store(t *testing.T, make New) {
	t.Run("collections", func(t *testing.T) {
		s := make(t, grants, clock())
		got, err := s.Collections(t.Context(), "alice", root)
		if err != nil || len(got) != 4 || got[0].Title != "A shared" || got[3].Title != "D listed" {
			t.Errorf("%+v, %v", got, err)
		}
		for _, x := range [][2]string{{"mallory", root}, {"alice", "other"}} {
			if _, err := s.Collections(t.Context(), x[0], x[1]); !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("%v: %v", x, err)
			}
		}
	})
	t.Run("pages", func(t *testing.T) { pages(t, make(t, grants, clock())) })
	t.Run("again", func(t *testing.T) { again(t, make(t, grants, clock())) })
	t.Run("delete", func(t *testing.T) { deletes(t, make(t, grants, clock())) })
	t.Run("filter", func(t *testing.T) { filters(t, make(t, grants, clock())) })
	t.Run("status", func(t *testing.T) {
		s := make(t, grants, clock())
		want, err := s.Add(t.Context(), "alice", root, shared, []taxii.Object{object(1, "2.1", "2020-01-01T00:00:00.000Z")}, []taxii.Detail{{ID: "x", Message: "no"}})
		if err != nil || want.Total != 2 || want.SuccessCount != 1 || want.FailureCount != 1 || want.Status != "complete" {
			t.Fatalf("%+v, %v", want, err)
		}
		if got, err := s.Status(t.Context(), "alice", root, want.ID); err != nil || cmp.Diff(want, got) != "" {
			t.Error(err, cmp.Diff(want, got))
		}
		for _, x := range [][3]string{{"bob", root, want.ID}, {"alice", "other", want.ID}, {"alice", root, "none"}} {
			if _, err := s.Status(t.Context(), x[0], x[1], x[2]); !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("%v: %v", x, err)
			}
		}
	})
}

func add(t *testing.T, s taxii.Store, objects ...taxii.Object) {
	t.Helper()
	st, err := s.Add(t.Context(), "alice", root, shared, objects, nil)
	if err != nil || st.SuccessCount != len(objects) {
		t.Fatal(st, err)
	}
}

func found(t *testing.T, s taxii.Store, f taxii.Filter) []taxii.Entry {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = 1000
	}
	p, err := s.Objects(t.Context(), root, shared, f, "")
	if err != nil || p.Next != "" {
		t.Fatal(p.Next, err)
	}
	return p.Entries
}

// pages reads a collection in pages while more is added: all is seen, once.
func pages(t *testing.T, s taxii.Store) {
	for n := range 10 {
		add(t, s, object(n, "2.1", "2020-01-01T00:00:00.000Z"))
	}
	seen, after := map[string]int{}, ""
	var last time.Time
	for n := 10; ; n++ {
		p, err := s.Objects(t.Context(), root, shared, taxii.Filter{Limit: 3}, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entries {
			seen[e.ID]++
			if !e.Added.After(last) || e.Added != e.Added.Truncate(time.Microsecond) {
				t.Errorf("%s was added %s, after %s", e.ID, e.Added, last)
			}
			last = e.Added
		}
		if after = p.Next; after == "" {
			break
		}
		if n < 13 {
			add(t, s, object(n, "2.1", "2020-01-01T00:00:00.000Z"))
		}
	}
	if len(seen) != 13 {
		t.Errorf("%d objects of 13", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if _, err := s.Objects(t.Context(), root, shared, taxii.Filter{Limit: 3}, "nonsense"); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	if got, err := s.Objects(t.Context(), root, readOnly, taxii.Filter{Limit: 3}, ""); err != nil || len(got.Entries) != 0 {
		t.Error("another collection holds", got, err)
	}
}

// again adds what is there already.
func again(t *testing.T, s taxii.Store) {
	o := object(1, "2.1", "2020-01-01T00:00:00.000Z")
	add(t, s, o)
	before := found(t, s, taxii.Filter{})
	add(t, s, o, o)
	if d := cmp.Diff(before, found(t, s, taxii.Filter{Versions: []string{"all"}})); d != "" {
		t.Error(d)
	}
	add(t, s, object(1, "2.0", "2020-01-01T00:00:00.000Z"))
	if got := found(t, s, taxii.Filter{Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}}); len(got) != 2 {
		t.Errorf("%d entries of two specifications", len(got))
	}
}

func deletes(t *testing.T, s taxii.Store) {
	years := []string{"2015", "2016", "2017", "2018", "2019"}
	for _, y := range years {
		add(t, s, object(1, "2.1", y+"-01-27T13:49:53.935Z"))
	}
	add(t, s, object(2, "2.1", "2020-01-01T00:00:00.000Z"))
	both := []string{"2.0", "2.1"}
	one := []string{object(1, "2.1", "2020-01-01T00:00:00.000Z").ID}
	for _, x := range []struct {
		version string
		left    int
	}{{"2018-01-27T13:49:53.935Z", 4}, {"first", 3}, {"last", 2}, {"all", 0}} {
		if err := s.Delete(t.Context(), root, shared, taxii.Filter{IDs: one, Versions: []string{x.version}, SpecVersions: both, Limit: 1}); err != nil {
			t.Fatal(x.version, err)
		}
		if got := found(t, s, taxii.Filter{IDs: one, Versions: []string{"all"}}); len(got) != x.left {
			t.Errorf("without %s there are %d", x.version, len(got))
		}
	}
	if err := s.Delete(t.Context(), root, shared, taxii.Filter{IDs: one, Versions: []string{"all"}, SpecVersions: both, Limit: 1}); !errors.Is(err, candor.ErrNotFound) {
		t.Error(err)
	}
	if got := found(t, s, taxii.Filter{}); len(got) != 1 {
		t.Errorf("of the other there are %d", len(got))
	}
}

// filters asks one collection in many ways.
func filters(t *testing.T, s taxii.Store) {
	add(t, s, object(1, "2.1", "2016-01-01T00:00:00.000Z"), object(1, "2.1", "2018-01-01T00:00:00.000Z"), object(1, "2.1", "2017-01-01T00:00:00.000Z"))
	add(t, s, object(2, "2.0", "2019-01-01T00:00:00.000Z"), object(2, "2.1", "2015-01-01T00:00:00.000Z"), object(3, "2.0", "2014-01-01T00:00:00.000Z"))
	sco, err := taxii.ParseObject(json.RawMessage(`{"type":"artifact","id":"artifact--6f437177-6e48-5cf8-9d9e-872a2bddd641","spec_version":"2.1"}`))
	if err != nil {
		t.Fatal(err)
	}
	add(t, s, sco)
	all := found(t, s, taxii.Filter{Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}})
	if len(all) != 7 {
		t.Fatalf("%d entries", len(all))
	}
	id1 := object(1, "2.1", "2016-01-01T00:00:00.000Z").ID
	for _, x := range []struct {
		f    taxii.Filter
		want string
	}{
		{taxii.Filter{}, "1/2018 2/2015 3/2014 a"},
		{taxii.Filter{Versions: []string{"first"}}, "1/2016 2/2015 3/2014 a"},
		{taxii.Filter{Versions: []string{"last"}}, "1/2018 2/2015 3/2014 a"},
		{taxii.Filter{Versions: []string{"first", "last"}}, "1/2016 1/2018 2/2015 3/2014 a"},
		{taxii.Filter{Versions: []string{"all"}}, "1/2016 1/2018 1/2017 2/2015 3/2014 a"},
		{taxii.Filter{Versions: []string{"2017-01-01T00:00:00Z"}}, "1/2017"},
		{taxii.Filter{SpecVersions: []string{"2.0"}}, "2/2019 3/2014"},
		{taxii.Filter{SpecVersions: []string{"2.1"}}, "1/2018 2/2015 a"},
		{taxii.Filter{SpecVersions: []string{"2.0", "2.1"}}, "1/2018 2/2019 3/2014 a"},
		{taxii.Filter{Types: []string{"artifact", "malware"}}, "a"},
		{taxii.Filter{IDs: []string{id1}, Versions: []string{"all"}}, "1/2016 1/2018 1/2017"},
		{taxii.Filter{IDs: []string{"indicator--none"}}, ""},
		{taxii.Filter{AddedAfter: all[2].Added}, "2/2015 3/2014 a"},
		{taxii.Filter{AddedAfter: all[6].Added}, ""},
		{taxii.Filter{AddedAfter: all[0].Added, Types: []string{"indicator"}, Versions: []string{"all"}, SpecVersions: []string{"2.1"}}, "1/2018 1/2017 2/2015"},
	} {
		got := ""
		for _, e := range found(t, s, x.f) {
			if got != "" {
				got += " "
			}
			if e.Type == "artifact" {
				got += "a"
			} else {
				got += e.ID[len(e.ID)-1:] + "/" + e.Version.Format("2006")
			}
		}
		if got != x.want {
			t.Errorf("%+v: %s; want %s", x.f, got, x.want)
		}
	}
}
