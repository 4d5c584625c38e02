package quarantine

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// presence says what is at a file's place.
type presence int

const (
	absent   presence = iota
	original          // a file with the bytes that were moved
	standIn           // our stub
	other
)

// look tells what is at p's place.
func look(ctx context.Context, d *folder, p *Place) (presence, error) {
	st, err := d.stat(d.base)
	if missing(err) {
		return absent, nil
	}
	if err != nil {
		return other, describe("look at its place", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > max(p.Size, maxStub) {
		return other, nil
	}
	digest, err := d.digest(ctx, d.base, max(p.Size, maxStub))
	switch {
	case missing(err):
		return absent, nil
	case err != nil:
		return other, describe("read what is in its place", err)
	case digest == p.SHA256:
		return original, nil
	case digest == p.Stub:
		return standIn, nil
	}
	return other, nil
}

// settle finishes or takes back what an interrupted call left half done, and
// gives what is at the place then. It removes nothing that is not ours or not
// in the vault. A file that was written to on its way is candor.ErrChanged.
func settle(ctx context.Context, d *folder, p *Place) (presence, error) {
	if p.Token == "" {
		return look(ctx, d, p)
	}
	at, err := look(ctx, d, p)
	if err != nil {
		return other, err
	}
	touched := false
	for _, s := range []struct {
		role string
		do   func(context.Context, *folder, *Place, string, presence) error
	}{{oldName, settleOld}, {stubName, settleStub}, {newName, settleNew}} {
		name := p.name(s.role)
		if _, err := d.stat(name); missing(err) {
			continue
		}
		touched = true
		if err := s.do(ctx, d, p, name, at); err != nil {
			return other, err
		}
	}
	if touched {
		if err := d.sync(); err != nil {
			return other, describe("sync the folder", err)
		}
	}
	return look(ctx, d, p)
}

// settleOld: the file was taken out, and not yet removed.
func settleOld(ctx context.Context, d *folder, p *Place, name string, _ presence) error {
	digest, err := d.digest(ctx, name, p.Size)
	if err != nil {
		return describe("read "+name, err)
	}
	if digest != p.SHA256 {
		return errors.Join(errWritten(), d.putBack(name))
	}
	p.State = Moved
	return discard(d, name)
}

// settleStub: the stub was written, and perhaps exchanged for the file.
func settleStub(ctx context.Context, d *folder, p *Place, name string, at presence) error {
	digest, err := d.digest(ctx, name, max(p.Size, maxStub))
	if err != nil {
		return describe("read "+name, err)
	}
	switch {
	case at == original, p.inPlace(d): // not exchanged
		return discard(d, name)
	case digest == p.SHA256:
		p.State = Moved
		return discard(d, name)
	case digest == p.Stub: // the place was cleared, or taken by somebody
		return discard(d, name)
	case at == standIn:
		return errors.Join(errWritten(), d.swapBack(ctx, p))
	}
	return stray(name)
}

// settleNew: the file was being put back.
func settleNew(ctx context.Context, d *folder, p *Place, name string, at presence) error {
	if at != original || p.Stub == "" { // it was not put there: a part of the file
		return discard(d, name)
	}
	digest, err := d.digest(ctx, name, max(p.Size, maxStub))
	if err != nil {
		return describe("read "+name, err)
	}
	if digest == p.Stub || digest == p.SHA256 {
		return discard(d, name)
	}
	return stray(name) // exchanged for it, though it is not the stub
}

// inPlace tells whether what is at the place is the very file that was kept,
// whatever was written to it since.
func (p *Place) inPlace(d *folder) bool {
	st, err := d.stat(d.base)
	return err == nil && st.Ino == p.Meta.Inode && st.Dev == p.Meta.Device
}

func discard(d *folder, name string) error {
	if err := d.remove(name); err != nil {
		return describe("remove "+name, err)
	}
	return nil
}

func stray(name string) error {
	return changed(fmt.Sprintf("a file that appeared meanwhile lies as %s", name), "Look at it, and rename or remove it.")
}
