package clamav

import (
	"os"
	"path/filepath"
	"testing"
)

// definitions gives the folder of real definitions.
func definitions(t testing.TB) string {
	dir := os.Getenv("CANDOR_DEFINITIONS")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CANDOR_DEFINITIONS is not set: it names the folder of real definitions that this test reads")
		}
		t.Skip("CANDOR_DEFINITIONS is not set")
	}
	return dir
}

func TestReadRealDefinitions(t *testing.T) {
	dir := filepath.Join(definitions(t), "rfxn")
	for _, c := range []struct {
		file           string
		hashes, bodies int
	}{
		{"rfxn.hdb", 12735, 0},
		{"rfxn.ndb", 0, 2035},
	} {
		src, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		db, problems := Read(c.file, src, Options{})
		for _, p := range problems {
			t.Error(p)
		}
		if len(db.Hashes) != c.hashes || len(db.Bodies) != c.bodies || len(db.Ignored) != 0 {
			t.Errorf("%s: %d hashes, %d bodies, %d ignored; want %d, %d, 0",
				c.file, len(db.Hashes), len(db.Bodies), len(db.Ignored), c.hashes, c.bodies)
		}
	}
}

func BenchmarkReadRealDefinitions(b *testing.B) {
	dir := filepath.Join(definitions(b), "rfxn")
	hdb, err := os.ReadFile(filepath.Join(dir, "rfxn.hdb"))
	if err != nil {
		b.Fatal(err)
	}
	ndb, err := os.ReadFile(filepath.Join(dir, "rfxn.ndb"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Read("rfxn.hdb", hdb, Options{})
		Read("rfxn.ndb", ndb, Options{})
	}
}
