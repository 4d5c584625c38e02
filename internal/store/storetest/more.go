package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

type testJob struct{ N int }

func (testJob) Kind() string { return "test" }

func testJobs(t *testing.T, s *store.Store) {
	ctx := t.Context()
	stop := errors.New("stop")
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Enqueue(ctx, testJob{1}, candor.JobOptions{}), stop)
	}), stop)
	for range 2 {
		do(t, s, func(tx *store.Tx) error { return tx.Enqueue(ctx, testJob{2}, candor.JobOptions{Once: true}) })
	}
	do(t, s, func(tx *store.Tx) error { return tx.Enqueue(ctx, testJob{3}, candor.JobOptions{Queue: "other"}) })
	do(t, s, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, testJob{4}, candor.JobOptions{At: time.Now().Add(time.Hour)})
	})

	done := make(chan int, 10)
	var lock sync.Mutex
	tries := 0
	workers, err := s.Work(ctx, map[string]store.Handler{"test": func(_ context.Context, args json.RawMessage) error {
		var job testJob
		if err := json.Unmarshal(args, &job); err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		if tries++; tries == 1 {
			return candor.Later(errors.New("not yet"), time.Millisecond)
		}
		done <- job.N
		return nil
	}}, store.Queues{"default": 2, "other": 1})
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]int{}
	for range 2 {
		select {
		case n := <-done:
			got[n]++
		case <-time.After(30 * time.Second):
			t.Fatal("a job was not done")
		}
	}
	same(t, got, map[int]int{2: 1, 3: 1})
	// Workers are told of jobs: looking for one takes a quarter of a second on average.
	const row = 40
	begun := time.Now()
	for n := range row {
		do(t, s, func(tx *store.Tx) error { return tx.Enqueue(ctx, testJob{100 + n}, candor.JobOptions{}) })
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			t.Fatal("a job was not done")
		}
	}
	if took := time.Since(begun); took > row*125*time.Millisecond {
		t.Errorf("%d jobs, one after the other, took %s", row, took)
	}
	if err := workers.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	same(t, must(s.QueueState(ctx))(t), map[string]int64{"scheduled": 1})
}

func testAccess(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a := s.Access()
	u := candor.User{ID: candor.NewID(noon), Name: "Ada", Mail: "ada@example", Role: candor.RoleAdmin, Created: noon}
	session := access.Session{ID: candor.NewID(noon), Hash: []byte{1, 2}, User: u.ID, Method: access.ByPassword, Created: noon, Seen: noon, Expires: noon.Add(time.Hour)}
	secret := access.Secret{Hash: []byte{3}, Purpose: access.Invitation, User: u.ID, Data: json.RawMessage(`{"a":1}`), Created: noon, Expires: noon.Add(time.Hour)}
	token := access.Token{ID: candor.NewID(noon), User: u.ID, Name: "ci", Hash: []byte{4}, Scopes: []string{"read"}, Created: noon}
	key := access.Passkey{ID: candor.NewID(noon), User: u.ID, Credential: []byte{0, 255}, Name: "phone", Record: json.RawMessage(`{}`), Created: noon}
	err := a.Change(ctx, func(tx access.Tx) error {
		return errors.Join(tx.AddUser(ctx, u), tx.SetPassword(ctx, access.Password{User: u.ID, Hash: "a", Changed: noon}),
			tx.SetPassword(ctx, access.Password{User: u.ID, Hash: "b", Changed: noon}), tx.AddSession(ctx, session), tx.AddSecret(ctx, secret),
			tx.AddToken(ctx, token), tx.AddPasskey(ctx, key), tx.AddIdentity(ctx, access.Identity{Issuer: "i", Subject: "s", User: u.ID, Created: noon}))
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, must(a.UserByMail(ctx, u.Mail))(t), u)
	same(t, must(a.Password(ctx, u.ID))(t).Hash, "b")
	same(t, must(a.Session(ctx, session.Hash))(t), session)
	same(t, must(a.Tokens(ctx, u.ID))(t), []access.Token{token})
	same(t, must(a.Passkey(ctx, key.Credential))(t), key)
	same(t, must(a.Identity(ctx, "i", "s"))(t).User, u.ID)
	same(t, must(a.Admins(ctx))(t), 1)
	twice := u
	twice.ID = candor.NewID(noon)
	isKind(t, a.Change(ctx, func(tx access.Tx) error { return tx.AddUser(ctx, twice) }), candor.ErrChanged)

	// Of many that take a secret, one gets it.
	var wait sync.WaitGroup
	taken := make(chan error, 8)
	for range cap(taken) {
		wait.Go(func() {
			taken <- a.Change(ctx, func(tx access.Tx) error {
				got, err := tx.TakeSecret(ctx, secret.Hash)
				if err == nil {
					same(t, got, secret)
				}
				return err
			})
		})
	}
	wait.Wait()
	close(taken)
	got := 0
	for err := range taken {
		if err == nil {
			got++
		} else {
			isKind(t, err, candor.ErrNotFound)
		}
	}
	same(t, got, 1)
	if err := a.Change(ctx, func(tx access.Tx) error { return tx.DeleteExpired(ctx, noon, noon) }); err != nil {
		t.Fatal(err)
	}
	_, err = a.Session(ctx, session.Hash)
	isKind(t, err, candor.ErrNotFound)
}
