package scan

import (
	"fmt"

	"golang.org/x/sys/unix"

	"candor"
)

const (
	// mapFrom is the size from which a file is mapped rather than read, so
	// that memory stays bounded however large files are.
	mapFrom = 4 << 20
	// readAttempts bounds how often a file that changes while it is read is
	// read again.
	readAttempts = 3
)

// reader reads one file after another into the same buffer.
type reader struct {
	maxSize   int64
	buf       []byte
	stat      unix.Stat_t // of the file in hand
	mapped    []byte
	eviction  *eviction // of mapped, if that is large
	fd        int
	noNoatime bool
}

// errLarge stands for a file beyond the size limit, which is no failure.
var errLarge = fmt.Errorf("larger than the limit")

// open opens the file that was seen as e in d, and makes sure that it is that
// file. After open without an error comes close.
func (r *reader) open(d *directory, e entry) error {
	flags := unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
	if !e.follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := openat(d.fd, e.name, flags, &r.noNoatime)
	switch err {
	case nil:
	case unix.ELOOP:
		return fmt.Errorf("was a file when it was seen and is a link now: %w", candor.ErrChanged)
	case unix.ENOENT:
		return fmt.Errorf("is gone: %w", candor.ErrChanged)
	default:
		return describe("open", err)
	}
	if err := r.identify(fd, d, e); err != nil {
		unix.Close(fd)
		return err
	}
	r.fd = fd
	return nil
}

// identify holds what was opened against what was seen. An inode number from
// a directory listing differs from that of the file under overlays and mounts
// on a file, so a difference means another look before it means anything.
func (r *reader) identify(fd int, d *directory, e entry) error {
	if err := unix.Fstat(fd, &r.stat); err != nil {
		return describe("look at", err)
	}
	if r.stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return fmt.Errorf("was a file when it was seen and is something else now: %w", candor.ErrChanged)
	}
	if r.stat.Ino != e.ino {
		flags := unix.AT_SYMLINK_NOFOLLOW
		if e.follow {
			flags = 0
		}
		var look unix.Stat_t
		err := unix.Fstatat(d.fd, e.name, &look, flags)
		if err != nil || look.Ino != r.stat.Ino || look.Dev != r.stat.Dev {
			return fmt.Errorf("was replaced while it was being opened: %w", candor.ErrChanged)
		}
	}
	if r.maxSize > 0 && r.stat.Size > r.maxSize {
		return errLarge
	}
	return nil
}

// read gives the content of the open file, valid until close. Content that
// kept changing is given together with an error that is candor.ErrChanged;
// with any other error there is none.
func (r *reader) read() ([]byte, error) {
	if r.stat.Size > mapFrom {
		return r.mapFile()
	}
	for attempt := 1; ; attempt++ {
		n, err := r.fill()
		if err != nil {
			return nil, describe("read", err)
		}
		if changed := r.changed(); !changed && (int64(n) >= r.stat.Size || r.stat.Size == 0) {
			return r.buf[:n], nil
		}
		if attempt == readAttempts {
			return r.buf[:n], errChanging
		}
		if r.stat.Size > mapFrom {
			return r.mapFile()
		}
	}
}

var errChanging = fmt.Errorf("kept changing while it was read, so what was scanned may be a mixture: %w", candor.ErrChanged)

// fill reads the file from its start to its end into buf. Files that are
// larger than they claim, as those of proc are, are read up to mapFrom bytes.
func (r *reader) fill() (int, error) {
	want := int(r.stat.Size) + 1 // one more, so that the end shows in the same call
	if r.stat.Size == 0 {
		want = 4096
	}
	r.grow(0, want)
	for n := 0; ; {
		m, err := unix.Pread(r.fd, r.buf[n:want], int64(n))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case m == 0:
			return n, nil
		}
		n += m
		if int64(n) == r.stat.Size {
			return n, nil
		}
		if n == want {
			if n > mapFrom {
				return 0, unix.EFBIG
			}
			want = min(2*want, mapFrom+1)
			r.grow(n, want)
		}
	}
}

// grow makes buf hold at least so many bytes, keeping the first n.
func (r *reader) grow(n, want int) {
	if want <= len(r.buf) {
		return
	}
	size := 256 << 10
	for size < want {
		size *= 2
	}
	larger := make([]byte, size)
	copy(larger, r.buf[:n])
	r.buf = larger
}

// changed tells whether the file was written to since it was last looked at,
// and remembers its present state.
func (r *reader) changed() bool {
	before := r.stat
	if unix.Fstat(r.fd, &r.stat) != nil {
		return true
	}
	return before.Size != r.stat.Size || before.Mtim != r.stat.Mtim || before.Ctim != r.stat.Ctim
}

// mapFile maps the file. Touching pages that somebody truncated away raises a
// fault, which whoever uses the content has to catch: see debug.SetPanicOnFault.
func (r *reader) mapFile() ([]byte, error) {
	if int64(int(r.stat.Size)) != r.stat.Size {
		return nil, describe("read", unix.EFBIG)
	}
	data, err := unix.Mmap(r.fd, 0, int(r.stat.Size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, describe("map", err)
	}
	// Only advice; a kernel that does not take it reads all the same.
	_ = unix.Madvise(data, unix.MADV_SEQUENTIAL)
	r.mapped = data
	if len(data) >= evictFrom {
		r.eviction = evict(data)
	}
	return data, nil
}

// settled tells, after mapped content was used, whether it stayed as it was.
// Content that was read is settled already.
func (r *reader) settled() error {
	if r.mapped != nil && r.changed() {
		return errChanging
	}
	return nil
}

// close ends what open began. The content is gone afterwards.
func (r *reader) close() {
	r.unmap()
	unix.Close(r.fd)
}

// unmap lets go of the content.
func (r *reader) unmap() {
	if r.eviction != nil {
		r.eviction.end()
		r.eviction = nil
	}
	if r.mapped != nil {
		_ = unix.Munmap(r.mapped) // fails only for a range that is not mapped
		r.mapped = nil
	}
}
