package quarantine_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/respondtest"
)

// interrupted gives a response whose call of Apply died after it had saved
// that the vault has x.php, and the name that the file goes by on its way,
// but for its role.
func interrupted(t *testing.T, s *site) (r candor.Response, name string) {
	t.Helper()
	r, j := s.plan(t), &respondtest.Journal{CrashAfter: 1}
	func() {
		defer func() {
			if recover() == nil {
				t.Fatal("there was no crash")
			}
		}()
		_, _ = s.method.Apply(t.Context(), r, j)
	}()
	r.Result = j.Result
	return r, filepath.Join(s.root, ".candor-"+places(t, r)[0].Token+".")
}

// moment is a state that a crash can leave behind, made by hand.
type moment struct {
	name string
	stub bool
	make func(t *testing.T, p, name string)
	err  error             // of Apply
	want map[string]string // what Apply leaves, by name
	back map[string]string // what Revert leaves then; nil if it fails
}

const evil, stub = "evil", quarantine.PHPStub

func moments() []moment {
	nothing, same := map[string]string{}, map[string]string{"x.php": evil}
	replaced := map[string]string{"x.php": stub}
	edited := map[string]string{"x.php": "edited"}
	return []moment{
		{"before", false, func(*testing.T, string, string) {}, nil, nothing, same},
		{"taken out", false, func(t *testing.T, p, n string) { move(t, p, n+"old") }, nil, nothing, same},
		{"taken out, and written to", false, func(t *testing.T, p, n string) {
			move(t, p, n+"old")
			put(t, n+"old", "edited")
		}, candor.ErrChanged, edited, edited},
		{"removed", false, func(t *testing.T, p, _ string) { move(t, p, p+".gone"); remove(t, p+".gone") }, nil, nothing, same},
		{"removed, and a new file came", false, func(t *testing.T, p, n string) {
			put(t, n, "new")
			move(t, p, n+"gone")
			move(t, n, p)
			remove(t, n+"gone")
		}, candor.ErrChanged, map[string]string{"x.php": "new"}, nil},
		{"edited in place", false, func(t *testing.T, p, _ string) { put(t, p, "edited") }, candor.ErrChanged, edited, edited},
		{"stub in part", true, func(t *testing.T, _, n string) { put(t, n+"stub", stub[:9]) }, nil, replaced, same},
		{"stub whole", true, func(t *testing.T, _, n string) { put(t, n+"stub", stub) }, nil, replaced, same},
		{"stub in part, and edited in place", true, func(t *testing.T, p, n string) {
			put(t, n+"stub", stub[:9])
			put(t, p, "edited")
		}, candor.ErrChanged, edited, edited},
		{"exchanged", true, func(t *testing.T, p, n string) { move(t, p, n+"stub"); put(t, p, stub) }, nil, replaced, same},
		{"exchanged, and written to", true, func(t *testing.T, p, n string) {
			move(t, p, n+"stub")
			put(t, p, stub)
			put(t, n+"stub", "edited")
		}, candor.ErrChanged, edited, edited},
		{"exchanged and removed", true, func(t *testing.T, p, _ string) { remove(t, p); put(t, p, stub) }, nil, replaced, same},
		{"put back in part", false, func(t *testing.T, p, n string) { remove(t, p); put(t, n+"new", evil[:2]) }, nil, nothing, same},
		{"put back in part beside a stub", true, func(t *testing.T, p, n string) {
			remove(t, p)
			put(t, p, stub)
			put(t, n+"new", evil[:2])
		}, nil, replaced, same},
		{"exchanged back", true, func(t *testing.T, _, n string) { put(t, n+"new", stub) }, nil, replaced, same},
	}
}

// TestMoments: from each moment Apply and then Revert find their way, and so
// does Revert alone.
func TestMoments(t *testing.T) {
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			for _, alone := range []bool{false, true} {
				s := newSite(t, memory(t))
				s.forbid = m.stub
				p := s.write(t, "x.php", evil)
				r, name := interrupted(t, s)
				m.make(t, p, name)
				if !alone {
					if err := s.apply(t, &r); !errors.Is(err, m.err) || err != nil && m.err == nil {
						t.Errorf("apply: %v, want %v", err, m.err)
					}
					compare(t, s, "apply", m.want)
				}
				err, back := s.revert(t, &r), m.back
				if back == nil {
					if !errors.Is(err, candor.ErrChanged) {
						t.Errorf("revert (alone %v): %v", alone, err)
					}
					remove(t, p)
					err = s.revert(t, &r)
					back = map[string]string{"x.php": evil}
				}
				// Alone it is the first to see that the file was written to, and says so.
				if err != nil && !(alone && m.err != nil && errors.Is(err, m.err)) {
					t.Errorf("revert (alone %v): %v", alone, err)
				}
				compare(t, s, "revert", back)
				if !s.vault.has(digest(evil)) {
					t.Error("the vault lost the bytes")
				}
			}
		})
	}
}

func compare(t *testing.T, s *site, what string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name, f := range tree(t, s.root) {
		got[name] = f.Text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s left (-want +got):\n%s", what, diff)
	}
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, p, text string) {
	t.Helper()
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, p string) {
	t.Helper()
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
}

// TestChangedAfterSave: a change between the save and the move is seen, also
// one that leaves the bytes alone.
func TestChangedAfterSave(t *testing.T) {
	s := newSite(t, memory(t))
	p := s.write(t, "x", evil)
	r := s.plan(t)
	_, err := s.method.Apply(t.Context(), r, &respondtest.Journal{After: func() {
		if err := os.Chmod(p, 0o600); err != nil {
			t.Error(err)
		}
	}})
	if !errors.Is(err, candor.ErrChanged) || inspect(t, p).Mode&0o777 != 0o600 {
		t.Errorf("apply: %v", err)
	}
}

// TestTwoNewFiles: a new file that comes in the stub's place just before the
// exchange is not lost, and keeps its place.
func TestTwoNewFiles(t *testing.T) {
	s := newSite(t, memory(t))
	s.forbid = true
	p := s.write(t, "x.php", evil)
	r := s.plan(t)
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	s.method = quarantine.New(map[string]quarantine.Vault{"": &meddler{dirVault: s.vault, before: func() { put(t, p, "mine") }}})
	if err := s.revert(t, &r); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("revert: %v", err)
	}
	compare(t, s, "revert", map[string]string{"x.php": "mine"})
}

// TestMarkLifted: a call that died after it lifted a file's mark does not make
// the next one forget it.
func TestMarkLifted(t *testing.T) {
	needRoot(t)
	s := newSite(t, "")
	p := s.write(t, "x.php", evil)
	mark := func(how string) {
		t.Helper()
		if out, err := exec.Command("chattr", how, p).CombinedOutput(); err != nil {
			t.Fatalf("chattr: %v: %s", err, out)
		}
	}
	mark("+a")
	before := tree(t, s.root)
	r, _ := interrupted(t, s)
	mark("-a")
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	if err := s.revert(t, &r); err != nil {
		t.Fatal(err)
	}
	after := tree(t, s.root)
	mark("-a")
	if diff := diffTrees(before, after); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}
}
