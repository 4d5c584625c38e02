package house_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/fleet"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
	scans "candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// searched is what is known of files, as a real scan leaves it.
func searched(t *testing.T, root string) house.HashSearch {
	t.Helper()
	s, err := known.Open(filepath.Join(t.TempDir(), "known.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	rules, _ := engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`rule a { strings: $a = "needle" condition: $a }`)}}, engine.Options{})
	x, err := s.Begin(rules, known.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = scans.Scan(t.Context(), func(yield func(scans.Target, error) bool) { yield(scans.Target{Path: root}, nil) }, new(nobody),
		scans.Options{NewMatcher: func() scans.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Clock: time.Now, Known: x})
	if err != nil || x.Close() != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, wanted []candor.HashQuestion, tell func(int, candor.HashPlace) error) (int64, error) {
		var all []known.Hash
		for _, q := range wanted {
			h, err := known.ParseHash(q.Hash, q.Size)
			if err != nil {
				return 0, err
			}
			all = append(all, h)
		}
		done, err := s.Where(ctx, all, known.Search{}, func(p known.Place) error {
			return tell(p.Wanted, candor.HashPlace{Path: p.Path, Size: p.Size, Since: p.Since})
		})
		return int64(done.Unread), err
	}
}

// nobody takes what a scan finds.
type nobody struct{}

func (*nobody) Finding(candor.Finding) error { return nil }
func (*nobody) Failure(scans.Failure) error  { return nil }

// TestHashes asks the estate where contents lie that reports name: this program by what
// it scanned, and servers, of which one answers, one is away and one has no agent.
func TestHashes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		w := newWorld(t, s)
		content := "nobody has a rule for this\n"
		file := filepath.Join(w.site.Roots[0], "clean.php")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, short := sha256.Sum256([]byte(content)), md5.Sum([]byte(content))
		hash, other := hex.EncodeToString(sum[:]), hex.EncodeToString(short[:])
		w.WhereContents = searched(t, w.site.Roots[0])
		scanned := func() error {
			return s.Tx(ctx, func(tx *store.Tx) error { return tx.SetScanned(ctx, w.site.ID, w.now) })
		}
		whose := w.Whose(nil, nil, attribute.Options{Now: w.Clock})
		received := w.now
		ask := func(hash string) house.Attribution {
			t.Helper()
			a, err := whose.Whose(ctx, intake.Resource{Kind: intake.Hash, Value: hash}, nil, nil, received)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		look := func() {
			t.Helper()
			if err := errors.Join(w.AskServers(ctx), w.LookForHashes(ctx)); err != nil {
				t.Fatal(err)
			}
		}

		// The site was not scanned to its end: others may hold it there.
		if a := ask(hash); a.Certain || !a.Again.After(w.now) || len(a.Candidates) != 0 {
			t.Fatalf("while it is asked: %+v", a)
		}
		look()
		if a := ask(hash); a.Certain || !a.Again.IsZero() || len(a.Candidates) != 1 || a.Why != "it alone is known to hold the content, and 1 of the servers could not be asked" {
			t.Errorf("of a site that was not scanned: %+v", a)
		}
		if err := scanned(); err != nil {
			t.Fatal(err)
		}
		ask(other)
		look()
		a := ask(strings.ToUpper(other))
		if !a.Certain || a.Candidates[0].Asset != w.site.ID || a.Candidates[0].Path != file || a.Candidates[0].How != "content" || a.Candidates[0].Since.IsZero() {
			t.Errorf("by another hash: %+v", a)
		}
		for _, bad := range []string{"zz", strings.Repeat("a", 128)} {
			if a := ask(bad); a.Certain || !a.Again.IsZero() || len(a.Candidates) != 0 {
				t.Errorf("%s: %+v", bad, a)
			}
		}

		// Within a day what was said counts.
		w.now = w.now.Add(23 * time.Hour)
		if a := ask(other); !a.Certain {
			t.Errorf("a day later: %+v", a)
		}
		w.now = w.now.Add(2 * time.Hour)
		received = w.now
		if a := ask(other); a.Certain || !a.Again.After(w.now) {
			t.Errorf("two days later: %+v", a)
		}
		look()

		// Servers come.
		p, _ := storetest.Sample(t, s, "away")
		add := func(name string) candor.Asset {
			t.Helper()
			server := candor.Asset{ID: candor.NewID(w.now), Kind: candor.Server, Owner: p.ID, Name: name, Created: w.now, Updated: w.now}
			on := candor.Asset{ID: candor.NewID(w.now), Kind: candor.Site, Owner: p.ID, Name: name + ".example", Roots: []string{"/srv/" + name}, Server: server.ID, Created: w.now, Updated: w.now}
			err := s.Tx(ctx, func(tx *store.Tx) error {
				return errors.Join(tx.AddAsset(ctx, server, time.Time{}), tx.AddAsset(ctx, on, time.Time{}))
			})
			if err != nil {
				t.Fatal(err)
			}
			return server
		}
		agent := func(server candor.Asset) {
			t.Helper()
			err := s.Tx(ctx, func(tx *store.Tx) error {
				return tx.AddAgent(ctx, candor.Agent{ID: candor.NewID(w.now), Asset: server.ID, Name: server.Name, Key: server.Name, State: candor.AgentActive, Enrolled: w.now, Expires: w.now.Add(time.Hour), Seen: w.now})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		without, silent, well := add("without"), add("silent"), add("well")
		agent(silent)
		agent(well)
		if a := ask(other); a.Certain || !a.Again.After(w.now) {
			t.Errorf("with servers that were not asked: %+v", a)
		}
		v, err := w.Hash(ctx, ada, other)
		if err != nil || v.State != candor.HashWaiting || len(v.Answers) != 4 || v.Missing != 1 || v.Count != 1 || len(v.Places) != 1 {
			t.Errorf("%+v, %v", v, err)
		}
		err = s.Tx(ctx, func(tx *store.Tx) error {
			return tx.AnswerHash(ctx, candor.HashAnswer{Hash: other, Server: well.ID, State: candor.HashAnswered, Updated: w.now}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		if a := ask(other); a.Again.IsZero() {
			t.Errorf("while an agent looks: %+v", a)
		}
		w.now = w.now.Add(candor.SilentAfter + time.Minute)
		if a := ask(other); !a.Again.IsZero() || a.Certain || a.Why != "it alone is known to hold the content, and 2 of the servers could not be asked" {
			t.Errorf("an agent that is silent is waited for: %+v", a)
		}

		// One that could not be asked is asked again, when it may have an agent.
		agent(without)
		w.now = w.now.Add(time.Hour)
		if v, err = w.AskHash(ctx, ada, " "+strings.ToUpper(other), 0); err != nil || v.Missing != 0 || v.State != candor.HashWaiting {
			t.Errorf("%+v, %v", v, err)
		}
		waiting, err := s.WaitingServers(ctx, fleet.HashTask)
		if err != nil || len(waiting) != 2 {
			t.Errorf("%v, %v", waiting, err)
		}

		// Who may ask.
		_, e1 := w.AskHash(ctx, candor.Principal{Role: candor.RoleCustomer, User: "x", Party: w.party.ID}, hash, 0)
		_, e2 := w.Hash(ctx, candor.Principal{Role: candor.RoleCustomer, User: "x", Party: w.party.ID}, hash)
		_, e3 := w.AskHash(ctx, ada, "zz", 0)
		_, e4 := w.Hash(ctx, ada, fmt.Sprintf("%032x", 7))
		_, e5 := w.AskHash(ctx, ada, hash, -1)
		for i, x := range []struct{ got, want error }{{e1, candor.ErrDenied}, {e2, candor.ErrDenied}, {e3, candor.ErrInvalid}, {e4, candor.ErrNotFound}, {e5, candor.ErrInvalid}} {
			if !errors.Is(x.got, x.want) {
				t.Errorf("%d: %v", i, x.got)
			}
		}
		w.now = w.now.Add(40 * 24 * time.Hour)
		if err := w.ForgetHashes(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Hash(ctx, ada, other); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("it is kept for ever: %v", err)
		}
	})
}
