package watch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// told runs a queue in a time of its own, and gives what it tells, with the
// time since the beginning.
func told(t *testing.T, o Options, put func(q *queue)) []string {
	t.Helper()
	var got []string
	synctest.Test(t, func(*testing.T) {
		began := time.Now()
		o.Clock = time.Now
		q := newQueue(o)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			q.run(ctx, func(batch []Change) {
				for _, c := range batch {
					got = append(got, fmt.Sprint(time.Since(began), " ", c.Path, " ", c.Tree))
				}
			})
		}()
		put(q)
		time.Sleep(time.Minute)
		stop()
		<-done
		if c := q.counts(); c.Waiting != 0 || q.weight != 0 || q.trees != 0 || int(c.Told) != len(got) {
			t.Errorf("%d told, %+v, weight %d, trees %d", len(got), c, q.weight, q.trees)
		}
	})
	return got
}

func TestQueue(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name string
		put  func(q *queue)
		want []string
	}{
		{"one", func(q *queue) { q.change("/r", "/r/a", closed) }, []string{"10ms /r/a "}},
		{"held", func(q *queue) { q.change("/r", "/r/a", open) }, []string{"100ms /r/a "}},
		{"again", func(q *queue) {
			for range 3 {
				q.change("/r", "/r/a", closed)
				time.Sleep(5 * ms)
			}
		}, []string{"20ms /r/a "}},
		{"without end", func(q *queue) {
			for range 30 {
				q.change("/r", "/r/a", closed)
				time.Sleep(9 * ms)
			}
		}, []string{"100ms /r/a ", "208ms /r/a ", "271ms /r/a "}},
		{"closed at last", func(q *queue) {
			q.change("/r", "/r/a", open)
			time.Sleep(50 * ms)
			q.change("/r", "/r/a", closed)
		}, []string{"60ms /r/a "}},
		{"closed first", func(q *queue) {
			q.change("/r", "/r/a", closed)
			q.change("/r", "/r/a", open)
		}, []string{"10ms /r/a "}},
		{"below a tree", func(q *queue) {
			q.tree("/r", "/r/d", Moved)
			q.change("/r", "/r/d/e/f", closed)
			q.change("/r", "/r/dd", closed)
		}, []string{"10ms /r/d moved", "10ms /r/dd "}},
		{"a tree above", func(q *queue) {
			q.change("/", "/d/e", closed)
			q.tree("/", "/", Overflow)
			q.change("/", "/d/f", closed)
		}, []string{"10ms /d/e ", "10ms / overflow"}},
		{"too long", func(q *queue) { q.change("/r", "/r/"+strings.Repeat("x", 4093), closed) }, []string{"10ms /r unresolved"}},
		{"too many", func(q *queue) {
			for i := range 7 {
				q.change("/r", fmt.Sprint("/r/a/b", i%2, "/c", i), closed)
			}
		}, []string{"10ms /r/a/b0 collapsed", "10ms /r/a/b1 collapsed"}},
		{"too many everywhere", func(q *queue) {
			for i := range 7 {
				q.change("/r", fmt.Sprint("/r/", i, strings.Repeat("/d", 50)), closed)
				time.Sleep(ms)
			}
		}, []string{"16ms /r collapsed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := told(t, Options{Quiet: 10 * ms, Held: 100 * ms, Capacity: 6}, tt.put)
			if diff := cmp.Diff(tt.want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQueueBounded makes sure that not even the longest paths need more memory
// or time than they may.
func TestQueueBounded(t *testing.T) {
	q := newQueue(Options{Quiet: time.Hour, Capacity: 1000, Clock: time.Now})
	most := 0
	for i := range 5000 {
		q.change("/r", fmt.Sprint("/r/", i, strings.Repeat("/d", 2000)), closed)
		bytes := 0
		if i%100 == 0 {
			for path := range q.paths {
				bytes += len(path)
			}
		}
		most = max(most, bytes)
	}
	if most == 0 || most > 1001*unit {
		t.Errorf("%d bytes wait", most)
	}
}

func TestBelow(t *testing.T) {
	for _, tt := range []struct {
		dir, path, rest string
		in              bool
	}{
		{"/", "/", "", true}, {"/", "/a", "/a", true}, {"/a", "/a", "", true}, {"/a", "/a/b", "/b", true}, {"/a", "/ab", "", false}, {"/a/b", "/a", "", false},
	} {
		if rest, in := below(tt.dir, tt.path); in != tt.in || in && rest != tt.rest {
			t.Errorf("below(%q, %q) = %q, %v", tt.dir, tt.path, rest, in)
		}
	}
}

func TestMountinfo(t *testing.T) {
	text := `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw shared:2 - proc proc rw
24 22 0:30 /sub /srv/a\040b rw - nfs4 host:/x\040y rw
25 24 0:31 / /srv/a\040b rw master:1 shared:9 - fuse.sshfs u@h rw
26 22 0:32 / /srv2 rw - tmpfs none rw
27 22 0:32 / /srv/\134040 rw - tmpfs none rw
broken
28 22 0:33 / not-absolute rw - tmpfs none rw
`
	all := parseMounts([]byte(text))
	want := []mount{{"/", "ext4"}, {"/proc", "proc"}, {`/srv/\040`, "tmpfs"}, {"/srv/a b", "fuse.sshfs"}, {"/srv2", "tmpfs"}}
	if diff := cmp.Diff(want, all, cmp.AllowUnexported(mount{})); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(want[2:4], mountsBelow(all, "/srv"), cmp.AllowUnexported(mount{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:], mountsBelow(all, "/"), cmp.AllowUnexported(mount{})); diff != "" {
		t.Error(diff)
	}
	for path, kind := range map[string]string{"/": "ext4", "/srv": "ext4", "/srv/a b/c": "fuse.sshfs", "/srv2/x": "tmpfs"} {
		if got := kindAt(all, path); got != kind {
			t.Errorf("%q lies on %q, want %q", path, got, kind)
		}
	}
	if !isRemote("fuse.sshfs") || !isRemote("nfs4") || isRemote("ext4") || isRemote("fuseblk") {
		t.Error("it is not known what is remote")
	}
}
