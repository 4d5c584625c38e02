package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/evidence"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/scan/starter"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// infected is the estate of the test: the bytes of each infected file.
type infected map[string][]byte

// TestKill kills the program at random moments while it scans, quarantines,
// notifies and appends, and then lets it come to an end. Nothing that it
// accepted may be missing, no file lost or half moved, no customer told more
// often than it was killed, and the log must verify against every checkpoint
// that was seen on the way. CANDOR_KILLS says how often; the two
// hundred take some minutes.
func TestKill(t *testing.T) {
	kills, patience := 12, 4*time.Minute
	if n, err := strconv.Atoi(os.Getenv("CANDOR_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	server := smtptest.Start(t, smtptest.Options{})
	conf := filepath.Join(dir, "candor.yml")
	text := fmt.Sprintf("mail: {host: %s, port: %d, tls: none, from: abuse@provider.example}\nprovider: {name: Provider, mail: desk@provider.example}\n", server.Host, server.Port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files := makeEstate(t, data, filepath.Join(dir, "sites"), 8, 40)

	var checkpoints [][]byte
	records := map[candor.ID]bool{}
	for n := range kills {
		p, err := launch("--config", conf, "--data", data)
		if err != nil {
			t.Fatalf("start %d: %v", n+1, err)
		}
		time.Sleep(time.Duration(rand.IntN(2500)) * time.Millisecond) // the moment is what is tried
		p.kill()
		if c, err := os.ReadFile(filepath.Join(data, "evidence", "tlog", "checkpoint")); err == nil {
			checkpoints = append(checkpoints, c)
		}
		remember(t, data, records)
	}
	p := start(t, "--config", conf, "--data", data)
	s := openStore(t, data)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
	})
	eventually(t, "all files are in quarantine and everybody is told", patience, func() bool { return moved(t, files) && settled(t, s, len(files)) })
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}

	checkFiles(t, data, files)
	checkMails(t, server.Mails(), kills)
	checkRecords(t, s, data, records, checkpoints)
}

// makeEstate makes sites with infected files, and a policy that acts by itself.
func makeEstate(t *testing.T, data, folder string, sites, each int) infected {
	t.Helper()
	s := openStore(t, data)
	files := fillEstate(t, s, folder, sites, each)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return files
}

// fillEstate does it in a database that is open.
func fillEstate(t *testing.T, s *store.Store, folder string, sites, each int) infected {
	t.Helper()
	sample := t.TempDir()
	if err := starter.WriteSamples(sample); err != nil {
		t.Fatal(err)
	}
	shell, err := os.ReadFile(filepath.Join(sample, "cache", "options.php"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	files := infected{}
	err = s.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range sites {
			name := fmt.Sprintf("site%d.example", i)
			root := filepath.Join(folder, name)
			if err := os.MkdirAll(root, 0o755); err != nil {
				return err
			}
			for k := range each {
				path := filepath.Join(root, fmt.Sprintf("f%d.php", k))
				files[path] = fmt.Appendf(nil, "%s\n// %d %d\n", shell, i, k)
				if err := os.WriteFile(path, files[path], 0o640); err != nil {
					return err
				}
			}
			p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: name, Language: "en", Created: now, Updated: now,
				Contacts: []candor.Contact{{Channel: candor.Mail, Address: "owner@" + name}}}
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: name, Roots: []string{root}, Created: now, Updated: now}
			if err := errors.Join(tx.AddParty(t.Context(), p), tx.AddAsset(t.Context(), a, now), storetest.Agree(t.Context(), tx, p.ID, now, "notify", "quarantine")); err != nil {
				return err
			}
		}
		policy := desk.Policy{Rules: []desk.PolicyRule{{Method: "notify"}, {Method: "quarantine"}}}
		return tx.SetSetting(t.Context(), desk.PolicySetting, policy, now, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func openStore(t *testing.T, data string) *store.Store {
	t.Helper()
	return openAt(t, filepath.Join(data, "candor.db"))
}

func openAt(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: database, Log: slog.New(slog.DiscardHandler), Conceal: storetest.Conceal})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// remember notes the records that are durable after a kill, and makes sure
// that none of the earlier ones is missing.
func remember(t *testing.T, data string, records map[candor.ID]bool) {
	t.Helper()
	s := openStore(t, data)
	defer s.Close()
	now := map[candor.ID]bool{}
	for r := range all(t, s) {
		now[r.ID] = true
	}
	for id := range records {
		if !now[id] {
			t.Fatalf("the record %s is missing after a kill", id)
		}
	}
	for id := range now {
		records[id] = true
	}
}

// all gives all records.
func all(t *testing.T, s *store.Store) func(func(candor.Logged) bool) {
	return func(yield func(candor.Logged) bool) {
		cut := candor.Cut{Sort: "id", Limit: 500}
		for {
			page, err := s.Records(t.Context(), candor.RecordFilter{}, cut)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Items {
				if !yield(r) {
					return
				}
			}
			if cut.Cursor = page.Next; page.Next == "" {
				return
			}
		}
	}
}

// settled tells whether nothing is left to do.
func settled(t *testing.T, s *store.Store, files int) bool {
	t.Helper()
	ctx := t.Context()
	moved, err := s.Findings(ctx, candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingQuarantined}}, candor.Cut{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.Findings(ctx, candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingOpen}}, candor.Cut{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := s.CountPending(ctx)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Responses(ctx, candor.Everything, candor.ResponseFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	verified := 0
	for _, r := range page.Items {
		if r.State == candor.ResponseFailed {
			t.Fatalf("the response %s failed: %s", r.ID, r.Error)
		}
		if r.State == candor.ResponseVerified {
			verified++
		}
	}
	return moved.Count >= files && open.Count == 0 && waiting == 0 && verified > 0 && verified == len(page.Items)
}

// standing tells how far everything is, for whoever looks at a failure.
func standing(s *store.Store) string {
	ctx := context.Background()
	jobs, _ := s.QueueState(ctx)
	counts := map[string]int{}
	page, _ := s.Responses(ctx, candor.Everything, candor.ResponseFilter{}, candor.Cut{Limit: 500})
	for _, r := range page.Items {
		counts[r.Method+" "+string(r.State)+" "+r.Error]++
		mails, _ := s.MessagesOf(ctx, r.ID)
		for _, m := range mails {
			counts["mail "+string(m.State)+" "+m.Error]++
		}
	}
	scans, _ := s.Scans(ctx, candor.Everything, candor.ScanFilter{}, candor.Cut{Limit: 500})
	for _, x := range scans.Items {
		counts["scan "+string(x.State)+" "+x.Error]++
	}
	open, _ := s.Findings(ctx, candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingOpen}}, candor.Cut{Limit: 1})
	return fmt.Sprintf("jobs %v, %v, %d findings open\n", jobs, counts, open.Count)
}

