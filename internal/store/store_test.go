package store_test

import (
	"testing"

	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestStore(t *testing.T) { storetest.Each(t, storetest.Suite) }
