package quarantine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// held is a file whose bytes the vault has, still in its place.
type held struct {
	folder *folder
	file   *os.File
	stat   unix.Stat_t // as it was when it had been read
}

func (h *held) close() {
	h.file.Close()
	h.folder.close()
}

// keep puts the bytes of the file at p into the vault, and what else there is
// to know about it into p. It takes the folder over if it succeeds. What is no
// regular file with the bytes that p names is candor.ErrChanged; where nothing
// is it gives errAbsent.
func keep(ctx context.Context, vault Vault, d *folder, p *Place) (*held, error) {
	f, st, err := d.open(d.base)
	if missing(err) {
		return nil, errAbsent
	}
	if errors.Is(err, errNoFile) {
		return nil, changed(err.Error(), "Look what lies there.")
	}
	if err != nil {
		return nil, describe("open", err)
	}
	h := &held{folder: d, file: f, stat: st}
	meta, err := h.store(ctx, vault, p)
	if err != nil {
		f.Close()
		return nil, err
	}
	if p.Meta != nil && p.Meta.Device == meta.Device && p.Meta.Inode == meta.Inode {
		meta.Flags |= p.Meta.Flags & fixed // lifted by a call that was interrupted
	}
	p.Size, p.Meta = st.Size, meta
	return h, nil
}

// store reads the file into the vault, and its metadata.
func (h *held) store(ctx context.Context, vault Vault, p *Place) (*Metadata, error) {
	r := &checked{r: interruptible{ctx, h.file}, hash: sha256.New(), size: h.stat.Size, want: p.SHA256}
	digest, size, err := vault.Put(ctx, r)
	if r.err != nil {
		return nil, r.err // of the file, whatever the vault makes of it
	}
	if err != nil {
		return nil, ofVault("put it into the vault", err)
	}
	if digest != p.SHA256 || size != h.stat.Size {
		return nil, fmt.Errorf("the vault took %d bytes as %.80q instead of %d as %s: a defect of the vault",
			size, digest, h.stat.Size, p.SHA256)
	}
	meta, err := readMetadata(h.file, h.stat)
	if err != nil {
		return nil, describe("read its attributes", err)
	}
	return meta, nil // whether it held still, take will see
}

// unchanged is candor.ErrChanged if the file was touched since it was looked
// at: written, given another owner, mode or attribute, or renamed. One that has
// other names may be touched by way of those.
func (h *held) unchanged() error {
	var st unix.Stat_t
	if err := unix.Fstat(int(h.file.Fd()), &st); err != nil {
		return describe("look at it again", err)
	}
	if st.Nlink == 1 && st.Ctim != h.stat.Ctim || st.Size != h.stat.Size || st.Mtim != h.stat.Mtim {
		return errWritten()
	}
	return nil
}

// unwritten is as unchanged, but does not mind renames.
func (h *held) unwritten() error {
	var st unix.Stat_t
	if err := unix.Fstat(int(h.file.Fd()), &st); err != nil {
		return describe("look at it again", err)
	}
	if st.Size != h.stat.Size || st.Mtim != h.stat.Mtim {
		return errWritten()
	}
	return nil
}

func errWritten() error {
	return changed("it was changed while it was being moved", "Scan it again; a program may be writing to it.")
}

// checked reads a file and gives candor.ErrChanged in place of the end if the
// bytes are not those expected, so that a vault does not keep others. It does
// not follow a file that grows.
type checked struct {
	r    io.Reader
	hash hash.Hash
	read int64
	size int64
	want string
	err  error // what the file ended with, if not properly
}

func (c *checked) Read(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(b)
	c.hash.Write(b[:n])
	c.read += int64(n)
	switch {
	case err != nil && err != io.EOF:
		c.err = describe("read it", err)
	case c.read > c.size, err == io.EOF && c.read < c.size:
		c.err = errWritten()
	case err == io.EOF && hex.EncodeToString(c.hash.Sum(nil)) != c.want:
		c.err = changed("it holds other bytes than were found", "Scan it again.")
	default:
		return n, err
	}
	return n, c.err
}

// hashOf gives the SHA-256 of a file that is size bytes long; of any other
// length it is candor.ErrChanged.
func hashOf(ctx context.Context, r io.Reader, size int64) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(interruptible{ctx, r}, size+1))
	if err != nil {
		return "", describe("read it", err)
	}
	if n != size {
		return "", errWritten()
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// interruptible ends with the context's error once that is over.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(b []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(b)
}