// checkFiles makes sure that each file's bytes are in the vault, and that its
// place holds nothing or the stub.
func checkFiles(t *testing.T, data string, files infected) {
	t.Helper()
	v, err := evidence.OpenVault(filepath.Join(data, "vault"), evidence.VaultOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		if now, err := os.ReadFile(path); err == nil && (string(now) == string(want) || !strings.Contains(string(now), "403")) {
			t.Errorf("%s was not moved: %q", path, now)
		}
		if got, err := kept(v, want); string(got) != string(want) || err != nil {
			t.Errorf("%s is not in the vault as it was: %v", path, err)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".candor-*"))
		if err != nil || len(left) > 0 {
			t.Fatalf("left behind: %v, %v", left, err)
		}
	}
}

// kept reads from the vault what should be there.
func kept(v *evidence.Vault, content []byte) ([]byte, error) {
	r, err := v.Get(evidence.Digest(sha256.Sum256(content)))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// checkMails makes sure that everybody was told, and no mail came more often
// than the program was killed.
func checkMails(t *testing.T, mails []smtptest.Mail, kills int) {
	t.Helper()
	times, told := map[string]int{}, map[string]bool{}
	for _, m := range mails {
		parsed, err := mail.ReadMessage(strings.NewReader(string(m.Data)))
		if err != nil {
			t.Fatal(err)
		}
		times[parsed.Header.Get("Message-ID")]++
		told[m.To] = true
	}
	twice := 0
	for _, n := range times {
		twice += n - 1
	}
	if twice > kills {
		t.Errorf("%d mails came again, in %d kills", twice, kills)
	}
	if len(told) < 8 {
		t.Errorf("only %d of 8 were told", len(told))
	}
	t.Logf("%d mails, %d of them again", len(mails), twice)
}

// checkRecords makes sure that each record is in the log once, and that the
// log verifies.
func checkRecords(t *testing.T, s *store.Store, data string, records map[candor.ID]bool, checkpoints [][]byte) {
	t.Helper()
	indexes, n := map[int64]candor.ID{}, uint64(0)
	for r := range all(t, s) {
		delete(records, r.ID)
		if r.Index < 0 || indexes[r.Index] != "" {
			t.Errorf("the record %s is at %d of the log, as %q", r.ID, r.Index, indexes[r.Index])
		}
		indexes[r.Index] = r.ID
		n++
	}
	if len(records) > 0 {
		t.Errorf("%d records that were durable are missing", len(records))
	}
	report, err := evidence.Verify(context.Background(), filepath.Join(data, "evidence"), evidence.VerifyOptions{Earlier: checkpoints})
	if err != nil || !report.OK() || report.Size != n {
		t.Errorf("the log of %d entries for %d records: %v, %v", report.Size, n, report, err)
	}
	t.Logf("%d records, %d checkpoints held against", n, len(checkpoints))
}
