package quarantine

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// take removes the file from its place, leaving the stub there if there is
// one, and notes that in p. The vault's bytes and p must be durable. If it fails the file is where
// it was, or, where somebody else keeps that from being so, the error says
// where.
func (h *held) take(ctx context.Context, p *Place, stub *string) (err error) {
	if err := h.unchanged(); err != nil {
		return err
	}
	if readFlags(h.file)&fixed != 0 {
		if err := setFlags(h.file, fixed, 0); err != nil {
			return describe("lift its mark", err)
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, setFlags(h.file, fixed, p.Meta.Flags))
			}
		}()
	}
	if stub == nil {
		return h.moveOut(p)
	}
	return h.swapOut(ctx, p, *stub)
}

// moveOut takes the file out by a rename.
func (h *held) moveOut(p *Place) error {
	d, old := h.folder, p.name(oldName)
	if err := d.rename(d.base, old); err != nil {
		return describe("take it out of its place", err)
	}
	if err := h.takenOut(old); err != nil {
		return errors.Join(err, d.putBack(old))
	}
	return h.finish(p, old)
}

// swapOut takes the file out by an exchange with its stub.
func (h *held) swapOut(ctx context.Context, p *Place, text string) error {
	d, name := h.folder, p.name(stubName)
	if err := h.writeStub(name, text); err != nil {
		return describe("write its stub", errors.Join(err, d.remove(name)))
	}
	if err := d.exchange(d.base, name); err != nil {
		if err == unix.EINVAL {
			err = fmt.Errorf("the file system cannot exchange files; leave the stub out: %w", err)
		}
		return describe("exchange it for its stub", errors.Join(err, d.remove(name)))
	}
	if err := h.takenOut(name); err != nil {
		return errors.Join(err, d.swapBack(ctx, p))
	}
	return h.finish(p, name)
}

// writeStub makes the stub, which belongs to the file's owner and cannot be
// executed as a program.
func (h *held) writeStub(name, text string) error {
	f, err := h.folder.create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if err := unix.Fchown(int(f.Fd()), int(h.stat.Uid), int(h.stat.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(int(f.Fd()), h.stat.Mode&0o666); err != nil {
		return err
	}
	return f.Sync()
}

// takenOut is candor.ErrChanged unless what has that name is the file that was
// read, as it was read.
func (h *held) takenOut(name string) error {
	st, err := h.folder.stat(name)
	if err != nil {
		return describe("look at what was taken out", err)
	}
	if st.Dev != h.stat.Dev || st.Ino != h.stat.Ino {
		return changed("another file took its place while it was being moved", "Scan it again.")
	}
	return h.unwritten()
}

// finish removes the file, the last step.
func (h *held) finish(p *Place, name string) error {
	if err := h.folder.remove(name); err != nil {
		return describe("remove it", err)
	}
	p.State = Moved
	if err := h.folder.sync(); err != nil {
		return describe("make its removal durable", err)
	}
	return nil
}

// putBack renames what was taken out to where it was.
func (d *folder) putBack(name string) error {
	err := d.rename(name, d.base)
	switch err {
	case nil:
		return nil
	case unix.EEXIST:
		return changed(fmt.Sprintf("what was taken out lies as %s, since a new file is in its place", name),
			"Look at both, keep one, and give it the name "+d.base+".")
	}
	return describe("put it back from "+name, err)
}

// swapBack exchanges the stub for what was taken out, and removes the stub.
func (d *folder) swapBack(ctx context.Context, p *Place) error {
	name := p.name(stubName)
	if err := d.exchange(name, d.base); err != nil {
		return describe("put it back from "+name, err)
	}
	if digest, err := d.digest(ctx, name, maxStub); err != nil || digest != p.Stub {
		return changed(fmt.Sprintf("a file that appeared meanwhile lies as %s", name), "Look at it, and rename or remove it.")
	}
	return d.remove(name)
}

// digest gives the SHA-256 of a regular file, and nothing for any other, or
// for one of more than max bytes.
func (d *folder) digest(ctx context.Context, name string, max int64) (string, error) {
	f, st, err := d.open(name)
	if errors.Is(err, errNoFile) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	if st.Size > max {
		return "", nil
	}
	return hashOf(ctx, f, st.Size)
}
