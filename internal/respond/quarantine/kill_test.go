package quarantine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/quarantine"
)

// childEnv makes the test's program a child that applies and reverts the
// response in that folder, over and over.
const childEnv = "QUARANTINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// fileJournal keeps the response in a file, durably.
type fileJournal struct {
	path string
	r    candor.Response
	tell bool // on standard output, for the parent of a child
}

func (j *fileJournal) Save(_ context.Context, result json.RawMessage) error {
	j.r.Result = result
	data, err := json.Marshal(j.r)
	if err != nil {
		return err
	}
	f, err := os.Create(j.path + "~")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if j.tell {
		defer fmt.Println("saved")
	}
	return os.Rename(j.path+"~", j.path)
}

func readResponse(dir string) (r candor.Response, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "response"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(data, &r)
}

func child(dir string) {
	m := quarantine.New(map[string]quarantine.Vault{"": &dirVault{dir: filepath.Join(dir, "vault")}})
	for {
		for _, act := range []func(context.Context, candor.Response, *fileJournal) (json.RawMessage, error){
			func(ctx context.Context, r candor.Response, j *fileJournal) (json.RawMessage, error) {
				return m.Apply(ctx, r, j)
			},
			func(ctx context.Context, r candor.Response, j *fileJournal) (json.RawMessage, error) {
				return m.Revert(ctx, r, j)
			},
		} {
			r, err := readResponse(dir)
			if err != nil {
				panic(err)
			}
			j := &fileJournal{filepath.Join(dir, "response"), r, true}
			result, err := act(context.Background(), r, j)
			if err != nil {
				panic(err)
			}
			if err := j.Save(context.Background(), result); err != nil {
				panic(err)
			}
		}
	}
}

// TestKill kills a child at random moments. Each time, each file's bytes must
// be at its place or in the vault with its metadata in the journal; calling
// Apply then must end with all moved, and Revert with all as it was.
func TestKill(t *testing.T) {
	s := newSite(t, memory(t))
	s.forbid = true
	for i := range 40 {
		name := fmt.Sprintf("d%d/f%d.php", i%3, i)
		if i%2 == 0 {
			name = fmt.Sprintf("d%d/f%d", i%3, i)
		}
		s.write(t, name, fmt.Sprintf("evil %d", i))
	}
	before := tree(t, s.root)
	dir := filepath.Dir(s.root)
	r := s.plan(t)
	if err := (&fileJournal{path: filepath.Join(dir, "response"), r: r}).Save(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	midway := 0
	for range 50 {
		killOnce(t, dir)
		r, err := readResponse(dir)
		if err != nil {
			t.Fatal(err)
		}
		nothingLost(t, s, r)
		if left, _ := filepath.Glob(s.root + "/*/.candor-*"); left != nil {
			midway++
		}
		if rand.N(2) == 0 {
			continue // the next child starts from what this one left
		}
		if err := s.apply(t, &r); err != nil {
			t.Fatalf("apply after a kill: %v", err)
		}
		if err := s.method.Verify(t.Context(), r); err != nil {
			t.Fatalf("verify after a kill: %v", err)
		}
		if err := s.revert(t, &r); err != nil {
			t.Fatalf("revert after a kill: %v", err)
		}
		if diff := diffTrees(before, tree(t, s.root)); diff != "" {
			t.Fatalf("put back after a kill (-want +got):\n%s", diff)
		}
		if err := (&fileJournal{path: filepath.Join(dir, "response"), r: r}).Save(t.Context(), r.Result); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 50 kills left a file on its way", midway)
	if midway == 0 {
		t.Error("no kill left a file on its way: the moments are not random enough")
	}
}

func killOnce(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for range 1 + rand.N(6) {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("the child ended: %v", err)
		}
	}
	<-time.After(rand.N(4 * time.Millisecond)) // the moment is what is tested
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

// nothingLost checks what must hold at any moment.
func nothingLost(t *testing.T, s *site, r candor.Response) {
	t.Helper()
	journaled := map[string]bool{}
	if len(r.Result) > 0 {
		for _, p := range places(t, r) {
			journaled[p.SHA256] = p.Meta != nil
		}
	}
	files := tree(t, s.root)
	for _, spot := range s.spots {
		atPlace := digest(files[string(spot.Path)].Text) == spot.SHA256
		if !atPlace && !(s.vault.has(spot.SHA256) && journaled[spot.SHA256]) {
			t.Fatalf("%q is lost", spot.Path)
		}
		if f, ok := files[string(spot.Path)]; ok && !atPlace && f.Text != quarantine.PHPStub {
			t.Fatalf("%q is half moved: %q", spot.Path, f.Text)
		}
	}
}
