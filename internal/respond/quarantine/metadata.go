package quarantine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Metadata is all about a file but its name and its bytes.
type Metadata struct {
	Mode     uint32      `json:"mode"` // permissions, set-user-ID, set-group-ID, sticky
	UID      uint32      `json:"uid"`
	GID      uint32      `json:"gid"`
	Accessed Instant     `json:"accessed"`
	Modified Instant     `json:"modified"`
	Attrs    []Attribute `json:"attrs,omitempty"` // extended ones, access control lists and capabilities among them
	Flags    uint32      `json:"flags,omitempty"` // of the inode, as lsattr shows them
	Links    uint64      `json:"links"`
	Device   uint64      `json:"device"`
	Inode    uint64      `json:"inode"`
	Sparse   bool        `json:"sparse,omitempty"` // it takes less room than it is long
}

// Instant is a time as file systems keep it, seconds and nanoseconds since
// 1970; time.Time cannot be written for all of them.
type Instant [2]int64

// Attribute is an extended attribute.
type Attribute struct {
	Name  Raw    `json:"name"`
	Value []byte `json:"value"`
}

const (
	maxAttrs = 64 << 10 // bytes of all names, and of one value: the kernel's own bounds
	// fixed flags, immutable and append-only, keep a file from being renamed;
	// they are set last. Numbers are those of linux/fs.h, FS_*_FL.
	fixed = 0x10 | 0x20
	// lasting flags are those that are put back: also sync, nodump, noatime.
	lasting = fixed | 0x08 | 0x40 | 0x80
)

func (m *Metadata) check() error {
	if m == nil {
		return nil
	}
	if m.Mode&^0o7777 != 0 {
		return fmt.Errorf("mode %o is none", m.Mode)
	}
	for _, at := range []Instant{m.Accessed, m.Modified} {
		if at[1] < 0 || at[1] > 999_999_999 {
			return fmt.Errorf("%d is no count of nanoseconds", at[1])
		}
	}
	for _, a := range m.Attrs {
		if a.Name == "" || strings.ContainsRune(string(a.Name), 0) || len(a.Value) > maxAttrs {
			return fmt.Errorf("%.100q is no extended attribute", a.Name)
		}
	}
	return nil
}

// readMetadata reads what there is to know about an open file.
func readMetadata(f *os.File, st unix.Stat_t) (*Metadata, error) {
	attrs, err := readAttrs(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	return &Metadata{
		Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid,
		Accessed: Instant{st.Atim.Sec, st.Atim.Nsec}, Modified: Instant{st.Mtim.Sec, st.Mtim.Nsec},
		Attrs: attrs, Flags: readFlags(f) & lasting,
		Links: uint64(st.Nlink), Device: st.Dev, Inode: st.Ino, //nolint:unconvert // Nlink is 32 bits wide on some machines
		Sparse: st.Blocks*512 < st.Size,
	}, nil
}

func readAttrs(fd int) ([]Attribute, error) {
	names := make([]byte, maxAttrs)
	n, err := unix.Flistxattr(fd, names)
	if err == unix.ENOTSUP {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var attrs []Attribute
	value := make([]byte, maxAttrs)
	for name := range bytes.SplitSeq(names[:n], []byte{0}) {
		if len(name) == 0 {
			continue
		}
		n, err := unix.Fgetxattr(fd, string(name), value)
		if err == unix.ENODATA { // removed meanwhile: the time of change tells
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		attrs = append(attrs, Attribute{Raw(name), bytes.Clone(value[:n])})
	}
	return attrs, nil
}

// apply gives a new file all of it but the fixed flags. Each step could undo
// an earlier one in another order: owners clear set-user-ID and capabilities,
// access control lists change the mode.
func (m *Metadata) apply(f *os.File) error {
	fd := int(f.Fd())
	if err := unix.Fchown(fd, int(m.UID), int(m.GID)); err != nil {
		return fmt.Errorf("set the owner: %w", err)
	}
	if err := unix.Fchmod(fd, m.Mode); err != nil {
		return fmt.Errorf("set the mode: %w", err)
	}
	if err := m.applyAttrs(fd); err != nil {
		return err
	}
	if err := setFlags(f, lasting&^fixed, m.Flags); err != nil {
		return fmt.Errorf("set the flags: %w", err)
	}
	times := []unix.Timespec{timespec(m.Accessed), timespec(m.Modified)}
	// There is no call that takes a descriptor and nanoseconds in package unix.
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), times, 0); err != nil {
		return fmt.Errorf("set the times: %w", err)
	}
	return nil
}

// applyAttrs sets the attributes, and removes those that a new file has by
// itself: lists inherited from its folder.
func (m *Metadata) applyAttrs(fd int) error {
	own, err := readAttrs(fd)
	if err != nil {
		return err
	}
	for _, a := range own {
		wanted := slices.ContainsFunc(m.Attrs, func(w Attribute) bool { return w.Name == a.Name })
		err := error(nil)
		if !wanted {
			err = unix.Fremovexattr(fd, string(a.Name))
		}
		if err != nil && !strings.HasPrefix(string(a.Name), "security.") {
			return fmt.Errorf("remove attribute %q: %w", a.Name, err)
		}
	}
	for _, a := range m.Attrs {
		same := slices.ContainsFunc(own, func(o Attribute) bool { return o.Name == a.Name && bytes.Equal(o.Value, a.Value) })
		if same {
			continue
		}
		if err := unix.Fsetxattr(fd, string(a.Name), a.Value, 0); err != nil {
			return fmt.Errorf("set attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func timespec(i Instant) unix.Timespec { return unix.Timespec{Sec: i[0], Nsec: i[1]} }

// readFlags gives no flags where the file system has none.
func readFlags(f *os.File) uint32 {
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		return 0
	}
	return flags
}

// setFlags gives the flags of the mask the values in want.
func setFlags(f *os.File, mask, want uint32) error {
	has := readFlags(f)
	flags := has&^mask | want&mask
	if flags == has {
		return nil
	}
	err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags))
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("needs the capability CAP_LINUX_IMMUTABLE: %w", err)
	}
	return err
}
