package main

import (
	"database/sql"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"candor/internal/inventory"
)

// TestReadRPM reads databases of RPM by another process.
func TestReadRPM(t *testing.T) {
	read := func(name string) (all []inventory.Item, err error) {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		err = readRPM(t.Context(), f, "Rocky Linux:9", func(i inventory.Item) error {
			all = append(all, i)
			return nil
		})
		return all, err
	}
	broken := make([]byte, 4096) // an ndb without slots, of which the library writes to the standard output
	copy(broken, "RpmP")
	broken[12] = 1
	for name, content := range map[string][]byte{"Packages.db": broken, "Packages": []byte(strings.Repeat("\x00\x06\x15\x61", 300)), "rpmdb.sqlite": []byte("SQLite format 3\x00 and nothing else")} {
		at := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(at, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := read(at); err == nil || len(all) != 0 {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	at := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO Packages VALUES (1, ?)", header(map[int32]string{1000: "openssl", 1001: "3.0.7", 1002: "24.el9", 1022: "x86_64"})); err != nil {
		t.Fatal(err)
	}
	all, err := read(at)
	if err != nil || len(all) != 1 || all[0].Name != "openssl" || all[0].Version != "3.0.7-24.el9" || all[0].Ecosystem != "Rocky Linux:9" {
		t.Errorf("%+v, %v", all, err)
	}
}

// header writes the header of a package in which all tags are texts.
func header(tags map[int32]string) []byte {
	const text = 6 // RPM_STRING_TYPE
	var index, data []byte
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		for _, word := range []int{int(tag), text, len(data), 1} {
			index = binary.BigEndian.AppendUint32(index, uint32(word))
		}
		data = append(data, tags[tag]+"\x00"...)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	return slices.Concat(out, index, data)
}
