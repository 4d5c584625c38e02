package memory_test

import (
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/intel/taxii"
	"candor/internal/intel/taxii/memory"
	"candor/internal/intel/taxii/taxiitest"
)

func TestStore(t *testing.T) {
	taxiitest.Store(t, func(_ *testing.T, grant func(principal, root string) ([]taxii.Collection, error), now func() time.Time) taxii.Store {
		return memory.New(grant, now)
	})
}

func TestServer(t *testing.T) {
	taxiitest.Server(t, func(_ *testing.T, grant func(principal, root string) ([]taxii.Collection, error), now func() time.Time) taxii.Store {
		return memory.New(grant, now)
	})
}

// TestStatusKept: a status is there for a day.
func TestStatusKept(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := memory.New(func(string, string) ([]taxii.Collection, error) { return nil, nil }, func() time.Time { return now })
	add := func() string {
		st, err := s.Add(t.Context(), "alice", "root", "c", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return st.ID
	}
	first := add()
	now = now.Add(memory.StatusKept)
	second := add()
	if _, err := s.Status(t.Context(), "alice", "root", first); err != nil {
		t.Error(err)
	}
	now = now.Add(time.Second)
	add()
	if _, err := s.Status(t.Context(), "alice", "root", first); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("after a day: %v", err)
	}
	if _, err := s.Status(t.Context(), "alice", "root", second); err != nil {
		t.Error(err)
	}
}
