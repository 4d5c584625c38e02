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
	"time"

	"candor"
	"candor/internal/consent"
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

// TestQuestionsBecomeCases opens databases in which questions about terms were kept
// apart: none is lost, and the open ones have their clocks.
func TestQuestionsBecomeCases(t *testing.T) {
	for kind, driver := range map[string]string{"sqlite": "sqlite", "postgres": "pgx"} {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			address := fromFixture(t, filepath.Join("testdata", "schema", kind+"-34.gz"))
			name := address
			if kind == "sqlite" {
				name = "file:" + address
			}
			db, err := sql.Open(driver, name)
			if err != nil {
				t.Fatal(err)
			}
			const open, done = "0190a000-0000-7000-8000-00000000000a", "0190a000-0000-7000-8000-00000000000b"
			_, err = db.ExecContext(ctx, `INSERT INTO questions (id, party, document, clause, kind, state, text, answer, by, created, due, done) VALUES
('`+open+`', (SELECT MIN(id) FROM parties), 'hosting-"terms"', 'fees', 'complaint', 'open', 'Why?', '', '', 1000000, 9000000, 0),
('`+done+`', (SELECT MIN(id) FROM parties), '', '', 'question', 'answered', 'How?', 'So.', 'Ada', 1000000, 9000000, 10000000)`)
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(ctx, store.Options{URL: address, Conceal: storetest.Conceal})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			all, err := s.Questions(ctx, candor.Everything, "", "", 10)
			if err != nil || len(all) != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
			first, second := all[0], all[1]
			if first.ID != open || first.Kind != consent.Complains || first.State != consent.Open || first.Text != "Why?" || first.Document != "hosting-terms" || first.Clause != "fees" || !first.Due.Equal(at(9)) || !first.Asked.Equal(at(1)) {
				t.Errorf("the open one: %+v", first)
			}
			if second.ID != done || second.State != consent.Answered || second.Text != "How?" || second.Answer != "So." || second.By != "user:Ada" || !second.Answered.Equal(at(10)) || len(second.Said) != 2 {
				t.Errorf("the answered one: %+v", second)
			}
			if took, err := s.Answers(ctx, at(0)); err != nil || len(took) != 1 || took[0] != 9*time.Second {
				t.Errorf("it took %v, %v", took, err)
			}
			due, err := s.Deadlines(ctx, open)
			if err != nil || len(due) != 1 || due[0].State != candor.DeadlineRunning || due[0].Rule != candor.TermsAnswer {
				t.Errorf("its clock: %+v, %v", due, err)
			}
			found, err := s.Cases(ctx, candor.Everything, candor.CaseFilter{Text: "complaint terms"}, candor.Cut{})
			if err != nil || len(found.Items) != 1 || found.Items[0].Asset != "" || found.Items[0].Number < 2 || found.Items[0].Number == second.Number {
				t.Errorf("what is found: %+v, %v", found.Items, err)
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
