package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

var update = flag.Bool("update", false, "write a fixture of the schema as it is now")

// TestUpgrade opens databases as earlier versions of the program left them, and
// finds in them what was there. With -update it adds one of the present schema:
// that is done once, before a version that changes the schema is released.
func TestUpgrade(t *testing.T) {
	if *update {
		for _, kind := range []string{"sqlite", "postgres"} {
			writeFixture(t, kind)
		}
	}
	files, err := filepath.Glob("testdata/schema/*.gz")
	if err != nil || len(files) < 2 {
		t.Fatalf("fixtures: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := store.Open(t.Context(), store.Options{URL: fromFixture(t, file), Conceal: storetest.Conceal})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			page, err := s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Text: "acme"}, candor.Cut{})
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("the case of the fixture: %v, %v", page.Items, err)
			}
			c := page.Items[0]
			findings, err := s.FindingsOfCase(t.Context(), c.ID)
			if err != nil || len(findings) != 1 || findings[0].Rule != "shell" {
				t.Errorf("its findings: %v, %v", findings, err)
			}
			site, err := s.Asset(t.Context(), candor.Everything, c.Asset)
			if err != nil {
				t.Fatal(err)
			}
			for _, host := range site.Hosts {
				if sites, err := s.HostedSites(t.Context(), host); err != nil || len(sites) == 0 {
					t.Errorf("the site of %s is not found by its name: %v", host, err)
				}
				if held, err := s.SitesByHost(t.Context(), host, site.Created, site.Created); err != nil || len(held) == 0 || held[0].Party != c.Party {
					t.Errorf("who had %s then: %v, %v", host, held, err)
				}
			}
			if parties, err := s.PartiesByMail(t.Context(), "li@acme.example"); err != nil || len(parties) != 1 || parties[0].ID != c.Party {
				t.Errorf("who has the mail address: %v, %v", parties, err)
			}
			next := candor.Case{ID: candor.NewID(c.Opened), Asset: c.Asset, Party: c.Party, Class: candor.Phishing, State: candor.CaseNew, Title: "next", Opened: c.Opened, Updated: c.Opened}
			if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddCase(t.Context(), &next) }); err != nil || next.Number <= c.Number {
				t.Errorf("the next case has number %d, %v", next.Number, err)
			}
		})
	}
}

// schemaVersion is that of this program.
func schemaVersion(t *testing.T) string {
	t.Helper()
	var version string
	err := storetest.SQLite(t).Snapshot(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), "SELECT CAST(MAX(version_id) AS TEXT) FROM goose_db_version").Scan(&version)
	})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func writeFixture(t *testing.T, kind string) {
	t.Helper()
	name := filepath.Join("testdata", "schema", fmt.Sprintf("%s-%s.gz", kind, schemaVersion(t)))
	var content []byte
	switch kind {
	case "sqlite":
		file := filepath.Join(t.TempDir(), "candor.db")
		fill(t, file)
		out := filepath.Join(t.TempDir(), "out.db")
		db, err := sql.Open("sqlite", "file:"+file)
		if err == nil {
			_, err = db.ExecContext(t.Context(), "VACUUM INTO ?", out)
		}
		if err == nil {
			err = db.Close()
		}
		if err == nil {
			content, err = os.ReadFile(out)
		}
		if err != nil {
			t.Fatal(err)
		}
	case "postgres":
		address := storetest.PostgresURL(t)
		fill(t, address)
		content = dump(t, address)
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o755)
	}
	if err == nil {
		err = os.WriteFile(name, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes what TestUpgrade looks for.
func fill(t *testing.T, address string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: address, Conceal: storetest.Conceal})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, a := storetest.Sample(t, s, "acme")
	c := candor.Case{ID: candor.NewID(a.Created), Asset: a.ID, Party: a.Owner, Class: candor.ApplicationCompromise, Severity: candor.High, State: candor.CaseNew,
		Title: "web shell at acme", Opened: a.Created, Updated: a.Created}
	f := candor.FiledFinding{ID: candor.NewID(a.Created), Asset: a.ID, Party: a.Owner, Sensor: "scan", State: candor.FindingOpen, First: a.Created, Last: a.Created,
		Finding: candor.Finding{Path: "/srv/acme/x.php", Rule: "shell", Class: c.Class, Severity: candor.High, SHA256: strings.Repeat("a", 64)}}
	err = s.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddCase(t.Context(), &c); err != nil {
			return err
		}
		f.Case = c.ID
		if err := tx.AddFindings(t.Context(), []candor.FiledFinding{f}); err != nil {
			return err
		}
		return tx.AddRecord(t.Context(), candor.Record{ID: candor.NewID(a.Created), Kind: candor.RecordFinding, At: a.Created, Subject: f.ID, Case: c.ID, Actor: "sensor:scan",
			Body: []byte(`{"rule":"shell"}`), Personal: map[string]string{"path": f.Path}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump writes a database of PostgreSQL as statements.
func dump(t *testing.T, address string) []byte {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(found) == 0 {
		t.Fatalf("pg_dump is not installed: %v", err)
	}
	slices.Sort(found)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), found[len(found)-1], "--inserts", "--no-owner", "--no-privileges", "--host", u.Query().Get("host"), "--username", "postgres", strings.TrimPrefix(u.Path, "/"))
	c.Dir = "/"
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return psqlOnly.ReplaceAll(out, nil)
}

// psqlOnly are lines that are for psql and not for the server, and the setting
// that hides the schema.
var psqlOnly = regexp.MustCompile(`(?m)^(\\.*|SELECT pg_catalog\.set_config\('search_path'.*|SET transaction_timeout.*)$`)

// fromFixture makes a database of a fixture, and gives its address.
func fromFixture(t *testing.T, file string) string {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(filepath.Base(file), "sqlite") {
		name := filepath.Join(t.TempDir(), "candor.db")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	address := storetest.PostgresURL(t)
	db, err := sql.Open("pgx", address)
	if err == nil {
		_, err = db.ExecContext(context.WithoutCancel(t.Context()), string(content))
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return address
}
