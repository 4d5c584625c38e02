package quarantine_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/respondtest"
)

// site is a root on a real file system, a vault, and a method.
type site struct {
	root   string
	vault  *dirVault
	method *quarantine.Method
	spots  []quarantine.Spot
	forbid bool
}

func newSite(t testing.TB, base string) *site {
	t.Helper()
	dir, err := os.MkdirTemp(base, "quarantine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &site{root: filepath.Join(dir, "root"), vault: &dirVault{dir: filepath.Join(dir, "vault")}}
	for _, d := range []string{s.root, s.vault.dir} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.method = quarantine.New(map[string]quarantine.Vault{"": s.vault})
	return s
}

// write makes a file and names it as one to move.
func (s *site) write(t testing.TB, name, text string) string {
	t.Helper()
	p := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	s.spots = append(s.spots, quarantine.Spot{Root: quarantine.Raw(s.root), Path: quarantine.Raw(name), SHA256: digest(text)})
	return p
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *site) options(t testing.TB) json.RawMessage {
	t.Helper()
	o, err := json.Marshal(quarantine.Options{Places: s.spots, Forbid: s.forbid})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (s *site) target() respond.Target {
	return respond.Target{Asset: candor.Asset{Name: "example.org", Roots: []string{s.root}}, Party: candor.Party{Name: "Example"}}
}

// plan gives an approved response.
func (s *site) plan(t testing.TB) candor.Response {
	t.Helper()
	p, err := s.method.Plan(t.Context(), respond.Request{Options: s.options(t)}, s.target())
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return candor.Response{ID: "r", Method: "quarantine", State: candor.ResponseApproved, Plan: data}
}

// apply fills in the result, and gives the error.
func (s *site) apply(t testing.TB, r *candor.Response) error {
	t.Helper()
	result, err := s.method.Apply(t.Context(), *r, &respondtest.Journal{})
	if result != nil {
		r.Result = result
	}
	return err
}

func (s *site) revert(t testing.TB, r *candor.Response) error {
	t.Helper()
	result, err := s.method.Revert(t.Context(), *r, &respondtest.Journal{})
	if result != nil {
		r.Result = result
	}
	return err
}

func places(t testing.TB, r candor.Response) []quarantine.Place {
	t.Helper()
	res, err := quarantine.ReadResult(r.Result)
	if err != nil {
		t.Fatal(err)
	}
	return res.Places
}

// file is all that can be seen of one.
type file struct {
	Mode, UID, GID uint32
	Text           string
	Atime, Mtime   unix.Timespec
	Attrs          map[string]string
	Flags          uint32
}

// tree gives the files below a folder.
func tree(t testing.TB, root string) map[string]file {
	t.Helper()
	files := map[string]file{}
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		files[rel] = inspect(t, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func inspect(t testing.TB, p string) file {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(p, &st); err != nil {
		t.Fatal(err)
	}
	f := file{Mode: st.Mode, UID: st.Uid, GID: st.Gid, Atime: st.Atim, Mtime: st.Mtim, Attrs: map[string]string{}}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return f
	}
	fd, err := unix.Open(p, unix.O_RDONLY|unix.O_NOATIME, 0)
	if err != nil {
		t.Fatal(err)
	}
	h := os.NewFile(uintptr(fd), p)
	defer h.Close()
	data := make([]byte, st.Size)
	if _, err := h.ReadAt(data, 0); err != nil && st.Size > 0 {
		t.Fatal(err)
	}
	f.Text = string(data)
	if len(data) > 1<<16 {
		f.Text = digest(f.Text)
	}
	buf := make([]byte, 1<<16)
	n, _ := unix.Llistxattr(p, buf)
	for name := range strings.SplitSeq(strings.TrimRight(string(buf[:n]), "\x00"), "\x00") {
		value := make([]byte, 1<<16)
		if n, err := unix.Lgetxattr(p, name, value); name != "" && err == nil {
			f.Attrs[name] = string(value[:n])
		}
	}
	if flags, err := unix.IoctlGetUint32(fd, unix.FS_IOC_GETFLAGS); err == nil {
		f.Flags = flags
	}
	return f
}

func exists(p string) bool {
	_, err := os.Lstat(p)
	return !errors.Is(err, fs.ErrNotExist)
}

// needRoot skips where the test cannot be done; in CI it must be.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("CI must run as root for this test")
	}
	t.Skip("needs root")
}

// diffTrees words how two trees differ; it is empty if they do not.
func diffTrees(want, got map[string]file) string { return cmp.Diff(want, got) }

// contextOver gives a context that has ended.
func contextOver(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	return ctx, stop
}
