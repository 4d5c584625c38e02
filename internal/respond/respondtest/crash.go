package respondtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"candor"
)

// Journal is a respond.Journal in memory that can fail. It is not safe for
// concurrent use.
type Journal struct {
	Result json.RawMessage // what was saved last
	Saves  int             // how often
	Refuse bool            // every Save gives candor.ErrChanged
	After  func()          // called after each Save

	// CrashBefore and CrashAfter panic in the n-th Save, counted from 1,
	// before or after it kept the result.
	CrashBefore, CrashAfter int
}

// crash is what a Journal panics with.
type crash struct{}

// Save implements respond.Journal.
func (j *Journal) Save(_ context.Context, result json.RawMessage) error {
	if j.Refuse {
		return fmt.Errorf("the test's journal refuses: %w", candor.ErrChanged)
	}
	j.Saves++
	if j.Saves == j.CrashBefore {
		panic(crash{})
	}
	j.Result = bytes.Clone(result)
	if j.Saves == j.CrashAfter {
		panic(crash{})
	}
	if j.After != nil {
		j.After()
	}
	return nil
}

// crashed calls do and tells whether it ended by a crash of a Journal.
func crashed(do func()) (was bool) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case crash:
			was = true
		default:
			panic(r)
		}
	}()
	do()
	return false
}

// eachCrash runs test with a journal for each point at which saves can crash.
func eachCrash(t *testing.T, saves int, test func(*testing.T, *Journal)) {
	for n := 1; n <= saves; n++ {
		t.Run(fmt.Sprintf("before save %d", n), func(t *testing.T) { test(t, &Journal{CrashBefore: n}) })
		t.Run(fmt.Sprintf("after save %d", n), func(t *testing.T) { test(t, &Journal{CrashAfter: n}) })
	}
}

func crashApplying(t *testing.T, fresh func(*testing.T) Fixture) {
	plain, w := &Journal{}, newWorld(t, fresh(t))
	if _, err := w.Method.Apply(t.Context(), w.approved(t), plain); err != nil {
		t.Fatal(err)
	}
	if plain.Saves == 0 {
		t.Fatal("nothing was saved in the journal")
	}
	want := w.Snapshot(t)
	eachCrash(t, plain.Saves, func(t *testing.T, j *Journal) {
		w := newWorld(t, fresh(t))
		before, resp := w.Snapshot(t), w.approved(t)
		if !crashed(func() { _, _ = w.Method.Apply(t.Context(), resp, j) }) {
			t.Fatal("there was no crash")
		}
		resp.Result = j.Result
		resp = w.apply(t, resp)
		w.same(t, "applied, crashed, applied", want)
		if err := w.Method.Verify(t.Context(), resp); err != nil {
			t.Errorf("verify: %v", err)
		}
		if w.lasting(t, resp) {
			return
		}
		w.revert(t, resp)
		w.same(t, "reverted after a crash", before)
	})
}

func crashReverting(t *testing.T, fresh func(*testing.T) Fixture) {
	plain, w := &Journal{}, newWorld(t, fresh(t))
	want := w.Snapshot(t)
	resp := w.apply(t, w.approved(t))
	if w.lasting(t, resp) {
		return
	}
	if _, err := w.Method.Revert(t.Context(), resp, plain); err != nil {
		t.Fatal(err)
	}
	w.same(t, "reverted", want)
	eachCrash(t, plain.Saves, func(t *testing.T, j *Journal) {
		w := newWorld(t, fresh(t))
		resp := w.apply(t, w.approved(t))
		j.Result = resp.Result
		if !crashed(func() { _, _ = w.Method.Revert(t.Context(), resp, j) }) {
			t.Fatal("there was no crash")
		}
		resp.Result = j.Result
		w.revert(t, resp)
		w.same(t, "reverted, crashed, reverted", want)
	})
}
