package main

import (
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestAlarm: mails to the staff reach whoever has the case, else the analysts,
// else the configured address, else the administrators.
func TestAlarm(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	_, site := storetest.Sample(t, r.Store, "acme")
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	people := map[string]candor.User{}
	set := func(name string, role candor.Role, disabled bool) {
		t.Helper()
		err := r.Store.Access().Change(ctx, func(tx access.Tx) error {
			if u, ok := people[name]; ok {
				u.Disabled = disabled
				people[name] = u
				return tx.ChangeUser(ctx, u)
			}
			people[name] = candor.User{ID: candor.NewID(now), Name: name, Mail: name + "@desk.example", Role: role, Created: now, Disabled: disabled}
			return tx.AddUser(ctx, people[name])
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c := candor.Case{ID: candor.NewID(now), Asset: site.ID, Party: site.Owner, Class: candor.Phishing, State: candor.CaseNew, Title: "a", Opened: now, Updated: now}
	if err := r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddCase(ctx, &c) }); err != nil {
		t.Fatal(err)
	}
	told := func(kind string, want ...string) {
		t.Helper()
		before, err := r.Store.MessagesOfCase(ctx, c.ID)
		if err == nil {
			err = r.Store.Tx(ctx, func(tx *store.Tx) error { return r.tell(ctx, tx, desk.Notice{Kind: kind, Case: c}) })
		}
		if err != nil {
			t.Fatal(err)
		}
		after, err := r.Store.MessagesOfCase(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range after {
			if !slices.ContainsFunc(before, func(b candor.Message) bool { return b.ID == m.ID }) {
				got = append(got, m.To)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s reached %q, want %q", kind, got, want)
		}
	}
	set("ada", candor.RoleAdmin, false)
	set("customer", candor.RoleCustomer, false)
	told("held", "ada@desk.example")
	r.setup.alarms = []string{"duty@desk.example"}
	told("held", "duty@desk.example")
	set("ben", candor.RoleAnalyst, false)
	set("cem", candor.RoleAnalyst, false)
	told("question", "ben@desk.example", "cem@desk.example")
	c.Assignee = people["ben"].ID
	told("question", "ben@desk.example")
	told("deadline-missed", "ben@desk.example", "duty@desk.example")
	set("ben", candor.RoleAnalyst, true)
	told("question", "cem@desk.example")
	c.Assignee = people["customer"].ID
	told("question", "cem@desk.example")
}
