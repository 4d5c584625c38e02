package quarantine

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"candor"
)

func example() Result {
	sum := strings.Repeat("ab", 32)
	return Result{Vault: "cold", Places: []Place{
		{Root: "/srv/a", Path: "x\xff\n", SHA256: sum, Size: 4, State: Moved, Token: strings.Repeat("0f", tokenBytes),
			Stub: strings.Repeat("cd", 32), Meta: &Metadata{Mode: 0o4755, UID: 33, GID: 33, Accessed: Instant{-5, 1},
				Modified: Instant{1 << 40, 2}, Attrs: []Attribute{{"user.\xfe", []byte{0, 255}}}, Links: 1}},
		{Root: "/", Path: "a/b", SHA256: sum, State: Failed, Error: "why"},
		{Root: "/srv/a", Path: "c", SHA256: sum, State: Waiting},
	}}
}

func TestReadResult(t *testing.T) {
	want := example()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadResult(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	for name, change := range map[string]func(*Place){
		"path up":      func(p *Place) { p.Path = "../x" },
		"no root":      func(p *Place) { p.Root = "" },
		"token":        func(p *Place) { p.Token = "../../../../etc/cron.d/xxxxxxxxx" },
		"short token":  func(p *Place) { p.Token = "0f" },
		"no token":     func(p *Place) { p.Token = "" },
		"no metadata":  func(p *Place) { p.Meta = nil },
		"state":        func(p *Place) { p.State = "sold" },
		"digest":       func(p *Place) { p.SHA256 = "x" },
		"stub":         func(p *Place) { p.Stub = "x" },
		"stub as file": func(p *Place) { p.Stub = p.SHA256 },
		"size":         func(p *Place) { p.Size = -1 },
		"mode":         func(p *Place) { p.Meta.Mode = unix.S_IFBLK },
		"nanoseconds":  func(p *Place) { p.Meta.Modified[1] = 1e9 },
		"attribute":    func(p *Place) { p.Meta.Attrs[0].Name = "user.\x00" },
	} {
		r := example()
		change(&r.Places[0])
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResult(data); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReadResult: what is accepted stays within its root, and is written as it
// was read.
func FuzzReadResult(f *testing.F) {
	data, err := json.Marshal(example())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(data), `{}`, `null`, `{"places":[{"path":{"base64":"Li4="}}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadResult(data)
		if err != nil {
			return
		}
		for _, p := range r.Places {
			root, whole := string(p.Root), filepath.Join(string(p.Root), string(p.Path))
			if !filepath.IsAbs(root) || !strings.HasPrefix(whole, strings.TrimSuffix(root, "/")+"/") {
				t.Errorf("%q leads out of %q", p.Path, p.Root)
			}
			if name := p.name(oldName); filepath.Base(name) != name {
				t.Errorf("%q is no name in a folder", name)
			}
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadResult(again); err != nil {
			t.Errorf("what was accepted is not accepted again: %v", err)
		} else if last, _ := json.Marshal(back); string(last) != string(again) {
			t.Errorf("written as %s, then as %s", again, last)
		}
	})
}

// TestOpenDir holds both ways to open a folder against each other.
func TestOpenDir(t *testing.T) {
	root := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(root, "a/b"), 0o755),
		os.Symlink("a", filepath.Join(root, "link")),
		os.WriteFile(filepath.Join(root, "file"), nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := unix.Open(root, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(at)
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	for name, want := range map[string]error{
		".": nil, "a": nil, "a/b": nil, "link": unix.ELOOP, "link/b": unix.ELOOP, "a/../../x": unix.EXDEV,
		"..": unix.EXDEV, "file": unix.ENOTDIR, "file/x": unix.ENOTDIR, "none": unix.ENOENT,
	} {
		one, err1 := openDir(at, name, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
		two, err2 := walk(at, name, flags)
		if err1 != want || err2 != want {
			t.Errorf("%q: %v by openat2, %v by components, want %v", name, err1, err2, want)
		}
		if want == nil {
			var st1, st2 unix.Stat_t
			if err := errors.Join(unix.Fstat(one, &st1), unix.Fstat(two, &st2)); err != nil || st1.Ino != st2.Ino {
				t.Errorf("%q: two folders, or %v", name, err)
			}
			unix.Close(one)
			unix.Close(two)
		}
	}
	deep := strings.Repeat("d/", 3000) // longer than one call takes
	if _, err := openDir(at, deep, unix.RESOLVE_BENEATH); err != unix.ENOENT {
		t.Errorf("a long path: %v", err)
	}
}

// TestWrittenLast: what is written after the rename is seen before the removal.
func TestWrittenLast(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("evil"), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := openFolder(dir, "x")
	if err != nil {
		t.Fatal(err)
	}
	file, st, err := d.open("x")
	if err != nil {
		t.Fatal(err)
	}
	h := &held{folder: d, file: file, stat: st}
	defer h.close()
	if err := d.rename("x", "y"); err != nil {
		t.Fatal(err)
	}
	if err := h.takenOut("y"); err != nil {
		t.Errorf("nothing was written: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "y"), []byte("more evil"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := h.takenOut("y"); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("something was written: %v", err)
	}
}
