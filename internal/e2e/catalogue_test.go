package e2e

import (
	"net/http"
	"path/filepath"
	"testing"

	"candor/internal/x1207"
)

// TestCatalogue makes sure that the pages that are said to carry requirements
// of X.1207 are there.
func TestCatalogue(t *testing.T) {
	p := start(t, "--sample", "--data", filepath.Join(t.TempDir(), "data"))
	desk := signIn(t, p)
	for _, err := range x1207.Check(x1207.Page, func(name string) bool { return desk.status(t, name) == http.StatusOK }) {
		t.Error(err)
	}
	if desk.status(t, "/nowhere") != http.StatusNotFound {
		t.Error("a page that is not there is not said to be missing")
	}
}
