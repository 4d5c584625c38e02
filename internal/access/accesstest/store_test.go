package accesstest_test

import (
	"testing"

	"candor/internal/access"
	"candor/internal/access/accesstest"
)

func TestConform(t *testing.T) {
	accesstest.Conform(t, func(*testing.T) access.Store { return accesstest.NewStore() })
}
