package house_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/store"
)

// A person whose data is erased. The address has the name in other letters.
const (
	personName    = "Wanda \"Wa\" Weißhaupt"
	personAddress = "wanda@weisshaupt.example"
	personHost    = "hooks.weisshaupt.example"
)

// failing is a job that gives an error that names somebody.
type failing struct{}

func (failing) Kind() string { return "test.failing" }

// person puts the name and the address wherever they can be.
func (w *world) person(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
	}
	p, err := w.Store.Party(ctx, candor.Everything, w.party.ID)
	check(err)
	p.Name, p.Reference, p.Note = personName, "wanda-1", "call "+personName
	p.Contacts = []candor.Contact{{Name: personName, Channel: candor.Mail, Address: personAddress}}
	_, err = w.SaveParty(ctx, ada, p)
	check(err)
	owner := candor.Principal{User: candor.NewID(w.now), Role: candor.RoleCustomer, Party: p.ID}
	check(w.Store.Access().Change(ctx, func(tx access.Tx) error {
		return errors.Join(tx.AddUser(ctx, candor.User{ID: owner.User, Name: personName, Mail: "x" + personAddress, Role: candor.RoleCustomer, Party: p.ID, Created: w.now}),
			tx.Record(ctx, candor.Record{ID: candor.NewID(w.now), Kind: candor.RecordAccess, At: w.now, Subject: owner.User, Actor: "x", Body: []byte("{}"),
				Personal: map[string]string{"name": personName, "mail": personAddress}}))
	}))
	a, err := w.AddAgreement(ctx, ada, candor.Agreement{Party: p.ID, Terms: "Terms", Version: "1", Allows: []string{"quarantine"}, Accepted: w.now.Add(-time.Hour), How: "on the telephone with " + personName})
	check(err)
	b, err := w.AddAgreement(ctx, ada, candor.Agreement{Party: p.ID, Terms: "Others", Version: "1", Accepted: w.now.Add(-time.Hour), How: "by mail of " + personAddress})
	check(err)
	check(w.WithdrawAgreement(ctx, ada, p.ID, b.ID))
	hook, _, err := w.AddWebhook(ctx, owner, "https://"+personHost+"/in?who="+url.QueryEscape(personAddress), nil)
	check(err)
	r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine", Reason: personName + " asked for it", Basis: candor.Basis{Kind: candor.ByConsent, Terms: "asked for by " + personName, Accepted: w.now}})
	check(err)
	_, err = w.Approve(ctx, ada, r.ID)
	check(err)
	check(w.Runner.Apply(ctx, r.ID))
	check(w.Comment(ctx, ada, w.kase, "I called "+personName+" at "+personAddress, false))
	check(w.AddTask(ctx, ada, w.kase, "Call "+personName))
	check(w.Ask(ctx, owner, w.kase, "It is me, "+personName))
	check(w.Store.Tx(ctx, func(tx *store.Tx) error {
		// A plan of an earlier version, which named the party.
		now, err := tx.Response(ctx, candor.Everything, r.ID)
		if err != nil {
			return err
		}
		plan, err := respond.ReadPlan(now, nil)
		if err != nil {
			return err
		}
		plan.Effects[0].Values["party"], plan.Effects[0].Text = personName, "Moved away: files of "+personName
		text, err := json.Marshal(plan)
		if err != nil {
			return err
		}
		answer := func(owner candor.ID, key, body string) error {
			body = fmt.Sprintf(`{"header":{},"body":%s}`, quoted(body))
			a := store.Answer{Owner: string(owner), Key: key, Request: "r", Status: 201, Body: body, Created: w.now}
			return errors.Join(tx.AddAnswer(ctx, a), tx.SetAnswer(ctx, a))
		}
		event := candor.Event{ID: candor.NewID(w.now), Case: w.kase, At: w.now, Kind: candor.EventResponse, Actor: "system", Details: fmt.Appendf(nil, `{"error":%s}`, quoted("550 "+personAddress))}
		message := candor.Message{ID: candor.NewID(w.now), Response: r.ID, Case: w.kase, Party: p.ID, To: personAddress, Subject: personName, Text: personName, HTML: personName, MessageID: "m@x", State: candor.MessageBounced, Error: personAddress, Created: w.now}
		return errors.Join(tx.SetPlan(ctx, r.ID, text), tx.AddEvent(ctx, event), tx.AddMessage(ctx, message),
			answer(owner.User, "k1", "mine: "+personName), answer(ada.User, "k2", fmt.Sprintf(`{"id":%q,"name":%s}`, p.ID, quoted(personName))), answer(ada.User, "k3", "mail "+personAddress),
			answer(ada.User, "k4", "of others"),
			tx.SetDelivery(ctx, store.Delivery{ID: candor.NewID(w.now), Webhook: hook.ID, Kind: "case.opened", Body: "{}", State: "waiting", Error: "dial " + personHost, Created: w.now}),
			tx.AddView(ctx, store.View{ID: candor.NewID(w.now), Owner: owner.User, Page: "cases", Name: personName, Query: "", Created: w.now}),
			tx.Enqueue(ctx, failing{}, candor.JobOptions{}))
	}))
	w.fails(t)
	if a.How == "" {
		t.Error("who adds an agreement is not told how it was accepted")
	}
}

