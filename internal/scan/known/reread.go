package known

import (
	"errors"
	"io"
	"runtime/debug"
	"slices"

	"golang.org/x/sys/unix"
)

// reread is a file that is read again. It belongs to one goroutine.
type reread struct {
	fd     int
	stat   unix.Stat_t // when it was opened
	data   []byte
	mapped bool
}

// mapFrom is the size from which files are mapped.
const mapFrom = 1 << 20

// rereader reads files again, one after another.
type rereader struct{ buffer []byte }

// open reads a regular file of a size, not through any link. It is valid until it
// is closed, or another is read.
func (r *rereader) open(path string, size int64) (*reread, error) {
	f, err := lookAt(path, size)
	if err == nil {
		err = r.load(f)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// errOtherFile says that a file is no longer the one that was looked at.
var errOtherFile = errors.New("it is no longer that file")

// lookAt opens a regular file of a size, not through any link, and reads nothing of
// it.
func lookAt(path string, size int64) (f *reread, err error) {
	how := &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	f = &reread{}
	if f.fd, err = unix.Openat2(unix.AT_FDCWD, path, how); err != nil {
		return nil, err
	}
	if err = unix.Fstat(f.fd, &f.stat); err == nil && (f.stat.Mode&unix.S_IFMT != unix.S_IFREG || f.stat.Size != size) {
		err = errOtherFile
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// load reads or maps what a file holds. It is closed if that fails.
func (r *rereader) load(f *reread) (err error) {
	if size := f.stat.Size; size < mapFrom {
		r.buffer = slices.Grow(r.buffer[:0], int(size))[:size]
		f.data, err = r.buffer, fill(r.buffer, f.fd)
	} else {
		f.data, err = unix.Mmap(f.fd, 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
		f.mapped = err == nil
	}
	if err != nil {
		f.close()
	}
	return err
}

func (f *reread) close() {
	if f.mapped {
		_ = unix.Munmap(f.data) // fails only for a range that is not mapped
	}
	unix.Close(f.fd)
}

// is tells whether it holds the content of a digest.
func (f *reread) is(sum Sum) (yes bool) {
	return f.there(func() {
		is := SumOf(f.data)
		own := is.Of(f.stat.Dev, f.stat.Ino)
		yes = is == sum || own == sum || is.Named() == sum || own.Named() == sum
	}) && yes
}

// there tells whether the content could be read to its end by do: somebody may
// shorten a file that is mapped, which must not be the end of the program.
func (f *reread) there(do func()) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if _, fault := r.(interface{ Addr() uintptr }); r != nil && !fault {
			panic(r)
		}
		ok = r == nil
	}()
	do()
	return true
}

// changed tells whether it was written to since it was opened.
func (f *reread) changed() bool {
	var now unix.Stat_t
	return unix.Fstat(f.fd, &now) != nil || now.Size != f.stat.Size || now.Mtim != f.stat.Mtim || now.Ctim != f.stat.Ctim
}

// fill reads a file from its beginning.
func fill(data []byte, fd int) error {
	for at := 0; at < len(data); {
		n, err := unix.Pread(fd, data[at:], int64(at))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		default:
			at += n
		}
	}
	return nil
}
