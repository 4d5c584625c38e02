package memory_test

import (
	"testing"
	"time"

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
