package house

import (
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
)

// TestCovers says which versions will do.
func TestCovers(t *testing.T) {
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	clauses := []consent.Clause{{ID: "measures"}, {ID: "extra", Optional: true}}
	version := func(id string, days int, material bool) consent.Terms {
		return consent.Terms{Version: consent.Version{ID: candor.ID(id), Document: "hosting", Label: id, Effective: now.AddDate(0, 0, days), Clauses: clauses}, Kind: "hosting-terms", State: consent.Published, Material: material}
	}
	one, two, three, next := version("1", -90, false), version("2", -60, true), version("3", -30, false), version("4", 30, true)
	ended := version("0", -99, false)
	ended.Ended = now
	draft := version("5", -1, true)
	draft.State = consent.Draft
	mail := version("m", -9, true)
	mail.Kind = "subscriber-terms"
	all := []consent.Terms{next, draft, mail, three, two, one, ended}
	versions := map[candor.ID]*consent.Version{}
	for i := range all {
		versions[all[i].ID] = &all[i].Version
	}
	offered := inForce(all, now)
	if len(offered) != 1 || len(offered["hosting"]) != 3 {
		t.Fatalf("in force are %v", offered)
	}
	agree := func(id string) consent.Event {
		return consent.Event{Version: candor.ID(id), Act: consent.Agreed, At: now.AddDate(0, 0, -20)}
	}
	withdraw := func(id string, clauses ...string) consent.Event {
		return consent.Event{Version: candor.ID(id), Act: consent.Withdrawn, Clauses: clauses, At: now.AddDate(0, 0, -10)}
	}
	later := agree("3")
	later.At = now.Add(time.Hour)
	for _, x := range []struct {
		name    string
		history []consent.Event
		want    string // by which version it stands, "" for none; then whether it will do
	}{
		{"nothing", nil, ""},
		{"the latest", []consent.Event{agree("3")}, "3 yes"},
		{"the one before a change that is not material", []consent.Event{agree("2")}, "2 yes"},
		{"the one before a material change", []consent.Event{agree("1")}, "1 no"},
		{"one that ended", []consent.Event{agree("0")}, "0 no"},
		{"agreed again", []consent.Event{agree("1"), agree("3")}, "3 yes"},
		{"refused the next", []consent.Event{agree("2"), {Version: "3", Act: consent.Refused, At: now.AddDate(0, 0, -9)}}, "2 yes"},
		{"withdrawn", []consent.Event{agree("3"), withdraw("3")}, ""},
		{"withdrawn from what is not optional", []consent.Event{agree("3"), withdraw("3", "measures")}, ""},
		{"withdrawn from an optional clause", []consent.Event{agree("3"), withdraw("3", "extra")}, "3 yes"},
		{"agreed in the future", []consent.Event{later}, ""},
		{"of another kind", []consent.Event{agree("unknown")}, ""},
	} {
		got := ""
		if by := standsBy(x.history, versions, "hosting", now); by != nil {
			got = by.Label + map[bool]string{true: " yes", false: " no"}[covers(offered["hosting"], by)]
		}
		if got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}
