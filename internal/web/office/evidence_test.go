package office_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/evidence"
	"candor/internal/web/webtest"
)

func shellAt(w *world, path string) candor.Finding { return webtest.Shell(w.OtherAsset, path) }

// conceal keeps a record whose personal value is hidden as in earnest, which
// the store of tests does not do.
func (w *world) conceal(t *testing.T, value string) candor.ID {
	t.Helper()
	c, err := evidence.Conceal(rand.Reader, value)
	if err != nil {
		t.Fatal(err)
	}
	id := candor.NewID(w.Clock())
	err = w.House.Store.Load(context.WithoutCancel(t.Context()), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO records (id, kind, at, subject, case_id, actor, body, blobs, concealed, log_index) SELECT $1, kind, at, subject, case_id, actor, body, blobs, $2, -1 FROM records WHERE kind = 'finding' LIMIT 1`,
			id, `{"path":"`+c.Digest.String()+`"}`); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO personal (record, name, party, value, salt) VALUES ($1, 'path', $2, $3, $4)`, id, w.party.ID, value, c.Salt.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	return id
}

func TestEvidence(t *testing.T) {
	w := newWorld(t)
	id := w.conceal(t, evil)
	auditor, analyst := w.As(candor.RoleAuditor), w.As(candor.RoleAnalyst)
	list := w.Get(t, auditor, "/evidence")
	has(t, list, http.StatusOK, "Entries in the log", "desk.example.net/evidence", "candor verify", "Witnesses", "nobody else vouches", "Found", "Agreement", w.c.Label())
	has(t, w.Get(t, auditor, "/evidence?kind=consent"), http.StatusOK, "Terms of hosting · 2026-01")
	has(t, w.Get(t, auditor, "/evidence?case="+string(w.c.ID)), http.StatusOK, "Records of "+w.c.Label(), "/cases/"+string(w.c.ID)+"/evidence")
	has(t, w.Get(t, auditor, "/evidence?kind=consent&case="+string(w.c.ID)), http.StatusOK, "No records")

	path := "/evidence/" + string(id)
	page := w.Get(t, auditor, path)
	has(t, page, http.StatusOK, "matches the digest", "Canonical JSON", "Leaf hash", "is in the tree of")
	inert(t, page, "the record's page")
	page = w.Get(t, analyst, path)
	has(t, page, http.StatusOK, "Administrators and auditors see the values", "Kept")
	if strings.Contains(page.Text(), "alert(1)") {
		t.Error("an analyst sees a value that is concealed")
	}
	proof := w.Get(t, analyst, path+"/proof")
	has(t, proof, http.StatusOK, "c2sp.org/tlog-proof@v1", "desk.example.net/evidence")
	has(t, w.Get(t, analyst, path+"/entry"), http.StatusOK, `"id":"`+string(id)+`"`)
	note := w.Get(t, analyst, "/evidence/checkpoint")
	has(t, note, http.StatusOK, "desk.example.net/evidence", "— desk.example.net/evidence ")
	if key := w.Get(t, analyst, "/evidence/key"); strings.TrimSpace(key.Text()) != w.House.Log.Key() {
		t.Errorf("the key is %q", key.Text())
	}
}

// TestExport checks the file as whoever gets it would.
func TestExport(t *testing.T) {
	w := newWorld(t)
	w.conceal(t, "/srv/acme/li.php")
	path := "/cases/" + string(w.c.ID) + "/evidence"
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path), http.StatusOK, "entries of the log", w.c.Label()+"-evidence.zip", "Administrators and auditors can add")
	has(t, w.Get(t, w.As(candor.RoleAuditor), path), http.StatusOK, `name="personal"`, "Add 1 personal value")
	for query, role := range map[string]candor.Role{"": candor.RoleAnalyst, "?personal=yes&blobs=yes": candor.RoleAuditor} {
		a := w.Get(t, w.As(role), path+".zip"+query)
		if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/zip" || !strings.Contains(a.Header.Get("Content-Disposition"), w.c.Label()+"-evidence.zip") {
			t.Fatalf("%s: %d %v", query, a.Status, a.Header)
		}
		file := filepath.Join(t.TempDir(), "case.zip")
		if err := os.WriteFile(file, a.Body, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := evidence.Verify(t.Context(), file, evidence.VerifyOptions{Key: w.House.Log.Key()})
		if err != nil || !report.OK() {
			t.Errorf("%s: %+v, %v", query, report, err)
		}
		if revealed := strings.Contains(string(a.Body), "personal.json"); revealed != (query != "") {
			t.Errorf("%q: personal values are in it: %v", query, revealed)
		}
	}
	for _, query := range []string{"?personal=yes", "?blobs=yes"} {
		if a := w.Get(t, w.As(candor.RoleAnalyst), path+".zip"+query); a.Status != http.StatusForbidden {
			t.Errorf("an analyst got %s: %d", query, a.Status)
		}
	}
}
