package quarantine_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// acl is an access control list as the kernel keeps it: rights of the owner,
// of user 1234, of the group, the mask, and of others.
func acl() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, ^uint32(0)}, {2, 6, 1234}, {4, 4, ^uint32(0)}, {16, 6, ^uint32(0)}, {32, 4, ^uint32(0)}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

// capability is a version 2 file capability: CAP_NET_BIND_SERVICE.
func capability() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x02000001)
	for _, word := range []uint32{1 << 10, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}

// TestMetadata moves a file that has a bit of everything, and puts it back.
func TestMetadata(t *testing.T) {
	needRoot(t)
	for name, base := range bases(t) {
		t.Run(name, func(t *testing.T) {
			for _, forbid := range []bool{false, true} {
				s := newSite(t, base)
				s.forbid = forbid
				p := s.write(t, "x.php", "evil")
				// A folder that gives its new files a list of its own.
				if err := unix.Setxattr(s.root, "system.posix_acl_default", acl(), 0); err != nil {
					t.Fatal(err)
				}
				dress(t, p)
				plain := s.write(t, "plain.txt", "no list, though the folder would give one")
				if err := unix.Removexattr(plain, "system.posix_acl_access"); err != nil {
					t.Fatal(err)
				}
				before := tree(t, s.root)
				if len(before["x.php"].Attrs) < 4 {
					t.Fatalf("the file has only %v", before["x.php"].Attrs)
				}
				r := s.plan(t)
				if err := s.apply(t, &r); err != nil {
					t.Fatal(err)
				}
				if got := exists(p); got != forbid {
					t.Fatalf("a file is at the place: %v, want %v", got, forbid)
				}
				if err := s.revert(t, &r); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, tree(t, s.root)); diff != "" {
					t.Errorf("put back (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// dress gives a file an owner, a mode, attributes and times.
func dress(t *testing.T, p string) {
	t.Helper()
	times := []unix.Timespec{{Sec: 1_000_000_000, Nsec: 123_456_789}, {Sec: 900_000_000, Nsec: 987_654_321}}
	for _, err := range []error{
		unix.Chown(p, 12345, 23456),
		unix.Chmod(p, 0o6755),
		unix.Setxattr(p, "system.posix_acl_access", acl(), 0),
		unix.Setxattr(p, "security.capability", capability(), 0),
		unix.Setxattr(p, "user.origin", []byte("http://example.org/\x00\xff"), 0),
		unix.Setxattr(p, "trusted.note", []byte("mine"), 0),
		unix.UtimesNanoAt(unix.AT_FDCWD, p, times, 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestImmutable: the mark is lifted, and set again.
func TestImmutable(t *testing.T) {
	needRoot(t)
	s := newSite(t, "")
	p := s.write(t, "x.php", "evil")
	mark := func(on string) {
		if out, err := exec.Command("chattr", on+"i", p).CombinedOutput(); err != nil && exists(p) {
			t.Fatalf("chattr: %v: %s", err, out)
		}
	}
	mark("+")
	defer mark("-")
	before := tree(t, s.root)
	if before["x.php"].Flags&0x10 == 0 {
		t.Fatal("the file is not immutable")
	}
	r := s.plan(t)
	if !strings.Contains(string(r.Plan), "immutable") {
		t.Error("the plan does not tell that the file is immutable")
	}
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	if exists(p) {
		t.Fatal("the file is still there")
	}
	if err := s.revert(t, &r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t, s.root)); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}
}

// TestSparse: a file of 32 MiB with little in it takes little memory on its
// way, and little room when it is back.
func TestSparse(t *testing.T) {
	s := newSite(t, "")
	p := s.write(t, "big", "")
	f, err := os.OpenFile(p, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	const size = 32 << 20
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("evil"), size/2+5); err != nil {
		t.Fatal(err)
	}
	f.Close()
	before := inspect(t, p)
	s.spots[0].SHA256 = before.Text // its digest, as it is long
	r := s.plan(t)
	allocated := allocates(func() {
		if err := s.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		if err := s.revert(t, &r); err != nil {
			t.Fatal(err)
		}
	})
	if allocated > 8<<20 {
		t.Errorf("moving %d bytes and back took %d bytes of memory", size, allocated)
	}
	if diff := cmp.Diff(before, inspect(t, p)); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}
	var st unix.Stat_t
	if err := unix.Stat(p, &st); err != nil {
		t.Fatal(err)
	}
	if st.Blocks*512 > 1<<20 {
		t.Errorf("it takes %d bytes on disk now", st.Blocks*512)
	}
}

func allocates(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHardLinks: other names stay, the plan tells, and two names of one file
// can be moved by one response.
func TestHardLinks(t *testing.T) {
	s := newSite(t, "")
	p := s.write(t, "a", "evil")
	for _, name := range []string{"b", "c"} {
		if err := os.Link(p, s.root+"/"+name); err != nil {
			t.Fatal(err)
		}
	}
	second := s.spots[0]
	second.Path = "b"
	s.spots = append(s.spots, second)
	r := s.plan(t)
	if !strings.Contains(string(r.Plan), "hard links") {
		t.Error("the plan does not tell of hard links")
	}
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	if exists(p) || exists(s.root+"/b") || !exists(s.root+"/c") {
		t.Error("want a and b moved, and c left")
	}
}
