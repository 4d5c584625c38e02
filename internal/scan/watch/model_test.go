package watch

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var seed = flag.Uint64("seed", 0, "of random edits; 0 for another one each time")

// reader looks at what is told, as a scan would: at the end it must have seen
// every content where it is.
type reader struct {
	mu    sync.Mutex
	paths map[string]string
	files map[uint64]string // by inode
}

func (r *reader) look(batch []Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range batch {
		if c.Tree == "" {
			r.read(c.Path)
			continue
		}
		_ = filepath.WalkDir(c.Path, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				r.read(path)
			}
			return nil // what is gone meanwhile is told again where it went
		})
	}
}

func (r *reader) read(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	content := make([]byte, 64)
	n, _ := f.Read(content)
	if id, err := identify(int(f.Fd())); err == nil {
		r.paths[path], r.files[id.inode] = string(content[:n]), string(content[:n])
	}
}

// editor changes files in many ways. Several share a directory.
type editor struct {
	rand    *rand.Rand
	root    string
	outside string
	next    *atomic.Int64
	links   bool // files get second names, and no name of a file goes; otherwise the other way round
	names   int  // of files in a directory
	held    []*os.File
}

// path gives some path, often the same ones.
func (e *editor) path() string {
	path := e.root
	for range e.rand.IntN(3) {
		path = filepath.Join(path, fmt.Sprint("d", e.rand.IntN(3)))
	}
	return path
}

func (e *editor) file() string {
	return filepath.Join(e.path(), fmt.Sprint("f", e.rand.IntN(e.names)))
}
func (e *editor) dir() string {
	return filepath.Join(e.path(), fmt.Sprint("d", e.rand.IntN(3)))
}

// put writes a content that nothing else has.
func (e *editor) put(f *os.File) {
	_, _ = f.WriteAt(fmt.Appendf(nil, "%020d", e.next.Add(1)), 0)
}

// edit does one thing; that it may fail is part of it.
func (e *editor) edit() {
	what := e.rand.IntN(14)
	if e.links && (what == 6 || what >= 9 && what != 11) || !e.links && what == 11 {
		return
	}
	switch what {
	case 0, 1, 2:
		if f, err := os.OpenFile(e.file(), os.O_RDWR|os.O_CREATE, 0o644); err == nil {
			e.put(f)
			f.Close()
		}
	case 3:
		if f, err := os.OpenFile(e.file(), os.O_RDWR|os.O_CREATE, 0o644); err == nil {
			e.put(f)
			e.held = append(e.held, f)
		}
	case 4:
		for _, f := range e.held {
			e.put(f)
		}
	case 5:
		if len(e.held) > 2 {
			e.held[0].Close()
			e.held = e.held[1:]
		}
	case 6:
		_ = os.Rename(e.file(), e.file())
	case 7:
		_ = os.Rename(e.dir(), e.dir())
	case 8:
		_ = os.MkdirAll(e.dir(), 0o755)
	case 9:
		_ = os.Remove(e.file())
	case 10:
		if e.rand.IntN(4) == 0 {
			_ = os.RemoveAll(e.dir())
		}
	case 11:
		_ = os.Link(e.file(), e.file())
	case 12:
		_ = unix.Renameat2(unix.AT_FDCWD, e.file(), unix.AT_FDCWD, e.file(), unix.RENAME_EXCHANGE)
		_ = unix.Renameat2(unix.AT_FDCWD, e.dir(), unix.AT_FDCWD, e.dir(), unix.RENAME_EXCHANGE)
	case 13:
		away := filepath.Join(e.outside, fmt.Sprint(e.next.Add(1)))
		if os.Rename(e.dir(), away) == nil {
			inside := filepath.Join(away, "f0")
			_ = os.WriteFile(inside, fmt.Appendf(nil, "%020d", e.next.Add(1)), 0o644)
			_ = os.Rename(away, e.dir())
		}
	}
}

// TestModel edits at random, and looks at whether all was told: with room for
// it, with so little that it is told as trees, and with more events than the
// kernel keeps.
func TestModel(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		for _, tt := range []struct {
			name     string
			capacity int
			edits    int
			names    int
			links    bool // inotify knows only one of the names of a file
			stalled  bool
		}{
			{"plain", 0, 4000, 6, false, false},
			{"links", 0, 4000, 6, true, false},
			{"little", 20, 4000, 6, false, false},
			{"stalled", 0, 15_000, 3000, false, true},
		} {
			if tt.links && g.way == Inotify {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				s := *seed
				if s == 0 {
					s = uint64(time.Now().UnixNano())
				}
				base := makeDir(t, dir, tt.name)
				root, outside := makeDir(t, base, "root"), makeDir(t, base, "outside")
				seen := &reader{paths: map[string]string{}, files: map[uint64]string{}}
				gate := make(chan struct{}, 1)
				gate <- struct{}{}
				w := begin(t, g, Options{Roots: []string{root}, Quiet: time.Millisecond, Held: 10 * time.Millisecond, Capacity: tt.capacity,
					stall: func() { gate <- <-gate }}, seen.look)
				if tt.stalled {
					<-gate
				}
				model(t, editor{root: root, outside: outside, links: tt.links, names: tt.names}, tt.edits, s)
				if tt.stalled {
					gate <- struct{}{}
					until(t, "an overflow is told", func() bool { return w.Status().Overflows > 0 })
				}
				w.settle()
				if problems := seen.missing(root); len(problems) > 0 {
					t.Errorf("seed %d: %d files were not told: %.2000q", s, len(problems), problems)
				}
				t.Logf("seed %d: %+v", s, w.Status().Counts)
			})
		}
	})
}

// model has several editors at work.
func model(t *testing.T, like editor, edits int, seed uint64) {
	var all sync.WaitGroup
	var next atomic.Int64
	editors := make([]*editor, 4)
	for i := range editors {
		e := like
		e.rand, e.next = rand.New(rand.NewPCG(seed, uint64(i))), &next
		editors[i] = &e
		all.Go(func() {
			for range edits {
				e.edit()
			}
		})
	}
	all.Wait()
	t.Cleanup(func() {
		for _, e := range editors {
			for _, f := range e.held {
				f.Close()
			}
		}
	})
}

// missing gives the files whose content was not seen where they are.
func (r *reader) missing(root string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			all = append(all, err.Error())
			return nil
		}
		if !e.Type().IsRegular() || e.Name() == ".settle" {
			return nil
		}
		b, bad := os.ReadFile(path)
		var st unix.Stat_t
		bad = errors.Join(bad, unix.Lstat(path, &st))
		content, looked := r.paths[path]
		if bad != nil || !looked || content != string(b) && r.files[st.Ino] != string(b) {
			all = append(all, fmt.Sprintf("%s: %s, seen %s, %v", path, b, content, bad))
		}
		return nil
	})
	return all
}