// fails has a job fail with an error that names the person.
func (w *world) fails(t *testing.T) {
	t.Helper()
	tried := make(chan struct{}, 8)
	workers, err := w.Store.Work(t.Context(), map[string]store.Handler{failing{}.Kind(): func(context.Context, json.RawMessage) error {
		defer func() { tried <- struct{}{} }()
		return errors.New("550 " + personAddress)
	}}, store.Queues{"default": 1})
	if err != nil {
		t.Fatal(err)
	}
	<-tried
	if err := workers.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// traces gives where in the database, the log and the vault the person is found.
func (w *world) traces(t *testing.T) []string {
	t.Helper()
	needles := []string{"Weißhaupt", "weißhaupt", "weisshaupt", "wanda"}
	var found []string
	hold := func(where, text string) {
		for _, n := range needles {
			if strings.Contains(text, n) {
				found = append(found, where)
				return
			}
		}
	}
	err := w.Store.Snapshot(t.Context(), func(tx *sql.Tx) error { return dump(t.Context(), tx, w.Store.Kind(), hold) })
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"log", "vault"} {
		err := filepath.WalkDir(filepath.Join(w.dir, folder), func(name string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(name)
			hold(folder, string(content))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// dump gives each row of each table to see.
func dump(ctx context.Context, tx *sql.Tx, kind string, see func(table, row string)) error {
	tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
	if kind == "PostgreSQL" {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	rows, err := tx.QueryContext(ctx, tables)
	if err != nil {
		return err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		names = append(names, name)
	}
	for _, name := range names {
		if err := dumpTable(ctx, tx, name, see); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return rows.Err()
}

func dumpTable(ctx context.Context, tx *sql.Tx, name string, see func(table, row string)) error {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM "`+name+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			see(name+"."+columns[i], fmt.Sprint(v))
		}
	}
	return rows.Err()
}

// TestNothingIsLeft looks through all of the database, the log and the vault
// for a person whose data was erased.
func TestNothingIsLeft(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.person(t)
		w.carry(t)
		tables := map[string]bool{}
		for _, where := range w.traces(t) {
			if where == "log" || where == "vault" {
				t.Errorf("the %s names the person", where)
			}
			tables[where] = true
		}
		for _, where := range []string{"parties.name", "consents.note", "webhooks.url", "deliveries.error", "answers.body", "responses.plan", "responses.reason", "responses.basis", "events.text", "events.details",
			"tasks.text", "messages.recipient", "users.mail", "personal.value", "views.name", "river_job.errors", "search.words"} {
			if w.Store.Kind() == "PostgreSQL" {
				where = strings.Replace(where, "search.", "search_party.", 1)
			}
			if !tables[where] {
				t.Errorf("%s is not among what is erased: %v", where, tables)
			}
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		w.carry(t)
		if left := w.traces(t); len(left) > 0 {
			t.Errorf("the person is still in %v", left)
		}
		if a, err := w.Store.Answer(ctx, string(ada.User), "k4"); err != nil || !strings.Contains(a.Body, "of others") {
			t.Errorf("the answer about others is %+v, %v", a, err)
		}
		if a, err := w.Store.Answer(ctx, string(ada.User), "k2"); err != nil || a.Status != 201 {
			t.Errorf("what was done once could be done again: %+v, %v", a, err)
		}
		// What was moved away can still be put back.
		v, err := w.Case(ctx, ada, w.kase)
		if err != nil || len(v.Responses) != 1 {
			t.Fatal(v, err)
		}
		if _, err := w.Undo(ctx, ada, v.Responses[0].ID, "a mistake"); err != nil {
			t.Fatal(err)
		}
		if err := w.Runner.Revert(ctx, v.Responses[0].ID); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(w.file); err != nil || string(now) != bytes {
			t.Errorf("the file is %q, %v", now, err)
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Errorf("erased again: %v", err)
		}
		size, err := w.Log.Size(ctx)
		if err := errors.Join(err, w.Log.Await(ctx, size)); err != nil {
			t.Fatal(err)
		}
		report, err := evidence.Verify(ctx, filepath.Join(w.dir, "log"), evidence.VerifyOptions{})
		if err != nil || !report.OK() {
			t.Errorf("the log: %v, %v", report, err)
		}
	})
}
